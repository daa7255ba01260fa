// What tests of whole models share: the logits of a text, however it is computed.
//
//   const std::vector<int> tokens = SomeTokens(config);
//   ExpectSameBits(LogitsOf(*model, tokens, /*threads=*/2, /*chunk=*/5),
//                  LogitsOf(*model, tokens, 1, 1), "2 threads, chunks of 5");
#ifndef LLAMA2_LLAMA_TEST_LOGITS_H_
#define LLAMA2_LLAMA_TEST_LOGITS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "llama/config.h"
#include "llama/transformer.h"

namespace llama2 {

// Logits (T, V).
using Logits = std::vector<std::vector<float>>;

// Enough for two blocks of keys and a piece of a third, or the model's whole context.
std::vector<int> SomeTokens(const Config& config, int64_t seed = 0);

// The logits after each token, where `chunk` tokens go through the model at a time.
Logits LogitsOf(const Transformer& model, absl::Span<const int> tokens, int threads,
                int64_t chunk);

// Fails the test at the first position that differs.
void ExpectSameBits(const Logits& actual, const Logits& expected, const std::string& what);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_TEST_LOGITS_H_
