#include "kernels/thread_team.h"

#include <omp.h>
#include <pthread.h>
#include <sched.h>

#include <vector>

#include "base/check.h"
#include "base/stopwatch.h"
#include "kernels/processor_watch.h"

// The OpenMP runtime is not built for the thread sanitizer, which therefore does not see that
// the end of a parallel region orders memory. Crew says so.
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#define SANITIZER_RELEASE(address) __tsan_release(address)
#define SANITIZER_ACQUIRE(address) __tsan_acquire(address)
#else
#define SANITIZER_RELEASE(address)
#define SANITIZER_ACQUIRE(address)
#endif

namespace llama2 {
namespace {

using Finding = ProcessorWatch::Finding;

// How often a waiting member looks before it sleeps: some ten microseconds. Long
// enough for the uneven ends of a step; short enough that a member whose processor
// was given to another process is not waited for by burning this one.
constexpr int kSpins = 4000;

// And how often it looks whether new threads are there: some milliseconds. Who sleeps is
// likely to be woken on the processor of the thread that wakes it, and to share it for longer.
constexpr int kSpinsForStart = 200000;

// Waits that are over after this many looks are not timed: the clock takes as long.
constexpr int kShortSpins = 16;

inline void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Looks until `word` is no longer `old`; false where that takes too many looks.
template <typename T>
bool ChangesWithin(int spins, const std::atomic<T>& word, T old) {
  for (int i = 0; i < spins; ++i) {
    if (word.load(std::memory_order_acquire) != old) return true;
    Pause();
  }
  return false;
}

// The processors that helpers may use, none where they cannot be asked for. Where
// OMP_PROC_BIND binds threads to places, they are those of all places, and the caller is bound.
cpu_set_t AllowedProcessors() {
  cpu_set_t processors;
  CPU_ZERO(&processors);
  for (int place = 0; place < omp_get_num_places(); ++place) {
    std::vector<int> ids(omp_get_place_num_procs(place));
    omp_get_place_proc_ids(place, ids.data());
    for (const int id : ids) CPU_SET(id, &processors);
  }
  if (CPU_COUNT(&processors) == 0) sched_getaffinity(0, sizeof(processors), &processors);
  return processors;
}

// Starts a thread on one of `processors` that is not the caller's, where it would wait for the
// caller or the caller for it, if there is one. False where no thread can be had.
bool StartElsewhere(void* (*run)(void*), void* argument, cpu_set_t processors) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  CPU_CLR(sched_getcpu(), &processors);
  if (CPU_COUNT(&processors) > 0) {
    pthread_attr_setaffinity_np(&attributes, sizeof(processors), &processors);
  }
  pthread_t thread;
  const bool started = pthread_create(&thread, &attributes, run, argument) == 0;
  pthread_attr_destroy(&attributes);
  return started;
}

}  // namespace

// Members count themselves in; the last one opens the next generation. The two
// numbers lie on lines of their own: arriving does not disturb those who look.
struct ThreadTeam::Barrier {
  alignas(kCacheLineBytes) std::atomic<int> arrived = 0;
  alignas(kCacheLineBytes) std::atomic<int> generation = 0;

  // Returns the seconds that it took, or 0 where they are hardly any.
  double Wait(int members) {
    const int mine = generation.load(std::memory_order_relaxed);
    if (arrived.fetch_add(1, std::memory_order_acq_rel) == members - 1) {
      arrived.store(0, std::memory_order_relaxed);
      generation.store(mine + 1, std::memory_order_release);
      generation.notify_all();
      return 0;
    }
    if (ChangesWithin(kShortSpins, generation, mine)) return 0;
    const Stopwatch watch;
    if (!ChangesWithin(kSpins, generation, mine)) {
      generation.wait(mine, std::memory_order_acquire);
    }
    return watch.Seconds();
  }
};

// The threads besides the caller's. Each has a word in which it is told what to do, so that
// nobody wakes those who are not needed.
struct ThreadTeam::Helpers {
  enum class Order : uint32_t { kNone, kRun, kWatch, kLeave };

