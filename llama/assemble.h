// What the number formats share: how a transformer is put together from weights. For
// llama/fp32.cc and llama/int8.cc; a format is a linear layer and an embedding over its
// matrices.
//
//   Parts parts = Assemble<Fp32Linear, Fp32Embedding>(config, weights, kernels, storage);
//   return std::make_unique<Transformer>(std::move(parts), kernels);
#ifndef LLAMA2_LLAMA_ASSEMBLE_H_
#define LLAMA2_LLAMA_ASSEMBLE_H_

#include <memory>
#include <utility>

#include "kernels/kernels.h"
#include "llama/config.h"
#include "llama/transformer.h"
#include "llama/weights.h"

namespace llama2 {

// The parts of a transformer, of LinearType(kernels, matrix) and EmbeddingType(matrix).
// `storage` is kept as long as it lives.
template <typename LinearType, typename EmbeddingType, typename Matrix>
Parts Assemble(const Config& config, const BasicWeights<Matrix>& weights, Kernels kernels,
               std::shared_ptr<const void> storage) {
  const auto linear = [&](const Matrix& matrix) {
    return std::make_unique<LinearType>(kernels, matrix);
  };
  Parts parts;
  parts.config = config;
  parts.embedding = std::make_unique<EmbeddingType>(weights.token_embedding);
  for (const BasicLayerWeights<Matrix>& layer : weights.layers) {
    parts.layers.push_back({.attention_norm = layer.attention_norm,
                            .wq = linear(layer.wq),
                            .wk = linear(layer.wk),
                            .wv = linear(layer.wv),
                            .wo = linear(layer.wo),
                            .feed_forward_norm = layer.feed_forward_norm,
                            .w1 = linear(layer.w1),
                            .w2 = linear(layer.w2),
                            .w3 = linear(layer.w3)});
  }
  parts.final_norm = weights.final_norm;
  parts.classifier = linear(weights.classifier);
  parts.storage = std::move(storage);
  return parts;
}

}  // namespace llama2

#endif  // LLAMA2_LLAMA_ASSEMBLE_H_
