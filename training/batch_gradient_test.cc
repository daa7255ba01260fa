#include "training/batch_gradient.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/tensor_view.h"
#include "llama/config.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"
#include "training/dropout.h"

namespace llama2 {
namespace {

constexpr int64_t kLength = 20;
constexpr int64_t kBatch = 5;

Config SomeConfig() {
  return {.dim = 24,
          .hidden_dim = 37,
          .n_layers = 2,
          .n_heads = 4,
          .n_kv_heads = 2,
          .vocab_size = 29,
          .seq_len = kLength,
          .shared_classifier = true};
}

struct Result {
  double loss;
  std::vector<float> gradient;
};

// Of `batch` windows out of kBatch.
Result Compute(int threads, int64_t shards, Isa isa, int64_t first = 0,
               int64_t batch = kBatch) {
  const Config config = SomeConfig();
  const TinyModel model = MakeTinyModel(config, /*seed=*/1);
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < kBatch * (kLength + 1); ++i) {
    ids.push_back((i * i * 3 + i / 7) % config.vocab_size);
  }
  const MatrixView<const int32_t> windows(ids.data(), kBatch, kLength + 1);
  BatchGradient batch_gradient = *BatchGradient::Create(config, kLength, threads, shards, isa);
  Result result = {0, std::vector<float>(config.parameters(), 123.0f)};
  result.loss = batch_gradient.Compute(model.storage.span(), windows.Rows(first, batch),
                                       Dropout(), absl::MakeSpan(result.gradient));
  EXPECT_EQ(result.loss, batch_gradient.Loss(model.storage.span(), windows.Rows(first, batch)));
  return result;
}

TEST(BatchGradientTest, ThreadsAndInstructionSetsDoNotChangeABit) {
  for (int64_t shards : {1, 3, 4, 5, 9}) {
    const Result expected = Compute(/*threads=*/1, shards, Isa::kScalar);
    for (Isa isa : SupportedIsas()) {
      for (int threads : {1, 2, 3, 7}) {
        const Result actual = Compute(threads, shards, isa);
        EXPECT_EQ(actual.loss, expected.loss);
        EXPECT_THAT(actual.gradient, BitsEqual(expected.gradient))
            << shards << " shards, " << threads << " threads, " << std::string(IsaName(isa));
      }
    }
  }
}

TEST(BatchGradientTest, IsTheMeanOfItsWindows) {
  const Result all = Compute(1, 2, BestIsa());
  double loss = 0;
  std::vector<float> mean(all.gradient.size());
  for (int64_t b = 0; b < kBatch; ++b) {
    const Result one = Compute(1, 2, BestIsa(), b, 1);
    loss += one.loss / kBatch;
    for (size_t i = 0; i < mean.size(); ++i) mean[i] += one.gradient[i] / kBatch;
  }
  EXPECT_NEAR(all.loss, loss, 1e-12);
  for (size_t i = 0; i < mean.size(); ++i) ASSERT_NEAR(all.gradient[i], mean[i], 1e-5) << i;
}

TEST(BatchGradientTest, CountsOperations) {
  const Config config = SomeConfig();
  const BatchGradient batch = *BatchGradient::Create(config, kLength, 1, 1, BestIsa());
  // A layer: q and out 24 x 24, k and v 12 x 24, three of 37 x 24; and the classifier.
  const double matrices = 2 * (2 * 24 * 24 + 2 * 12 * 24 + 3 * 37 * 24) + 29 * 24;
  // A layer: 1 + 2 + ... + 20 pairs of positions, scores and values, each 24 wide.
  const double attention = 2 * 210 * 2 * 24;
  EXPECT_EQ(batch.FlopsPerWindow(), 3 * 2 * (20 * matrices + attention));
}

}  // namespace
}  // namespace llama2
