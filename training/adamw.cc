#include "training/adamw.h"

#include <cmath>

#include "base/check.h"
#include "llama/weights.h"

namespace llama2 {
namespace {

// One step of the parameters begin .. begin + size - 1, which all decay alike.
class Update {
 public:
  Update(const AdamWOptions& options, double learning_rate, int64_t step, float scale)
      : scale_(scale),
        beta1_(static_cast<float>(options.beta1)),
        beta2_(static_cast<float>(options.beta2)),
        rest1_(static_cast<float>(1 - options.beta1)),
        rest2_(static_cast<float>(1 - options.beta2)),
        epsilon_(static_cast<float>(options.epsilon)),
        // The moments begin at zero; these make up for it.
        rate_(static_cast<float>(learning_rate / (1 - std::pow(options.beta1, step)))),
        root_(static_cast<float>(std::sqrt(1 - std::pow(options.beta2, step)))) {}

  void Apply(float kept, int64_t n, const float* gradient, float* parameters, float* m,
             float* v) const {
    for (int64_t i = 0; i < n; ++i) {
      const float g = gradient[i] * scale_;
      m[i] = beta1_ * m[i] + rest1_ * g;
      v[i] = beta2_ * v[i] + rest2_ * (g * g);
      parameters[i] =
          kept * parameters[i] - rate_ * m[i] / (__builtin_sqrtf(v[i]) / root_ + epsilon_);
    }
  }

 private:
  float scale_, beta1_, beta2_, rest1_, rest2_, epsilon_, rate_, root_;
};

}  // namespace

double GradientNorm(absl::Span<const float> gradient) {
  constexpr size_t kSums = 8;
  double sums[kSums] = {};
  for (size_t i = 0; i < gradient.size(); ++i) {
    sums[i % kSums] += static_cast<double>(gradient[i]) * gradient[i];
  }
  double total = 0;
  for (double sum : sums) total += sum;
  return std::sqrt(total);
}

void AdamWStep(const Config& config, const AdamWOptions& options, double learning_rate,
               int64_t step, float scale, absl::Span<const float> gradient,
               absl::Span<float> parameters, absl::Span<float> first_moment,
               absl::Span<float> second_moment) {
  CHECK_EQ(static_cast<int64_t>(gradient.size()), config.parameters());
  CHECK_EQ(gradient.size(), parameters.size());
  CHECK_EQ(gradient.size(), first_moment.size());
  CHECK_EQ(gradient.size(), second_moment.size());
  CHECK_GT(step, 0);
  const Update update(options, learning_rate, step, scale);
  const float kept = static_cast<float>(1 - learning_rate * options.weight_decay);
  const Weights weights = WeightsAt(config, const_cast<const float*>(parameters.data()));
  const auto apply = [&](const float* tensor, int64_t size, float keep) {
    const int64_t at = tensor - parameters.data();
    update.Apply(keep, size, gradient.data() + at, parameters.data() + at,
                 first_moment.data() + at, second_moment.data() + at);
  };
  const auto matrix = [&](const MatrixView<const float>& w) {
    apply(w.data(), w.rows() * w.cols(), kept);
  };
  const auto norm = [&](absl::Span<const float> w) { apply(w.data(), w.size(), 1); };
  matrix(weights.token_embedding);
  for (const LayerWeights& layer : weights.layers) {
    norm(layer.attention_norm);
    norm(layer.feed_forward_norm);
    for (const auto& w :
         {layer.wq, layer.wk, layer.wv, layer.wo, layer.w1, layer.w2, layer.w3}) {
      matrix(w);
    }
  }
  norm(weights.final_norm);
  if (!config.shared_classifier) matrix(weights.classifier);
}

}  // namespace llama2
