#include "analysis/pass_recorder.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "base/check.h"

namespace llama2 {
namespace {

void AppendRow(absl::Span<const float> row, std::vector<float>& rows) {
  rows.insert(rows.end(), row.begin(), row.end());
}

float NormOfDifference(absl::Span<const float> a, const float* b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::pow(static_cast<double>(a[i]) - b[i], 2);
  return static_cast<float>(std::sqrt(sum));
}

}  // namespace

float Norm(absl::Span<const float> x) {
  double sum = 0;
  for (float value : x) sum += static_cast<double>(value) * value;
  return static_cast<float>(std::sqrt(sum));
}

int64_t RecordBytes(const Config& config, int64_t positions) {
  CHECK_LE(positions, kMaxConfigValue);
  // Each factor is below 2^21 or so, the first product below 2^40.
  const double maps = static_cast<double>(config.n_layers) * config.n_heads;
  const double weights = maps * positions * (positions + 1) / 2;
  const double streams = (config.n_layers + 2.0) * config.dim * positions;
  const double bytes = sizeof(float) * (weights + streams);
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  return bytes < 9e18 ? static_cast<int64_t>(bytes) : kMost;
}

PassRecorder::PassRecorder(const Config& config, Kernels kernels)
    : config_(config),
      kernels_(kernels),
      residual_(config.n_layers + 1),
      added_(2 * config.n_layers),
      attention_(config.n_layers * config.n_heads) {}

void PassRecorder::OnResidual(After after, int64_t layer, absl::Span<const BatchRow> rows,
                              MatrixView<const float> x) {
  // Before a layer's blocks stands the residual stream of the stage before it.
  const bool attention = after == After::kAttention;
  const std::vector<float>& before = attention ? residual_[layer] : after_attention_;
  if (attention) after_attention_.resize(residual_[layer].size());
  for (int64_t b = 0; b < x.rows(); ++b) {
    const int64_t at = rows[b].position * config_.dim;
    if (after != After::kEmbedding) {
      added_[2 * layer + !attention].push_back(NormOfDifference(x.Row(b), before.data() + at));
    }
    if (attention) {
      std::copy(x.Row(b).begin(), x.Row(b).end(), after_attention_.begin() + at);
    } else {
      std::vector<float>& stage = residual_[after == After::kEmbedding ? 0 : layer + 1];
      CHECK_EQ(static_cast<int64_t>(stage.size()), at);
      AppendRow(x.Row(b), stage);
    }
  }
}

void PassRecorder::OnAttention(int64_t layer, absl::Span<const BatchRow> rows,
                               MatrixView<const float> queries, MatrixView<const float>) {
  for (int64_t b = 0; b < queries.rows(); ++b) {
    for (int64_t head = 0; head < config_.n_heads; ++head) {
      std::vector<float>& map = attention_[layer * config_.n_heads + head];
      const size_t begin = map.size();
      map.resize(begin + rows[b].position + 1);
      AttentionWeights(config_, kernels_, layer, head, rows[b], queries.Row(b),
                       absl::MakeSpan(map).subspan(begin));
    }
  }
}

MatrixView<const float> PassRecorder::residual(int64_t stage) const {
  const std::vector<float>& rows = residual_[stage];
  return {rows.data(), static_cast<int64_t>(rows.size()) / config_.dim, config_.dim};
}

}  // namespace llama2
