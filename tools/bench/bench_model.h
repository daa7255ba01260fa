// One process's part of a benchmark: how fast a model loads, reads prompts and generates.
//
//   ASSIGN_OR_RETURN(const BenchRun run,
//                    RunModelOnce("default", options, /*threads=*/2));
#ifndef LLAMA2_TOOLS_BENCH_BENCH_MODEL_H_
#define LLAMA2_TOOLS_BENCH_BENCH_MODEL_H_

#include <string>

#include "absl/status/statusor.h"
#include "llama/checkpoint.h"
#include "tools/bench/bench_config.pb.h"
#include "tools/bench/bench_options.h"

namespace llama2 {

// The checkpoint at that path, or the default model by the word default. Errors: those of
// Checkpoint::Open.
absl::StatusOr<Checkpoint> OpenBenchCheckpoint(const std::string& name);

// Loads the model, computes a first token, and goes through all phases: those that generate
// first, so that what they need in memory is seen alone. Each phase is gone through once
// before it is timed, a long generation only in part, and short ones are timed several times
// over. A token is that of the greatest logit. Errors: those of OpenBenchCheckpoint;
// ResourceExhausted where there is no memory for a session.
absl::StatusOr<BenchRun> RunModelOnce(const std::string& name, const BenchOptions& options,
                                      int threads);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_BENCH_BENCH_MODEL_H_
