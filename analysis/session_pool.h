// Many threads, each with a session of its own: how work on many texts is shared out.
//
//   ASSIGN_OR_RETURN(auto sessions, SessionPool::Create(model, threads, {.chunk = 128}));
//   const auto score = [&](int64_t i, int thread) {
//     results[i] = Score(texts[i], sessions[thread]);
//   };
//   RETURN_IF_ERROR(ShareOut(texts.size(), threads, progress, score));
#ifndef LLAMA2_ANALYSIS_SESSION_POOL_H_
#define LLAMA2_ANALYSIS_SESSION_POOL_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernels/thread_team.h"
#include "llama/session.h"
#include "llama/transformer.h"

namespace llama2 {

// How many of all tasks are done; false stops the work.
using Progress = absl::FunctionRef<bool(int64_t done, int64_t total)>;

// A session over one model for each thread, whose own work is not shared out: texts in
// parallel need no waiting for each other. Move-only.
class SessionPool {
 public:
  // `model` outlives the pool. Errors: those of Session::Create.
  static absl::StatusOr<SessionPool> Create(const Transformer& model, int threads,
                                            Session::Options options);

  // 0 <= thread < threads. Each thread uses its own.
  Session& operator[](int thread) { return sessions_[thread]; }

 private:
  SessionPool() = default;

  std::vector<std::unique_ptr<ThreadTeam>> alone_;  // teams of one
  std::vector<Session> sessions_;
};

// Calls body(task, thread) once for each task 0 .. tasks - 1, in `threads` threads, numbered
// from 0, of which each takes the next task when it is done with one. `progress` is called in
// the caller's thread. Cancelled where it says so; tasks that are under way are finished.
absl::Status ShareOut(int64_t tasks, int threads, Progress progress,
                      absl::FunctionRef<void(int64_t task, int thread)> body);

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_SESSION_POOL_H_
