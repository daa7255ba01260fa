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
// The one place of the project that starts threads, and that uses OpenMP.
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
    kFixed,            // all
    kAdaptive,         // fewer while some only keep the others waiting (kernels/team_size.h)
    kAdaptiveFromOne,  // the same, and none but this thread until others are known to help:
                       // for runs so short that waiting once would be the most of them
  };

  // threads > 0. An adaptive team finds out about its processors from now on.
  explicit ThreadTeam(int threads, Sizing sizing = Sizing::kFixed);
  // Waits for no thread: one that has lost its processor ends when it gets it back.
  ~ThreadTeam();

  // The most members that a Run has; the system may give it fewer.
  int size() const { return threads_; }

  // Runs `body` once in every member, this thread being member 0, and returns when
  // all have returned. `body` must not throw.
  void Run(absl::FunctionRef<void(Member&)> body);

 private:
  struct Helpers;
  struct Crew;

  // Has the helpers' threads started, where they have not been.
  void Start();
  void RunWith(int members, absl::FunctionRef<void(Member&)> body);
  void RunAdaptively(absl::FunctionRef<void(Member&)> body);
  // Has those who would be new look whether their processors are their own.
  void WatchProcessors();
  TeamSize::Finding Found() const;

  int threads_;
  std::shared_ptr<Helpers> helpers_;    // the others' too
  std::unique_ptr<TeamSize> adaptive_;  // or null
  Range watching_;                      // the helpers that were asked to look
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
