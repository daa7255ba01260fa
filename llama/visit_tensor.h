// From the name of a tensor to the member of a Weights that holds it.
//
//   VisitTensor(weights, TensorKind::kWq, l, [](const auto& wq) { Append(wq); });
#ifndef LLAMA2_LLAMA_VISIT_TENSOR_H_
#define LLAMA2_LLAMA_VISIT_TENSOR_H_

#include <cstdint>

#include "llama/checkpoint_layout.h"
#include "llama/weights.h"

namespace llama2 {

// Calls `visit` with the tensor of this kind (layer `l`'s, where each layer has one) in
// `weights`, a BasicWeights, const or not: a matrix or, for a norm, an absl::Span. Not
// for the RoPE tables, which a model does not have.
template <typename SomeWeights, typename Visitor>
void VisitTensor(SomeWeights& weights, TensorKind kind, int64_t l, Visitor visit) {
  switch (kind) {
    case TensorKind::kTokenEmbedding:
      return visit(weights.token_embedding);
    case TensorKind::kAttentionNorm:
      return visit(weights.layers[l].attention_norm);
    case TensorKind::kWq:
      return visit(weights.layers[l].wq);
    case TensorKind::kWk:
      return visit(weights.layers[l].wk);
    case TensorKind::kWv:
      return visit(weights.layers[l].wv);
    case TensorKind::kWo:
      return visit(weights.layers[l].wo);
    case TensorKind::kFeedForwardNorm:
      return visit(weights.layers[l].feed_forward_norm);
    case TensorKind::kW1:
      return visit(weights.layers[l].w1);
    case TensorKind::kW2:
      return visit(weights.layers[l].w2);
    case TensorKind::kW3:
      return visit(weights.layers[l].w3);
    case TensorKind::kFinalNorm:
      return visit(weights.final_norm);
    case TensorKind::kClassifier:
      return visit(weights.classifier);
    case TensorKind::kRopeCosines:
    case TensorKind::kRopeSines:
      return;
  }
}

}  // namespace llama2

#endif  // LLAMA2_LLAMA_VISIT_TENSOR_H_