  struct alignas(kCacheLineBytes) Seat {
    // The number of the order, and in the lowest bits which.
    std::atomic<uint32_t> order = 0;
    std::atomic<Finding> finding = Finding::kOpen;
    std::atomic<double> waited = 0;  // since somebody asked
  };
  static constexpr int kOrderBits = 2;

  explicit Helpers(int threads) : seats(threads) {}

  void Give(int index, Order order) {
    std::atomic<uint32_t>& word = seats[index].order;
    const uint32_t number = (word.load(std::memory_order_relaxed) >> kOrderBits) + 1;
    word.store(number << kOrderBits | static_cast<uint32_t>(order), std::memory_order_release);
    word.notify_one();
  }

  // Helper `index` does what it is told until it may leave.
  void Serve(int index) {
    Seat& seat = seats[index];
    uint32_t seen = 0;
    int spins = kSpins;
    while (true) {
      if (!ChangesWithin(spins, seat.order, seen)) {
        seat.order.wait(seen, std::memory_order_acquire);
      }
      seen = seat.order.load(std::memory_order_acquire);
      spins = kSpins;
      switch (static_cast<Order>(seen & ((1 << kOrderBits) - 1))) {
        case Order::kNone:
          break;
        case Order::kRun:
          Enter(index);
          break;
        case Order::kWatch: {
          const Finding finding = WatchProcessor(seat.order, seen);
          seat.finding.store(finding, std::memory_order_release);
          // Who is in somebody's way goes to sleep.
          if (finding == Finding::kShared) spins = 0;
          break;
        }
        case Order::kLeave:
          return;
      }
    }
  }

  // Runs the body as member `index`. The end is waited for like that of a step.
  void Enter(int index) {
    Member me(&barrier, index, members);
    (*body)(me);
    me.Wait();
    if (me.waited_ > 0) seats[index].waited.fetch_add(me.waited_, std::memory_order_relaxed);
  }

  // Returns when it is known whose the processor is, or there is another order.
  Finding WatchProcessor(const std::atomic<uint32_t>& word, uint32_t order) {
    ProcessorWatch watch(clock.Seconds());
    Finding finding = Finding::kOpen;
    while (finding == Finding::kOpen && !ChangesWithin(kShortSpins, word, order)) {
      finding =
          sched_getcpu() == callers_processor ? Finding::kShared : watch.Look(clock.Seconds());
    }
    return finding;
  }

  double MostWaited() {
    double most = 0;
    for (Seat& seat : seats) {
      if (seat.waited.load(std::memory_order_relaxed) == 0) continue;
      most = std::max(most, seat.waited.exchange(0, std::memory_order_relaxed));
    }
    return most;
  }

  // Helpers 1 .. Present() are there; returns when that is known.
  int Present() {
    if (!ChangesWithin(kSpinsForStart, present, kUnknown)) {
      present.wait(kUnknown, std::memory_order_acquire);
    }
    return present.load(std::memory_order_acquire);
  }

  void SetPresent(int count) {
    present.store(count, std::memory_order_release);
    present.notify_all();
  }

  static constexpr int kUnknown = -1;

  const Stopwatch clock;
  Barrier barrier;
  std::vector<Seat> seats;  // 0 is the caller's
  bool started = false;
  std::atomic<int> present = kUnknown;

  // Of the run under way.
  const absl::FunctionRef<void(Member&)>* body = nullptr;
  int members = 0;

  std::atomic<int> callers_processor = -1;  // when somebody was last asked to watch
};

void ThreadTeam::Member::Wait() {
  if (size_ > 1) waited_ += barrier_->Wait(size_);
}

Range ThreadTeam::Member::Share(int64_t n, int64_t grain) const {
  const int64_t grains = (n + grain - 1) / grain;
  const auto boundary = [&](int64_t i) { return std::min(n, grains * i / size_ * grain); };
  return {boundary(index_), boundary(index_ + 1)};
}

