#include "llama/choose_threads.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "base/status_macros.h"
#include "kernels/thread_team.h"
#include "llama/session.h"

namespace llama2 {
namespace {

// Above this many weights a token takes one thread some milliseconds, and all the
// waiting of a pass some tens of microseconds.
constexpr int64_t kSurelyLarge = 8'000'000;

constexpr int64_t kPositions = 8;  // decoded in a round
constexpr int kRounds = 4;         // the best round counts: noise only ever adds

// More threads have to be this much faster: they also take processors from others.
constexpr double kWorthIt = 0.9;

// The least seconds that a round of decoding takes. A round ends as soon as it has
// taken `limit`: on a busy machine threads may wait for each other a hundred times
// longer than they compute.
absl::StatusOr<double> MeasureRound(const Transformer& model, int threads, double limit) {
  using Clock = std::chrono::steady_clock;
  ThreadTeam team(threads);
  ASSIGN_OR_RETURN(Session session, Session::Create(model, team, {.capacity = kPositions}));
  double best = std::numeric_limits<double>::infinity();
  for (int round = 0; round < kRounds; ++round) {
    session.Rewind(0);
    const auto start = Clock::now();
    double seconds = 0;
    while (session.position() < kPositions && seconds < limit) {
      session.Append({0});
      seconds = std::chrono::duration<double>(Clock::now() - start).count();
    }
    if (session.position() == kPositions) best = std::min(best, seconds);
  }
  return best;
}

}  // namespace

absl::StatusOr<int> ChooseThreads(const Transformer& model, int max_threads) {
  if (max_threads == 1 || model.config().parameters() >= kSurelyLarge) return max_threads;
  int best = 1;
  ASSIGN_OR_RETURN(double least,
                   MeasureRound(model, 1, std::numeric_limits<double>::infinity()));
  // 2, 4, 8, ... and all; a number that loses is not followed by larger ones.
  for (int threads = 2; best * 2 >= threads; threads *= 2) {
    threads = std::min(threads, max_threads);
    ASSIGN_OR_RETURN(const double seconds, MeasureRound(model, threads, least));
    if (seconds < least * kWorthIt) {
      best = threads;
      least = seconds;
    }
    if (threads == max_threads) break;
  }
  return best;
}

}  // namespace llama2
