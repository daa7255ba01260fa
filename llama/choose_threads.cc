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

// The least seconds that a round of decoding takes.
absl::StatusOr<double> MeasureRound(const Transformer& model, int threads) {
  ThreadTeam team(threads);
  ASSIGN_OR_RETURN(Session session, Session::Create(model, team, {.capacity = kPositions}));
  double best = std::numeric_limits<double>::infinity();
  for (int round = 0; round < kRounds; ++round) {
    session.Rewind(0);
    const auto start = std::chrono::steady_clock::now();
    for (int64_t i = 0; i < kPositions; ++i) session.Append({0});
    const auto end = std::chrono::steady_clock::now();
    best = std::min(best, std::chrono::duration<double>(end - start).count());
  }
  return best;
}

}  // namespace

absl::StatusOr<int> ChooseThreads(const Transformer& model, int max_threads) {
  if (max_threads == 1 || model.config().parameters() >= kSurelyLarge) return max_threads;
  int best = 1;
  ASSIGN_OR_RETURN(double least, MeasureRound(model, 1));
  // 2, 4, 8, ... and all; a number that loses is not followed by larger ones.
  for (int threads = 2; best * 2 >= threads; threads *= 2) {
    threads = std::min(threads, max_threads);
    ASSIGN_OR_RETURN(const double seconds, MeasureRound(model, threads));
    if (seconds < least * kWorthIt) {
      best = threads;
      least = seconds;
    }
    if (threads == max_threads) break;
  }
  return best;
}

}  // namespace llama2
