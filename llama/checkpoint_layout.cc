#include "llama/checkpoint_layout.h"

namespace llama2 {
namespace {

// The order of the tensors in each format.
std::vector<TensorKind> OrderOf(CheckpointVersion version, bool shared_classifier) {
  using enum TensorKind;
  std::vector<TensorKind> order;
  switch (version) {
    case CheckpointVersion::kV0:
      order = {kTokenEmbedding, kAttentionNorm, kWq, kWk,        kWv,          kWo,
               kFeedForwardNorm, kW1,           kW2, kW3,        kFinalNorm,   kRopeCosines,
               kRopeSines};
      break;
    case CheckpointVersion::kV1:
      order = {kAttentionNorm, kFeedForwardNorm, kFinalNorm, kTokenEmbedding, kWq, kWk,
               kWv,            kWo,              kW1,        kW2,             kW3};
      break;
  }
  if (!shared_classifier) order.push_back(kClassifier);
  return order;
}

// A tensor without its place in the file.
TensorLayout ShapeOf(TensorKind kind, const Config& c) {
  switch (kind) {
    case TensorKind::kTokenEmbedding:
      return {kind, "token_embedding", 1, c.vocab_size, c.dim, 0};
    case TensorKind::kAttentionNorm:
      return {kind, "attention_norm", c.n_layers, 1, c.dim, 0};
    case TensorKind::kWq:
      return {kind, "wq", c.n_layers, c.dim, c.dim, 0};
    case TensorKind::kWk:
      return {kind, "wk", c.n_layers, c.kv_dim(), c.dim, 0};
    case TensorKind::kWv:
      return {kind, "wv", c.n_layers, c.kv_dim(), c.dim, 0};
    case TensorKind::kWo:
      return {kind, "wo", c.n_layers, c.dim, c.dim, 0};
    case TensorKind::kFeedForwardNorm:
      return {kind, "feed_forward_norm", c.n_layers, 1, c.dim, 0};
    case TensorKind::kW1:
      return {kind, "w1", c.n_layers, c.hidden_dim, c.dim, 0};
    case TensorKind::kW2:
      return {kind, "w2", c.n_layers, c.dim, c.hidden_dim, 0};
    case TensorKind::kW3:
      return {kind, "w3", c.n_layers, c.hidden_dim, c.dim, 0};
    case TensorKind::kFinalNorm:
      return {kind, "final_norm", 1, 1, c.dim, 0};
    case TensorKind::kClassifier:
      return {kind, "classifier", 1, c.vocab_size, c.dim, 0};
    case TensorKind::kRopeCosines:
      return {kind, "rope_cosines", 1, c.seq_len, c.head_dim() / 2, 0};
    case TensorKind::kRopeSines:
      return {kind, "rope_sines", 1, c.seq_len, c.head_dim() / 2, 0};
  }
  return {};
}

}  // namespace

int64_t HeaderBytes(CheckpointVersion version) {
  return version == CheckpointVersion::kV0 ? 28 : 256;
}

std::vector<TensorLayout> LayoutOf(CheckpointVersion version, const Config& config) {
  std::vector<TensorLayout> layout;
  int64_t offset = HeaderBytes(version);
  for (TensorKind kind : OrderOf(version, config.shared_classifier)) {
    layout.push_back(ShapeOf(kind, config));
    layout.back().offset = offset;
    offset += layout.back().bytes();
  }
  return layout;
}

int64_t FileBytes(CheckpointVersion version, const Config& config) {
  const TensorLayout last = LayoutOf(version, config).back();
  return last.offset + last.bytes();
}

}  // namespace llama2
