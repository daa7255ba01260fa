#include "tools/bench/bench_limits.h"

namespace llama2 {
namespace {

struct Matrices {
  double layer_weights = 0;  // of all layers
  double kv_weights = 0;     // of those, which give keys and values
  double classifier_weights = 0;
  double bytes = 0;  // of both, and of the norms
};

Matrices MatricesOf(const CheckpointFormat& format, const Config& config) {
  Matrices matrices;
  for (const TensorLayout& tensor : LayoutOf(format, config)) {
    const double weights = static_cast<double>(tensor.count * tensor.matrix_elements());
    switch (tensor.kind) {
      case TensorKind::kRopeCosines:
      case TensorKind::kRopeSines:
        continue;
      case TensorKind::kTokenEmbedding:
        if (!config.shared_classifier) continue;  // a row of it is nothing
        matrices.classifier_weights = weights;
        break;
      case TensorKind::kClassifier:
        matrices.classifier_weights = weights;
        break;
      case TensorKind::kAttentionNorm:
      case TensorKind::kFeedForwardNorm:
      case TensorKind::kFinalNorm:
        break;
      case TensorKind::kWk:
      case TensorKind::kWv:
        matrices.kv_weights += weights;
        [[fallthrough]];
      default:
        matrices.layer_weights += weights;
    }
    matrices.bytes += static_cast<double>(tensor.bytes());
  }
  return matrices;
}

}  // namespace

PhaseCost CostOf(const Phase& phase, const CheckpointFormat& format, const Config& config) {
  const Matrices matrices = MatricesOf(format, config);
  const double tokens = phase.tokens;
  const double pairs = tokens * (tokens + 1) / 2;  // of a query and a key
  const double layers = static_cast<double>(config.n_layers);
  const double kv_bytes = 2 * layers * static_cast<double>(config.kv_dim()) * sizeof(float);
  const bool decode = phase.kind == Phase::kDecode;
  // What only a token of which another comes goes through.
  const double rest = decode ? tokens : 1;
  const double rest_pairs = decode ? pairs : tokens;
  const double rest_weights = (matrices.layer_weights - matrices.kv_weights) / layers;
  const double products = 2 * (tokens * (matrices.layer_weights - rest_weights) +
                               rest * (rest_weights + matrices.classifier_weights));
  PhaseCost cost;
  cost.bytes = decode ? tokens * matrices.bytes + pairs * kv_bytes : matrices.bytes;
  cost.fp32_operations =
      4 * static_cast<double>(config.dim) * ((layers - 1) * pairs + rest_pairs);
  (format.is_int8() ? cost.int8_operations : cost.fp32_operations) += products;
  cost.working_set = matrices.bytes + tokens * kv_bytes;
  return cost;
}

PhaseLimit LimitOf(const PhaseCost& cost, const MachineRates& rates) {
  const double memory = cost.bytes / rates.read;
  const double arithmetic =
      cost.fp32_operations / rates.fp32 + cost.int8_operations / rates.int8;
  if (memory > arithmetic) return {memory, "memory"};
  return {arithmetic, "arithmetic"};
}

}  // namespace llama2
