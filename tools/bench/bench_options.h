// What a benchmark's configuration comes to: lists of numbers, peers, phases.
//
//   RETURN_IF_ERROR(Validate(config));
//   ASSIGN_OR_RETURN(const BenchOptions options, BenchOptionsOf(config));
//   std::vector<std::string> notes;
//   std::vector<Phase> phases = PhasesOf(options, model.seq_len, &notes);
#ifndef LLAMA2_TOOLS_BENCH_BENCH_OPTIONS_H_
#define LLAMA2_TOOLS_BENCH_BENCH_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kernels/isa.h"
#include "tools/bench/bench_config.pb.h"

namespace llama2 {

// Reading a prompt of so many tokens, or generating so many.
struct Phase {
  enum Kind { kPrefill, kDecode };
  Kind kind;
  int tokens;

  friend bool operator==(const Phase&, const Phase&) = default;
};

// "prefill" or "decode".
absl::string_view PhaseName(Phase::Kind kind);

// Another program.
struct Peer {
  std::string name;
  std::string command;  // with {model} and {threads} in it
};

struct BenchOptions {
  std::vector<Phase> phases;  // as asked for
  std::vector<int> threads;
  Isa isa;
  std::vector<Peer> peers;
};

// InvalidArgument, or what ParseIsa says, naming the field, what was found and what was
// expected.
absl::Status Validate(const BenchConfig& config);

// The same, with the result.
absl::StatusOr<BenchOptions> BenchOptionsOf(const BenchConfig& config);

// The phases that a context of `seq_len` tokens holds: longer ones are cut, of those that
// are then the same one is left, and `notes` says so.
std::vector<Phase> PhasesOf(const BenchOptions& options, int64_t seq_len,
                            std::vector<std::string>* notes);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_BENCH_BENCH_OPTIONS_H_
