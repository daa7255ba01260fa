// The whole of Llama 2 in double precision, written to be read and to be right, not
// to be fast: what every faster implementation is measured against. oracle.cc is the
// page to read to understand the model.
//
//   const std::vector<std::vector<double>> logits =
//       OracleLogits(checkpoint.config(), checkpoint.weights(), {1, 403, 407});
//   double score = logits[2][261];   // of token 261 as the fourth
#ifndef LLAMA2_TESTING_ORACLE_H_
#define LLAMA2_TESTING_ORACLE_H_

#include <vector>

#include "absl/types/span.h"
#include "llama/config.h"
#include "llama/weights.h"

namespace llama2 {

// The logits (T, V) after each of the T tokens, which stand at positions 0 .. T - 1:
// row t depends on tokens 0 .. t and scores what may come at position t + 1. The
// weights are fp32; everything computed from them is double. `config` is one that
// Validate accepts, `weights` has its shapes, and each token is 0 .. V - 1; T may be
// anything, also 0 or more than S. Thread-safe.
std::vector<std::vector<double>> OracleLogits(const Config& config, const Weights& weights,
                                              absl::Span<const int> tokens);

// The losses (T - 1) of the tokens behind the first: -ln of the probability that the softmax
// of OracleLogits gives tokens[t + 1] after tokens[0 .. t], in nats. T > 0; the rest as above.
std::vector<double> OracleLosses(const Config& config, const Weights& weights,
                                 absl::Span<const int> tokens);

}  // namespace llama2

#endif  // LLAMA2_TESTING_ORACLE_H_
