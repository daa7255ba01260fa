#include "analysis/session_pool.h"

#include <atomic>

#include "base/status_macros.h"

namespace llama2 {

absl::StatusOr<SessionPool> SessionPool::Create(const Transformer& model, int threads,
                                                Session::Options options) {
  SessionPool pool;
  for (int i = 0; i < threads; ++i) {
    pool.alone_.push_back(std::make_unique<ThreadTeam>(1));
    ASSIGN_OR_RETURN(Session session, Session::Create(model, *pool.alone_.back(), options));
    pool.sessions_.push_back(std::move(session));
  }
  return pool;
}

absl::Status ShareOut(int64_t tasks, int threads, Progress progress,
                      absl::FunctionRef<void(int64_t task, int thread)> body) {
  std::atomic<int64_t> done = 0;
  std::atomic<bool> stopped = false;
  TaskQueue queue(tasks);
  ThreadTeam team(threads);
  team.Run([&](ThreadTeam::Member& me) {
    queue.ForEach([&](int64_t task) {
      if (stopped) return;
      body(task, me.index());
      ++done;
      if (me.index() == 0 && !progress(done, tasks)) stopped = true;
    });
  });
  return stopped ? absl::CancelledError("stopped") : absl::OkStatus();
}

}  // namespace llama2
