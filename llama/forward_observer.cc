#include "llama/forward_observer.h"

#include <cmath>

#include "base/check.h"

namespace llama2 {

void AttentionWeights(const Config& config, const Kernels& kernels, int64_t layer, int64_t head,
                      const BatchRow& row, absl::Span<const float> query,
                      absl::Span<float> weights) {
  CHECK_EQ(static_cast<int64_t>(query.size()), config.dim);
  CHECK_EQ(static_cast<int64_t>(weights.size()), row.position + 1);
  const int64_t head_dim = config.head_dim();
  const float scale = 1.0f / std::sqrt(static_cast<float>(head_dim));
  const float* keys = row.cache->Head(layer, head / config.group_size()).keys;
  const absl::Span<const float> q = query.subspan(head * head_dim, head_dim);
  for (int64_t t = 0; t <= row.position; ++t) {
    const float* key = keys + t / kKeyBlock * kKeyBlock * head_dim + t % kKeyBlock;
    float score = 0;
    for (int64_t i = 0; i < head_dim; ++i) score = std::fma(q[i], key[i * kKeyBlock], score);
    weights[t] = score * scale;
  }
  kernels.Softmax(weights);
}

}  // namespace llama2
