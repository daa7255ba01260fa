// Other programs that say how fast they were.
//
//   ASSIGN_OR_RETURN(std::vector<BenchPhase> phases,
//                    RunPeer({"llama2.c", "./run {model} -n 256"}, "15M.bin", /*threads=*/1));
#ifndef LLAMA2_TOOLS_BENCH_BENCH_PEER_H_
#define LLAMA2_TOOLS_BENCH_BENCH_PEER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/bench/bench_config.pb.h"
#include "tools/bench/bench_options.h"

namespace llama2 {

// The rates in what a program wrote: llama-bench's table, its JSON (-o json) or its CSV
// (-o csv) on stdout, with the lengths of prompts (pp128) and generations (tg256); or
// llama2.c's "achieved tok/s: N" on either, which is a generation of unknown length. Tests of
// other kinds (pp128+tg256) are passed over. Empty where there is none of them.
std::vector<BenchPhase> ParsePeerOutput(absl::string_view out, absl::string_view err);

// Reads the files that the peer's command names, runs it in the shell with {model} and
// {threads} replaced, and returns the rates that it printed, one or more. Errors name the
// peer: Unavailable where the command failed or could not be started, InvalidArgument where
// it printed no rate.
absl::StatusOr<std::vector<BenchPhase>> RunPeer(const Peer& peer, const std::string& model,
                                                int threads);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_BENCH_BENCH_PEER_H_
