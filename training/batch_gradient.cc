#include "training/batch_gradient.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "kernels/kernels.h"

namespace llama2 {
namespace {

double Sum(absl::Span<const double> values) {
  double sum = 0;
  for (double value : values) sum += value;
  return sum;
}

}  // namespace

absl::StatusOr<BatchGradient> BatchGradient::Create(const Config& config,
                                                    int64_t sequence_length, int threads,
                                                    int64_t shards, Isa isa) {
  CHECK_GT(threads, 0);
  CHECK_GT(shards, 0);
  // More threads than shards would have nothing to do.
  const int useful = static_cast<int>(std::min<int64_t>(threads, shards));
  BatchGradient batch(config, sequence_length, useful);
  for (int i = 0; i < useful; ++i) {
    ASSIGN_OR_RETURN(SequenceGradient pass,
                     SequenceGradient::Create(config, Kernels(isa), sequence_length));
    batch.passes_.push_back(std::move(pass));
  }
  batch.shard_gradient_.resize(shards);
  for (AlignedBuffer<float>& gradient : batch.shard_gradient_) {
    if (!gradient.TryResize(config.parameters())) {
      return absl::ResourceExhaustedError(
          absl::StrCat("no memory for the gradients of ", shards, " shards of the batch, ",
                       config.parameters(), " parameters each; fewer shards need less"));
    }
  }
  return batch;
}

double BatchGradient::Compute(absl::Span<const float> parameters,
                              MatrixView<const int32_t> windows, const Dropout& dropout,
                              absl::Span<float> gradient) {
  CHECK_EQ(static_cast<int64_t>(parameters.size()), config_.parameters());
  CHECK_EQ(parameters.size(), gradient.size());
  CHECK_GT(windows.rows(), 0);
  const int64_t batch = windows.rows();
  const int64_t shards = std::min<int64_t>(shard_gradient_.size(), batch);
  const Weights weights = WeightsAt(config_, parameters.data());
  const float scale = static_cast<float>(1.0 / (batch * (windows.cols() - 1)));
  losses_.assign(batch, 0);

  TaskQueue queue(shards);
  team_->Run([&](ThreadTeam::Member& me) {
    SequenceGradient& pass = passes_[me.index()];
    queue.ForEach([&](int64_t shard) {
      AlignedBuffer<float>& sum = shard_gradient_[shard];
      std::fill(sum.span().begin(), sum.span().end(), 0.0f);
      const MutableWeights views = WeightsAt(config_, sum.data());
      for (int64_t b = shard * batch / shards; b < (shard + 1) * batch / shards; ++b) {
        losses_[b] = pass.Add(weights, windows.Row(b), scale, dropout, b, views);
      }
    });
    me.Wait();
    const Range range = me.Share(gradient.size(), kCacheLineBytes / sizeof(float));
    for (int64_t i = range.begin; i < range.end; ++i) {
      float total = shard_gradient_[0][i];
      for (int64_t shard = 1; shard < shards; ++shard) total += shard_gradient_[shard][i];
      gradient[i] = total;
    }
  });
  return Sum(losses_) / (batch * (windows.cols() - 1));
}

double BatchGradient::Loss(absl::Span<const float> parameters,
                           MatrixView<const int32_t> windows) {
  CHECK_EQ(static_cast<int64_t>(parameters.size()), config_.parameters());
  CHECK_GT(windows.rows(), 0);
  const Weights weights = WeightsAt(config_, parameters.data());
  losses_.assign(windows.rows(), 0);
  TaskQueue queue(windows.rows());
  team_->Run([&](ThreadTeam::Member& me) {
    queue.ForEach(
        [&](int64_t b) { losses_[b] = passes_[me.index()].Loss(weights, windows.Row(b)); });
  });
  return Sum(losses_) / (windows.rows() * (windows.cols() - 1));
}

double BatchGradient::FlopsPerWindow() const {
  const double matrices = static_cast<double>(config_.n_layers) *
                              (2.0 * config_.dim * (config_.dim + config_.kv_dim()) +
                               3.0 * config_.dim * config_.hidden_dim) +
                          static_cast<double>(config_.vocab_size) * config_.dim;
  const double length = static_cast<double>(sequence_length_);
  // Scores and values, for each position and those before it.
  const double attention =
      2.0 * static_cast<double>(config_.n_layers) * config_.dim * length * (length + 1) / 2;
  return 3 * 2 * (matrices * length + attention);
}

}  // namespace llama2
