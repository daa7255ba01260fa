// The rounds of a benchmark: limits, our program and its peers in turn, and what comes of
// them all.
//
//   const BenchParts parts = {.rates = ..., .model = ..., .peers = {{"llama2.c", ...}}};
//   ASSIGN_OR_RETURN(const BenchModel result, RunRounds(plan, parts, progress));
#ifndef LLAMA2_TOOLS_BENCH_BENCH_ROUNDS_H_
#define LLAMA2_TOOLS_BENCH_BENCH_ROUNDS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "llama/checkpoint_layout.h"
#include "llama/config.h"
#include "tools/bench/bench_config.pb.h"
#include "tools/bench/bench_limits.h"
#include "tools/bench/bench_options.h"

namespace llama2 {

// What is measured.
struct BenchPlan {
  CheckpointFormat format;
  Config config;
  std::vector<Phase> phases;
  std::vector<int> threads;
  int rounds = 5;
};

// One process of ours: what it said, and when it was started, by CLOCK_MONOTONIC.
struct TimedRun {
  double begin_clock_ms = 0;
  BenchRun run;  // with a phase for each of the plan's, in any order
};

struct PeerPart {
  std::string name;
  std::function<absl::StatusOr<std::vector<BenchPhase>>(int threads)> run;
};

// Who measures; each call is one measurement with that many threads.
struct BenchParts {
  std::function<MachineRates(int threads)> rates;
  std::function<absl::StatusOr<TimedRun>(int threads)> model;
  std::vector<PeerPart> peers;
};

// Measurements done, of all.
using BenchProgress = absl::FunctionRef<void(int64_t done, int64_t total)>;

// In each round, for each number of threads: the limits, the model, each peer. Ratios and
// shares are of one round each. A rate of a peer without a number of tokens is that of the
// first phase that generates. Fills `team` of the result. Errors: those of the parts;
// InvalidArgument, naming the peer, where a run of it has no rate of a phase of the plan.
absl::StatusOr<BenchModel> RunRounds(const BenchPlan& plan, const BenchParts& parts,
                                     BenchProgress progress);

// The least, the middle (of an even number, the mean of the middle two) and the greatest of
// one or more values.
BenchSpread SpreadOf(std::vector<double> values);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_BENCH_BENCH_ROUNDS_H_
