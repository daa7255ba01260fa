// The weights of a model as views of memory that somebody else owns, in whatever
// number format.
//
//   Weights weights = checkpoint.weights();
//   MatrixView<const float> wq = weights.layers[0].wq;   // (D, D)
//   Int8Weights small = ...;                             // the same, wq an Int8Matrix
//   MutableWeights gradient = WeightsAt(config, floats.data());   // to write through
#ifndef LLAMA2_LLAMA_WEIGHTS_H_
#define LLAMA2_LLAMA_WEIGHTS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "kernels/tensor_view.h"
#include "llama/config.h"
#include "quant/int8_matrix.h"
#include "quant/packed_int8_matrix.h"

namespace llama2 {

// One layer's weights. Matrices are row-major (out, in); norms are float32 whatever
// the matrices are.
template <typename Matrix, typename Vector = absl::Span<const float>>
struct BasicLayerWeights {
  Vector attention_norm;     // (D)
  Matrix wq;                 // (D, D)
  Matrix wk;                 // (KV, D)
  Matrix wv;                 // (KV, D)
  Matrix wo;                 // (D, D)
  Vector feed_forward_norm;  // (D)
  Matrix w1;                 // (H, D): gate
  Matrix w2;                 // (D, H): down
  Matrix w3;                 // (H, D): up
};

// A whole model's weights.
template <typename Matrix, typename Vector = absl::Span<const float>>
struct BasicWeights {
  Matrix token_embedding;                                 // (V, D)
  std::vector<BasicLayerWeights<Matrix, Vector>> layers;  // L
  Vector final_norm;                                      // (D)
  Matrix classifier;  // (V, D); token_embedding where it is shared
};

using LayerWeights = BasicLayerWeights<MatrixView<const float>>;
using Weights = BasicWeights<MatrixView<const float>>;
using Int8Weights = BasicWeights<Int8Matrix>;
using PackedInt8Weights = BasicWeights<PackedInt8Matrix>;
using MutableWeights = BasicWeights<MatrixView<float>, absl::Span<float>>;

// Views of config.parameters() floats, the tensors one after the other as they are listed
// above, without gaps: Weights of const floats, MutableWeights of others. `config` is one
// that Validate accepts.
template <typename T>
BasicWeights<MatrixView<T>, absl::Span<T>> WeightsAt(const Config& config, T* floats) {
  const auto vector = [&floats](int64_t size) {
    floats += size;
    return absl::Span<T>(floats - size, size);
  };
  const auto matrix = [&vector](int64_t rows, int64_t cols) {
    return MatrixView<T>(vector(rows * cols).data(), rows, cols);
  };
  BasicWeights<MatrixView<T>, absl::Span<T>> weights;
  weights.token_embedding = matrix(config.vocab_size, config.dim);
  weights.layers.resize(config.n_layers);
  for (auto& layer : weights.layers) {
    layer.attention_norm = vector(config.dim);
    layer.wq = matrix(config.dim, config.dim);
    layer.wk = matrix(config.kv_dim(), config.dim);
    layer.wv = matrix(config.kv_dim(), config.dim);
    layer.wo = matrix(config.dim, config.dim);
    layer.feed_forward_norm = vector(config.dim);
    layer.w1 = matrix(config.hidden_dim, config.dim);
    layer.w2 = matrix(config.dim, config.hidden_dim);
    layer.w3 = matrix(config.hidden_dim, config.dim);
  }
  weights.final_norm = vector(config.dim);
  weights.classifier = config.shared_classifier ? weights.token_embedding
                                                : matrix(config.vocab_size, config.dim);
  return weights;
}

}  // namespace llama2

#endif  // LLAMA2_LLAMA_WEIGHTS_H_
