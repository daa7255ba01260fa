#include "training/initialize.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "base/check.h"
#include "kernels/tensor_view.h"
#include "llama/weights.h"

namespace llama2 {
namespace {

class Filler {
 public:
  explicit Filler(uint64_t seed) : random_(seed) {}

  void Matrix(MatrixView<float> w, double deviation) {
    for (int64_t r = 0; r < w.rows(); ++r) {
      for (float& value : w.Row(r)) value = static_cast<float>(deviation * NearlyNormal());
    }
  }

 private:
  // Of mean 0 and variance 1: a uniform number between 0 and 1 has the variance 1 / 12.
  double NearlyNormal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(random_() >> 11) * 0x1p-53;
    return sum;
  }

  std::mt19937_64 random_;  // the standard says which numbers it gives
};

}  // namespace

void InitializeParameters(const Config& config, uint64_t seed, absl::Span<float> parameters) {
  CHECK_EQ(static_cast<int64_t>(parameters.size()), config.parameters());
  constexpr double kDeviation = 0.02;
  const double residual_deviation = kDeviation / std::sqrt(2.0 * config.n_layers);
  const MutableWeights weights = WeightsAt(config, parameters.data());
  Filler filler(seed);
  const auto ones = [](absl::Span<float> norm) { std::fill(norm.begin(), norm.end(), 1.0f); };
  filler.Matrix(weights.token_embedding, kDeviation);
  for (const auto& layer : weights.layers) {
    ones(layer.attention_norm);
    filler.Matrix(layer.wq, kDeviation);
    filler.Matrix(layer.wk, kDeviation);
    filler.Matrix(layer.wv, kDeviation);
    filler.Matrix(layer.wo, residual_deviation);
    ones(layer.feed_forward_norm);
    filler.Matrix(layer.w1, kDeviation);
    filler.Matrix(layer.w2, residual_deviation);
    filler.Matrix(layer.w3, kDeviation);
  }
  ones(weights.final_norm);
  if (!config.shared_classifier) filler.Matrix(weights.classifier, kDeviation);
}

}  // namespace llama2
