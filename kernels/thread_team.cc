#include "kernels/thread_team.h"

#include <omp.h>

#include "base/check.h"
#include "base/stopwatch.h"

// The OpenMP runtime is not built for the thread sanitizer, which therefore does
// not see that starting and ending a parallel region orders memory. Fork says so.
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#define SANITIZER_RELEASE(address) __tsan_release(address)
#define SANITIZER_ACQUIRE(address) __tsan_acquire(address)
#define NOT_SANITIZED __attribute__((no_sanitize_thread))
#else
#define SANITIZER_RELEASE(address)
#define SANITIZER_ACQUIRE(address)
#define NOT_SANITIZED
#endif

namespace llama2 {
namespace {

// How often a waiting member looks before it sleeps: some ten microseconds. Long
// enough for the uneven ends of a step; short enough that a member whose processor
// was given to another process is not waited for by burning this one.
constexpr int kSpins = 4000;

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

// Where gathered threads wait to be called. One word holds the number of the call and how
// many threads it is for, so that a thread that it is not for, and that nobody waits for,
// never takes a part of one call for a part of another.
struct ThreadTeam::Dock {
  static constexpr int kMembersBits = 16;

  alignas(kCacheLineBytes) std::atomic<uint64_t> call = 0;
  const absl::FunctionRef<void(int, int)>* enter = nullptr;  // what a call is for
  Barrier end;

  // Calls enter(index, members) in the threads below `members`, this one being 0.
  void Call(int members, absl::FunctionRef<void(int, int)> what) {
    enter = &what;
    Announce(members);
    what(0, members);
    end.Wait(members);
  }

  // No thread of the dock is needed any more.
  void Close() { Announce(0); }

  void Announce(int members) {
    const uint64_t number = (call.load(std::memory_order_relaxed) >> kMembersBits) + 1;
    call.store(number << kMembersBits | static_cast<uint64_t>(members),
               std::memory_order_release);
    call.notify_all();
  }

  // Thread `index` answers calls until the dock is closed.
  void Serve(int index) {
    uint64_t seen = 0;
    while (true) {
      if (!ChangesWithin(kSpins, call, seen)) call.wait(seen, std::memory_order_acquire);
      seen = call.load(std::memory_order_acquire);
      const int members = static_cast<int>(seen & ((1 << kMembersBits) - 1));
      if (members == 0) return;
      if (index >= members) continue;
      (*enter)(index, members);
      end.Wait(members);
    }
  }
};

void ThreadTeam::Member::Wait() {
  if (size_ > 1) waited_ += barrier_->Wait(size_);
}

Range ThreadTeam::Member::Share(int64_t n, int64_t grain) const {
  const int64_t grains = (n + grain - 1) / grain;
  const auto boundary = [&](int64_t i) { return std::min(n, grains * i / size_ * grain); };
  return {boundary(index_), boundary(index_ + 1)};
}

ThreadTeam::ThreadTeam(int threads, Sizing sizing)
    : threads_(threads), barrier_(std::make_unique<Barrier>()) {
  CHECK_GT(threads, 0);
  if (sizing == Sizing::kAdaptive) adaptive_ = std::make_unique<TeamSize>(threads);
}

ThreadTeam::~ThreadTeam() = default;

namespace {

// Calls enter(index, size) in each thread of a parallel region.
NOT_SANITIZED void Fork(int threads, absl::FunctionRef<void(int, int)> enter) {
  SANITIZER_RELEASE(&enter);
#pragma omp parallel num_threads(threads)
  {
    SANITIZER_ACQUIRE(&enter);
    enter(omp_get_thread_num(), omp_get_num_threads());
    SANITIZER_RELEASE(&enter);
  }
  SANITIZER_ACQUIRE(&enter);
}

}  // namespace

void ThreadTeam::Enter(int members, absl::FunctionRef<void(int, int)> enter) {
  if (members == 1) {
    enter(0, 1);
  } else if (dock_ != nullptr) {
    dock_->Call(members, enter);
  } else {
    Fork(members, enter);
  }
}

void ThreadTeam::Run(absl::FunctionRef<void(Member&)> body) {
  if (adaptive_ != nullptr) return RunAdaptively(body);
  Enter(threads_, [&](int index, int size) {
    Member me(barrier_.get(), index, size);
    body(me);
  });
}

void ThreadTeam::RunAdaptively(absl::FunctionRef<void(Member&)> body) {
  const Stopwatch watch;
  std::atomic<double> most_waited = 0;
  Enter(adaptive_->members(), [&](int index, int size) {
    Member me(barrier_.get(), index, size);
    body(me);
    // The end of the run is waited for like that of a step.
    me.Wait();
    double most = most_waited.load(std::memory_order_relaxed);
    while (me.waited_ > most && !most_waited.compare_exchange_weak(most, me.waited_)) {
    }
  });
  adaptive_->Add(watch.Seconds(), most_waited);
}

void ThreadTeam::Gather(absl::FunctionRef<void()> work) {
  if (threads_ == 1 || dock_ != nullptr) return work();
  Dock dock;
  Fork(threads_, [&](int index, int size) {
    if (index > 0) return dock.Serve(index);
    // The system may have given fewer threads than were asked for: nobody answers for them.
    if (size == threads_) dock_ = &dock;
    work();
    dock_ = nullptr;
    dock.Close();
  });
}

int AvailableProcessors() { return std::max(1, omp_get_num_procs()); }

}  // namespace llama2
