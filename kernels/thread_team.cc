#include "kernels/thread_team.h"

#include <omp.h>

#include "base/check.h"

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

inline void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

// Members count themselves in; the last one opens the next generation. The two
// numbers lie on lines of their own: arriving does not disturb those who look.
struct ThreadTeam::Barrier {
  alignas(kCacheLineBytes) std::atomic<int> arrived = 0;
  alignas(kCacheLineBytes) std::atomic<int> generation = 0;

  void Wait(int members) {
    const int mine = generation.load(std::memory_order_relaxed);
    if (arrived.fetch_add(1, std::memory_order_acq_rel) == members - 1) {
      arrived.store(0, std::memory_order_relaxed);
      generation.store(mine + 1, std::memory_order_release);
      generation.notify_all();
      return;
    }
    for (int i = 0; i < kSpins; ++i) {
      if (generation.load(std::memory_order_acquire) != mine) return;
      Pause();
    }
    generation.wait(mine, std::memory_order_acquire);
  }
};

void ThreadTeam::Member::Wait() {
  if (size_ > 1) barrier_->Wait(size_);
}

Range ThreadTeam::Member::Share(int64_t n, int64_t grain) const {
  const int64_t grains = (n + grain - 1) / grain;
  const auto boundary = [&](int64_t i) { return std::min(n, grains * i / size_ * grain); };
  return {boundary(index_), boundary(index_ + 1)};
}

ThreadTeam::ThreadTeam(int threads) : threads_(threads), barrier_(std::make_unique<Barrier>()) {
  CHECK_GT(threads, 0);
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

void ThreadTeam::Run(absl::FunctionRef<void(Member&)> body) {
  const auto enter = [&](int index, int size) {
    Member me(barrier_.get(), index, size);
    body(me);
  };
  if (threads_ == 1) return enter(0, 1);
  Fork(threads_, enter);
}

int AvailableProcessors() { return std::max(1, omp_get_num_procs()); }

}  // namespace llama2
