#include "testing/tiny_models.h"

#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/tensor_view.h"
#include "llama/config.h"
#include "llama/weights.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::IsSupersetOf;

constexpr Config kConfig = {.dim = 64,
                            .hidden_dim = 172,
                            .n_layers = 2,
                            .n_heads = 8,
                            .n_kv_heads = 4,
                            .vocab_size = 65,
                            .seq_len = 32};

void ExpectShape(const MatrixView<const float>& matrix, int64_t rows, int64_t cols) {
  EXPECT_EQ(matrix.rows(), rows);
  EXPECT_EQ(matrix.cols(), cols);
  EXPECT_EQ(matrix.stride(), cols);
}

TEST(AwkwardConfigs, AreValidAndDistinct) {
  std::set<std::string> names;
  for (const Config& config : AwkwardConfigs()) {
    EXPECT_THAT(Validate(config), IsOk()) << ConfigName(config);
    EXPECT_TRUE(names.insert(ConfigName(config)).second) << ConfigName(config);
  }
}

TEST(AwkwardConfigs, HaveEveryAwkwardness) {
  std::set<int64_t> head_dims;
  std::set<int64_t> group_sizes;
  std::set<std::pair<bool, bool>> classifier_and_one_layer;
  for (const Config& config : AwkwardConfigs()) {
    head_dims.insert(config.head_dim());
    group_sizes.insert(config.group_size());
    classifier_and_one_layer.insert({config.shared_classifier, config.n_layers == 1});
  }
  EXPECT_THAT(head_dims, IsSupersetOf({2, 6, 8, 48, 64}));
  EXPECT_THAT(group_sizes, IsSupersetOf({1, 2, 8}));
  EXPECT_THAT(classifier_and_one_layer,
              IsSupersetOf(std::vector<std::pair<bool, bool>>{{true, false}, {false, true}}));
}

TEST(ConfigName, SaysEverySize) {
  EXPECT_EQ(ConfigName(kConfig), "D64_H172_L2_NH8_NKV4_V65_S32_shared");
}

TEST(MakeTinyModel, HasTheShapesOfTheConfig) {
  for (const Config& config : AwkwardConfigs()) {
    SCOPED_TRACE(ConfigName(config));
    const TinyModel model = MakeTinyModel(config, 1);
    const Weights weights = model.weights();
    ExpectShape(weights.token_embedding, config.vocab_size, config.dim);
    ASSERT_EQ(weights.layers.size(), config.n_layers);
    for (const LayerWeights& layer : weights.layers) {
      EXPECT_EQ(layer.attention_norm.size(), config.dim);
      ExpectShape(layer.wq, config.dim, config.dim);
      ExpectShape(layer.wk, config.kv_dim(), config.dim);
      ExpectShape(layer.wv, config.kv_dim(), config.dim);
      ExpectShape(layer.wo, config.dim, config.dim);
      EXPECT_EQ(layer.feed_forward_norm.size(), config.dim);
      ExpectShape(layer.w1, config.hidden_dim, config.dim);
      ExpectShape(layer.w2, config.dim, config.hidden_dim);
      ExpectShape(layer.w3, config.hidden_dim, config.dim);
    }
    EXPECT_EQ(weights.final_norm.size(), config.dim);
    ExpectShape(weights.classifier, config.vocab_size, config.dim);
    EXPECT_EQ(weights.classifier.data() == weights.token_embedding.data(),
              config.shared_classifier);
  }
}

TEST(MakeTinyModel, FillsEveryWeight) {
  for (const Config& config : AwkwardConfigs()) {
    const TinyModel model = MakeTinyModel(config, 1);
    EXPECT_EQ(model.storage.size(), config.parameters());
    for (const float weight : model.storage.span()) ASSERT_NE(weight, 0.0f);
  }
}

TEST(MakeTinyModel, TheSeedDecides) {
  const TinyModel model = MakeTinyModel(kConfig, 1);
  EXPECT_THAT(model.storage.span(), BitsEqual(MakeTinyModel(kConfig, 1).storage.span()));
  EXPECT_THAT(model.storage.span(),
              ::testing::Not(BitsEqual(MakeTinyModel(kConfig, 2).storage.span())));
}

// The numbers of a model are in goldens elsewhere: they must never change.
TEST(MakeTinyModel, IsTheSameOnEveryMachine) {
  const TinyModel model = MakeTinyModel(kConfig, 1);
  const Weights weights = model.weights();
  EXPECT_THAT(weights.token_embedding.Row(0).subspan(0, 3),
              BitsEqual(std::vector<float>{-0.158536062f, -0.157440364f, -0.021124566f}));
  EXPECT_THAT(weights.final_norm.subspan(61),
              BitsEqual(std::vector<float>{0.837642431f, 0.914016306f, 1.1356312f}));
}

TEST(MakeTinyModel, ScalesMatricesByTheirInputs) {
  const TinyModel model = MakeTinyModel(kConfig, 1);
  const MatrixView<const float> w2 = model.weights().layers[1].w2;
  double sum = 0;
  double squares = 0;
  for (int64_t i = 0; i < w2.rows(); ++i) {
    for (const double weight : w2.Row(i)) {
      sum += weight;
      squares += weight * weight;
    }
  }
  const double count = w2.rows() * w2.cols();
  EXPECT_NEAR(sum / count, 0.0, 0.01);
  EXPECT_NEAR(squares / count, 1.0 / 172, 0.05 / 172);
}

TEST(MakeTinyModel, NormWeightsAreNearOne) {
  const TinyModel model = MakeTinyModel(kConfig, 1);
  const Weights weights = model.weights();
  for (const float weight : weights.layers[1].attention_norm) EXPECT_NEAR(weight, 1, 0.18);
  for (const float weight : weights.final_norm) EXPECT_NEAR(weight, 1, 0.18);
}

TEST(TinyModel, ViewsSurviveAMove) {
  TinyModel model = MakeTinyModel(kConfig, 1);
  const Weights before = model.weights();
  const TinyModel moved = std::move(model);
  EXPECT_EQ(moved.weights().final_norm.data(), before.final_norm.data());
}

}  // namespace
}  // namespace llama2
