// The hyperparameters of a Llama 2 model: the numbers that a checkpoint's header
// holds, and the few that every Llama 2 has in common.
//
//   Config config = {.dim = 288, .hidden_dim = 768, .n_layers = 6, .n_heads = 6,
//                    .n_kv_heads = 6, .vocab_size = 32000, .seq_len = 256};
//   RETURN_IF_ERROR(Validate(config));
//   int64_t width = config.head_dim();
#ifndef LLAMA2_LLAMA_CONFIG_H_
#define LLAMA2_LLAMA_CONFIG_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace llama2 {

// Sizes are 64-bit, so that their products are; each is at most kMaxConfigValue.
struct Config {
  int64_t dim = 0;         // D: width of the residual stream
  int64_t hidden_dim = 0;  // H: width of the feed-forward layer
  int64_t n_layers = 0;    // L
  int64_t n_heads = 0;     // NH: query heads
  int64_t n_kv_heads = 0;  // NKV: key-value heads; each serves NH / NKV query heads
  int64_t vocab_size = 0;  // V
  int64_t seq_len = 0;     // S: positions that the model was trained for
  // Whether the classifier is the token embedding.
  bool shared_classifier = true;

  // In no llama2.c file; the same for every Llama 2.
  double rope_theta = 10000.0;
  float norm_epsilon = 1e-5f;

  int64_t head_dim() const { return dim / n_heads; }           // HD
  int64_t kv_dim() const { return head_dim() * n_kv_heads; }   // KV
  int64_t group_size() const { return n_heads / n_kv_heads; }  // query heads of a kv head
  int64_t parameters() const;                                  // weights, norms included

  friend bool operator==(const Config&, const Config&) = default;
};

// The tokens that every vocabulary has: unk, BOS, EOS.
inline constexpr int64_t kMinVocabulary = 3;

// Bounds that no real model comes near. With them no product of sizes, and no sum
// of such products, overflows 64 bits.
inline constexpr int64_t kMaxConfigValue = int64_t{1} << 20;
inline constexpr int64_t kMaxParameters = int64_t{1} << 44;

// InvalidArgument, naming the field, what was found and what was expected, unless:
// every size is 1 .. kMaxConfigValue (vocab_size at least kMinVocabulary), dim is
// a multiple of n_heads, n_heads of n_kv_heads, dim / n_heads is even, and the model
// has at most kMaxParameters.
absl::Status Validate(const Config& config);

// One line for a person: "dim 64, hidden_dim 172, 5 layers, 8/4 heads, ...".
std::string Describe(const Config& config);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_CONFIG_H_
