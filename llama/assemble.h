// What the number formats share: how a transformer is put together from weights, and
// how a team goes through matrices that stand one above the other. For llama/fp32.cc
// and llama/int8.cc; a format is a linear layer and an embedding over its matrices.
//
//   class Fp32Linear : public StackedLinear<MatrixView<const float>> { ... };
//   class Fp32Embedding : public Embedding { ... };
//   return Assemble<Fp32Linear, Fp32Embedding>(config, weights, kernels, storage);
#ifndef LLAMA2_LLAMA_ASSEMBLE_H_
#define LLAMA2_LLAMA_ASSEMBLE_H_

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/config.h"
#include "llama/linear.h"
#include "llama/transformer.h"
#include "llama/weights.h"

namespace llama2 {

// Matrices over the same input, one above the other: their outputs stand side by side,
// and a team shares all of their rows out at once.
template <typename Matrix>
class StackedLinear : public Linear {
 public:
  explicit StackedLinear(std::initializer_list<Matrix> matrices) : matrices_(matrices) {
    for (const Matrix& matrix : matrices_) {
      CHECK_EQ(matrix.cols(), inputs());
      outputs_ += matrix.rows();
    }
  }

  int64_t inputs() const final { return matrices_.front().cols(); }
  int64_t outputs() const final { return outputs_; }

 protected:
  // Calls multiply(matrix, row, rows, output) for this member's share: `rows` rows of
  // the matrix from `row` on, which give the outputs from `output` on. Then waits.
  template <typename Multiply>
  void ShareRows(ThreadTeam::Member& me, Multiply multiply) const {
    constexpr int64_t kRowGrain = 16;  // members write to different cache lines
    const Range mine = me.Share(outputs_, kRowGrain);
    int64_t first = 0;  // the output of this matrix's first row
    for (const Matrix& matrix : matrices_) {
      const int64_t begin = std::max(mine.begin, first);
      const int64_t end = std::min(mine.end, first + matrix.rows());
      if (begin < end) multiply(matrix, begin - first, end - begin, begin);
      first += matrix.rows();
    }
    me.Wait();
  }

 private:
  std::vector<Matrix> matrices_;
  int64_t outputs_ = 0;
};

// A transformer of LinearType(kernels, {matrix, ...}) and EmbeddingType(matrix).
// `storage` is kept as long as it lives.
template <typename LinearType, typename EmbeddingType, typename Matrix>
std::unique_ptr<const Transformer> Assemble(const Config& config,
                                            const BasicWeights<Matrix>& weights,
                                            Kernels kernels,
                                            std::shared_ptr<const void> storage) {
  const auto linear = [&](std::initializer_list<Matrix> matrices) {
    return std::make_unique<LinearType>(kernels, matrices);
  };
  Parts parts;
  parts.config = config;
  parts.embedding = std::make_unique<EmbeddingType>(weights.token_embedding);
  for (const BasicLayerWeights<Matrix>& layer : weights.layers) {
    parts.layers.push_back({.attention_norm = layer.attention_norm,
                            .qkv = linear({layer.wq, layer.wk, layer.wv}),
                            .attention_out = linear({layer.wo}),
                            .feed_forward_norm = layer.feed_forward_norm,
                            .gate_up = linear({layer.w1, layer.w3}),
                            .down = linear({layer.w2})});
  }
  parts.final_norm = weights.final_norm;
  parts.classifier = linear({weights.classifier});
  parts.storage = std::move(storage);
  return std::make_unique<Transformer>(std::move(parts), kernels);
}

}  // namespace llama2

#endif  // LLAMA2_LLAMA_ASSEMBLE_H_