ThreadTeam::ThreadTeam(int threads, Sizing sizing) : threads_(threads) {
  CHECK_GT(threads, 0);
  helpers_ = std::make_shared<Helpers>(threads);
  if (sizing == Sizing::kFixed || threads == 1) return;
  adaptive_ = std::make_unique<TeamSize>(threads, sizing == Sizing::kAdaptive
                                                      ? TeamSize::Begin::kTogether
                                                      : TeamSize::Begin::kAlone);
  WatchProcessors();
}

// The helpers' threads: those of one parallel region, which one of them opens. The caller is
// not in it, and so does not wait at its end for a thread that has lost its processor.
struct ThreadTeam::Crew {
  std::shared_ptr<Helpers> helpers;  // which may outlive the team
  cpu_set_t processors;

  static void* Run(void* crew) {
    const std::unique_ptr<Crew> me(static_cast<Crew*>(crew));
    me->Serve();
    SANITIZER_ACQUIRE(me.get());
    return nullptr;
  }

  void Serve() {
    const int wanted = static_cast<int>(helpers->seats.size()) - 1;
#pragma omp parallel num_threads(wanted)
    {
      if (CPU_COUNT(&processors) > 0) {
        sched_setaffinity(0, sizeof(processors), &processors);
      }
      // The system may give fewer than were asked for.
      if (omp_get_thread_num() == 0) helpers->SetPresent(omp_get_num_threads());
      helpers->Serve(1 + omp_get_thread_num());
      SANITIZER_RELEASE(this);
    }
  }
};

ThreadTeam::~ThreadTeam() {
  for (int i = 1; helpers_->started && i < threads_; ++i) {
    helpers_->Give(i, Helpers::Order::kLeave);
  }
}

void ThreadTeam::Start() {
  if (helpers_->started) return;
  helpers_->started = true;
  auto crew = std::make_unique<Crew>(Crew{helpers_, AllowedProcessors()});
  if (StartElsewhere(&Crew::Run, crew.get(), crew->processors)) {
    crew.release();
  } else {
    helpers_->SetPresent(0);
  }
}

void ThreadTeam::Run(absl::FunctionRef<void(Member&)> body) {
  if (adaptive_ != nullptr) return RunAdaptively(body);
  RunWith(threads_, body);
}

void ThreadTeam::RunWith(int members, absl::FunctionRef<void(Member&)> body) {
  if (members > 1) {
    Start();
    members = std::min(members, 1 + helpers_->Present());
  }
  helpers_->body = &body;
  helpers_->members = members;
  for (int i = 1; i < members; ++i) helpers_->Give(i, Helpers::Order::kRun);
  helpers_->Enter(0);
}

void ThreadTeam::RunAdaptively(absl::FunctionRef<void(Member&)> body) {
  const Finding found = Found();
  const int members = adaptive_->Choose(found);
  if (found != Finding::kOpen || members >= watching_.end) watching_ = {};
  const Stopwatch watch;
  RunWith(members, body);
  adaptive_->Add(watch.Seconds(), helpers_->MostWaited());
  if (watching_.size() == 0) WatchProcessors();
}

void ThreadTeam::WatchProcessors() {
  watching_ = {adaptive_->members(), adaptive_->next()};
  if (watching_.size() == 0) return;
  helpers_->callers_processor = sched_getcpu();
  Start();
  for (int64_t i = watching_.begin; i < watching_.end; ++i) {
    helpers_->seats[i].finding.store(Finding::kOpen, std::memory_order_relaxed);
    helpers_->Give(i, Helpers::Order::kWatch);
  }
}

Finding ThreadTeam::Found() const {
  Finding all = watching_.size() > 0 ? Finding::kOwn : Finding::kOpen;
  for (int64_t i = watching_.begin; i < watching_.end; ++i) {
    const Finding one = helpers_->seats[i].finding.load(std::memory_order_acquire);
    if (one == Finding::kShared) return one;
    if (one == Finding::kOpen) all = one;
  }
  return all;
}

int AvailableProcessors() { return std::max(1, omp_get_num_procs()); }

}  // namespace llama2
