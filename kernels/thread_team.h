// A team of threads that goes through one piece of code together: every member
// runs the same body, does its own share of each step, and waits for the others
// where a step needs what they made.
//
//   ThreadTeam team(2);
//   team.Run([&](ThreadTeam::Member& me) {
//     me.ForEach(batch, [&](int64_t b) { Normalise(x.Row(b)); });   // shared out; waits
//     Range rows = me.Share(matrix.rows(), 16);
//     Multiply(matrix.Rows(rows.begin, rows.size()), ...);
//     me.Wait();
//   });
//
// The one place of the project that uses OpenMP.
#ifndef LLAMA2_KERNELS_THREAD_TEAM_H_
#define LLAMA2_KERNELS_THREAD_TEAM_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"
#include "base/aligned_buffer.h"
#include "kernels/team_size.h"

namespace llama2 {

// The indices begin .. end - 1.
struct Range {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t size() const { return end - begin; }
};

// Thread-safety: one Run at a time; different teams are independent. A body must
// not call Run.
class ThreadTeam {
 private:
  struct Barrier;

 public:
  // One thread of the team, while a body runs.
  class Member {
   public:
    int index() const { return index_; }  // 0 .. size() - 1
    int size() const { return size_; }

    // Returns when every member has called it. What members wrote before is then
    // visible to all.
    void Wait();

    // This member's part of 0 .. n - 1: the parts are contiguous, differ by at most
    // one grain, begin at multiples of `grain`, and together are the whole.
    Range Share(int64_t n, int64_t grain = 1) const;

    // Calls body(i) for this member's part of 0 .. n - 1, then waits for the others.
    template <typename Body>
    void ForEach(int64_t n, Body body) {
      const Range range = Share(n);
      for (int64_t i = range.begin; i < range.end; ++i) body(i);
      Wait();
    }

   private:
    friend class ThreadTeam;
    Member(Barrier* barrier, int index, int size)
        : barrier_(barrier), index_(index), size_(size) {}

    Barrier* barrier_;
    int index_;
    int size_;
    double waited_ = 0;  // seconds, but for the shortest waits
  };

  // How many members a Run has.
  enum class Sizing {
    kFixed,     // all
    kAdaptive,  // fewer while some only keep the others waiting (kernels/team_size.h)
  };

  // threads > 0. No thread is started before the first Run.
  explicit ThreadTeam(int threads, Sizing sizing = Sizing::kFixed);
  ~ThreadTeam();

  // The most members that a Run has; the system may give it fewer.
  int size() const { return threads_; }

  // Runs `body` once in every member, this thread being member 0, and returns when
  // all have returned. `body` must not throw.
  void Run(absl::FunctionRef<void(Member&)> body);

  // Calls work() on this thread, and keeps the others at hand meanwhile: each Run within
  // is one parallel region less. For many short ones, as a text's tokens are.
  void Gather(absl::FunctionRef<void()> work);

 private:
  struct Dock;

  // Calls enter(index, size) in `members` threads.
  void Enter(int members, absl::FunctionRef<void(int, int)> enter);
  void RunAdaptively(absl::FunctionRef<void(Member&)> body);

  int threads_;
  std::unique_ptr<Barrier> barrier_;
  Dock* dock_ = nullptr;                // of the threads that are gathered, or null
  std::unique_ptr<TeamSize> adaptive_;  // or null
};

// The tasks 0 .. n - 1, each of which goes to whichever thread asks next: for tasks that take
// long and unequal times, and whose results do not depend on who did what before.
//
//   TaskQueue queue(files.size());
//   team.Run([&](ThreadTeam::Member&) { queue.ForEach([&](int64_t i) { Read(files[i]); }); });
class TaskQueue {
 public:
  explicit TaskQueue(int64_t n) : n_(n) {}

  // Takes tasks and calls body(task) until there is none left.
  template <typename Body>
  void ForEach(Body body) {
    for (int64_t i = next_++; i < n_; i = next_++) body(i);
  }

 private:
  const int64_t n_;
  std::atomic<int64_t> next_ = 0;
};

// The processors that this process may run on, at least 1.
int AvailableProcessors();

}  // namespace llama2

#endif  // LLAMA2_KERNELS_THREAD_TEAM_H_
