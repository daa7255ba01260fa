// The weights of a model as views of memory that somebody else owns, in either
// number format.
//
//   Weights weights = checkpoint.weights();
//   MatrixView<const float> wq = weights.layers[0].wq;   // (D, D)
//   Int8Weights small = ...;                             // the same, wq an Int8Matrix
#ifndef LLAMA2_LLAMA_WEIGHTS_H_
#define LLAMA2_LLAMA_WEIGHTS_H_

#include <vector>

#include "absl/types/span.h"
#include "kernels/tensor_view.h"
#include "quant/int8_matrix.h"

namespace llama2 {

// One layer's weights. Matrices are row-major (out, in); norms are float32 whatever
// the matrices are.
template <typename Matrix>
struct BasicLayerWeights {
  absl::Span<const float> attention_norm;     // (D)
  Matrix wq;                                  // (D, D)
  Matrix wk;                                  // (KV, D)
  Matrix wv;                                  // (KV, D)
  Matrix wo;                                  // (D, D)
  absl::Span<const float> feed_forward_norm;  // (D)
  Matrix w1;                                  // (H, D): gate
  Matrix w2;                                  // (D, H): down
  Matrix w3;                                  // (H, D): up
};

// A whole model's weights.
template <typename Matrix>
struct BasicWeights {
  Matrix token_embedding;                         // (V, D)
  std::vector<BasicLayerWeights<Matrix>> layers;  // L
  absl::Span<const float> final_norm;             // (D)
  Matrix classifier;                              // (V, D); token_embedding where it is shared
};

using LayerWeights = BasicLayerWeights<MatrixView<const float>>;
using Weights = BasicWeights<MatrixView<const float>>;
using Int8LayerWeights = BasicLayerWeights<Int8Matrix>;
using Int8Weights = BasicWeights<Int8Matrix>;

}  // namespace llama2

#endif  // LLAMA2_LLAMA_WEIGHTS_H_
