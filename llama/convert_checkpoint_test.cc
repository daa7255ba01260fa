#include "llama/convert_checkpoint.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/tensor_view.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_header.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/config.h"
#include "llama/weights.h"
#include "quant/int8_matrix.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

using ::testing::Eq;
using ::testing::StartsWith;

constexpr int64_t kGroupSize = 8;

// In `back`, every weight within half a step of its group, as `int8` has it.
void ExpectNear(const MatrixView<const float>& w, const Int8Matrix& int8,
                const MatrixView<const float>& back) {
  ASSERT_EQ(back.rows(), w.rows());
  ASSERT_EQ(back.cols(), w.cols());
  ASSERT_EQ(int8.rows(), w.rows());
  ASSERT_EQ(int8.cols(), w.cols());
  for (int64_t i = 0; i < w.rows() * w.cols(); ++i) {
    const float scale = int8.Scale(i / kGroupSize);
    ASSERT_NEAR(back.data()[i], w.data()[i], scale * 0.5001);
    ASSERT_EQ(back.data()[i], int8.values()[i] * scale);
  }
}

class EveryConfig : public ::testing::TestWithParam<Config> {};
INSTANTIATE_TEST_SUITE_P(Shapes, EveryConfig,
                         ::testing::Values(Config{.dim = 64,
                                                  .hidden_dim = 172,  // groups straddle
                                                  .n_layers = 2,
                                                  .n_heads = 8,
                                                  .n_kv_heads = 4,
                                                  .vocab_size = 65,
                                                  .seq_len = 4,
                                                  .shared_classifier = true},
                                           Config{.dim = 16,
                                                  .hidden_dim = 24,
                                                  .n_layers = 1,
                                                  .n_heads = 2,
                                                  .n_kv_heads = 1,
                                                  .vocab_size = 9,
                                                  .seq_len = 4,
                                                  .shared_classifier = false}),
                         [](const auto& test) { return ConfigName(test.param); });

TEST_P(EveryConfig, ThereAndBackIsHalfAStepAway) {
  const Config& config = GetParam();
  const TinyModel tiny = MakeTinyModel(config, 3);
  const Weights from = tiny.weights();
  ASSERT_OK_AND_ASSIGN(const Checkpoint v2,
                       QuantizeCheckpoint("tiny", config, from, kGroupSize));
  EXPECT_EQ(v2.config(), config);
  EXPECT_EQ(v2.format(), (CheckpointFormat{CheckpointVersion::kV2, kGroupSize}));
  const Int8Weights& int8 = v2.int8_weights();
  ASSERT_OK_AND_ASSIGN(const Checkpoint v1, DequantizeCheckpoint("tiny", config, int8));
  EXPECT_EQ(v1.config(), config);
  const Weights& back = v1.weights();
  ExpectNear(from.token_embedding, int8.token_embedding, back.token_embedding);
  ExpectNear(from.classifier, int8.classifier, back.classifier);
  EXPECT_THAT(back.final_norm, BitsEqual(from.final_norm));
  ASSERT_THAT(back.layers.size(), Eq(from.layers.size()));
  for (size_t l = 0; l < from.layers.size(); ++l) {
    const LayerWeights& x = from.layers[l];
    const Int8LayerWeights& q = int8.layers[l];
    const LayerWeights& y = back.layers[l];
    EXPECT_THAT(q.attention_norm, BitsEqual(x.attention_norm));
    EXPECT_THAT(y.attention_norm, BitsEqual(x.attention_norm));
    EXPECT_THAT(q.feed_forward_norm, BitsEqual(x.feed_forward_norm));
    EXPECT_THAT(y.feed_forward_norm, BitsEqual(x.feed_forward_norm));
    ExpectNear(x.wq, q.wq, y.wq);
    ExpectNear(x.wk, q.wk, y.wk);
    ExpectNear(x.wv, q.wv, y.wv);
    ExpectNear(x.wo, q.wo, y.wo);
    ExpectNear(x.w1, q.w1, y.w1);
    ExpectNear(x.w2, q.w2, y.w2);
    ExpectNear(x.w3, q.w3, y.w3);
  }
  EXPECT_EQ(int8.classifier.bytes().data() == int8.token_embedding.bytes().data(),
            config.shared_classifier);
  EXPECT_EQ(back.classifier.data() == back.token_embedding.data(), config.shared_classifier);
}

// What the exporter writes to a file, byte for byte.
TEST_P(EveryConfig, MemoryHoldsWhatAFileWould) {
  const TinyModel tiny = MakeTinyModel(GetParam(), 3);
  const std::string path = absl::StrCat(::testing::TempDir(), "/converted.bin");
  const CheckpointHeader header = {{CheckpointVersion::kV2, kGroupSize}, GetParam()};
  ASSERT_THAT(WriteCheckpoint(path, header, tiny.weights()), IsOk());
  ASSERT_OK_AND_ASSIGN(const Checkpoint file, Checkpoint::Open(path));
  ASSERT_OK_AND_ASSIGN(const Checkpoint memory,
                       QuantizeCheckpoint("tiny", GetParam(), tiny.weights(), kGroupSize));
  for (const TensorLayout& t : LayoutOf(header.format, header.config)) {
    if (t.group_size == 0) continue;
    for (int64_t i = 0; i < t.count; ++i) {
      EXPECT_EQ(std::get<Int8Matrix>(memory.Stored(t.kind, i)).bytes(),
                std::get<Int8Matrix>(file.Stored(t.kind, i)).bytes());
    }
  }
}

TEST(QuantizeCheckpoint, NamesWhatIsNotFinite) {
  const Config config = AwkwardConfigs().front();
  const TinyModel tiny = MakeTinyModel(config, 3);
  Weights weights = tiny.weights();
  const MatrixView<const float>& w2 = weights.layers[1].w2;
  std::vector<float> bad(w2.data(), w2.data() + w2.rows() * w2.cols());
  bad[100] = std::numeric_limits<float>::quiet_NaN();
  weights.layers[1].w2 = MatrixView<const float>(bad.data(), w2.rows(), w2.cols());
  EXPECT_THAT(
      QuantizeCheckpoint("tiny", config, weights, 4),
      StatusIs(absl::StatusCode::kInvalidArgument,
               "tiny: w2[1]: found a weight of nan, expected finite ones to make int8 of"));
}

TEST(QuantizeCheckpoint, RefusesAGroupSizeThatDoesNotFit) {
  const Config config = AwkwardConfigs().front();
  const TinyModel tiny = MakeTinyModel(config, 3);
  for (int64_t group_size : {int64_t{-1}, int64_t{0}, int64_t{3}, int64_t{1} << 31}) {
    EXPECT_THAT(
        QuantizeCheckpoint("tiny", config, tiny.weights(), group_size),
        StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("tiny: group_size: found")));
  }
}

}  // namespace
}  // namespace llama2
