#include "testing/oracle.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/tensor_view.h"
#include "llama/checkpoint.h"
#include "llama/config.h"
#include "llama/weights.h"
#include "testing/matchers.h"
#include "testing/shared_data.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kEpsilon = 1e-5f;  // that of RMSNorm, as Config has it

// A layer whose weights a test writes down: all 0, norms 1, until set.
struct HandLayer {
  explicit HandLayer(const Config& config)
      : attention_norm(config.dim, 1.0f),
        wq(config.dim * config.dim),
        wk(config.kv_dim() * config.dim),
        wv(config.kv_dim() * config.dim),
        wo(config.dim * config.dim),
        feed_forward_norm(config.dim, 1.0f),
        w1(config.hidden_dim * config.dim),
        w2(config.dim * config.hidden_dim),
        w3(config.hidden_dim * config.dim) {}

  std::vector<float> attention_norm, wq, wk, wv, wo, feed_forward_norm, w1, w2, w3;
};

MatrixView<const float> View(const std::vector<float>& matrix, int64_t cols) {
  return MatrixView<const float>(matrix.data(), matrix.size() / cols, cols);
}

// A model of such layers.
struct HandModel {
  explicit HandModel(const Config& c)
      : config(c),
        embedding(c.vocab_size * c.dim),
        layers(c.n_layers, HandLayer(c)),
        final_norm(c.dim, 1.0f),
        classifier(c.vocab_size * c.dim) {}

  std::vector<std::vector<double>> Logits(absl::Span<const int> tokens) const {
    const int64_t dim = config.dim;
    Weights weights = {View(embedding, dim), {}, final_norm, View(classifier, dim)};
    for (const HandLayer& layer : layers) {
      weights.layers.push_back({layer.attention_norm, View(layer.wq, dim), View(layer.wk, dim),
                                View(layer.wv, dim), View(layer.wo, dim),
                                layer.feed_forward_norm, View(layer.w1, dim),
                                View(layer.w2, config.hidden_dim), View(layer.w3, dim)});
    }
    return OracleLogits(config, weights, tokens);
  }

  Config config;
  std::vector<float> embedding;
  std::vector<HandLayer> layers;
  std::vector<float> final_norm;
  std::vector<float> classifier;
};

Config SmallConfig(int64_t n_heads, int64_t head_dim, int64_t vocab_size) {
  return {.dim = n_heads * head_dim,
          .hidden_dim = 1,
          .n_layers = 1,
          .n_heads = n_heads,
          .n_kv_heads = n_heads,
          .vocab_size = vocab_size,
          .seq_len = 8,
          .shared_classifier = false};
}

// The (size, size) matrix that changes nothing.
std::vector<float> Identity(int64_t size) {
  std::vector<float> matrix(size * size);
  for (int64_t i = 0; i < size; ++i) matrix[i * size + i] = 1.0f;
  return matrix;
}

// `x` divided by its root mean square.
std::vector<double> Normed(std::vector<double> x) {
  double sum_of_squares = 0;
  for (const double value : x) sum_of_squares += value * value;
  for (double& value : x) value /= std::sqrt(sum_of_squares / x.size() + kEpsilon);
  return x;
}

void ExpectNear(const std::vector<double>& actual, const std::vector<double>& expected) {
  ASSERT_THAT(actual, SizeIs(expected.size()));
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-12) << i;
}

TEST(OracleLogits, OfLayersThatAddNothingAreTheClassifierOfTheNormedEmbedding) {
  HandModel model(SmallConfig(1, 2, 3));
  model.config.norm_epsilon = 0.5f;
  model.embedding = {9, 9, 3, 4, 9, 9};
  model.final_norm = {1, 2};
  model.classifier = {1, 0, 0, 1, 1, 1};
  const double root_mean_square = std::sqrt(12.5 + 0.5);
  const auto logits = model.Logits({1});
  ASSERT_THAT(logits, SizeIs(1));
  ExpectNear(logits[0], {3 / root_mean_square, 8 / root_mean_square, 11 / root_mean_square});
}

TEST(OracleLogits, OfNoTokensAreNone) {
  EXPECT_THAT(HandModel(SmallConfig(1, 2, 3)).Logits({}), IsEmpty());
}

// softmax of one score is 1: the first position attends to itself whatever the
// query and the key are.
TEST(Attention, OfOnePositionIsItsValue) {
  HandModel model(SmallConfig(1, 2, 3));
  model.embedding = {3, 4, 0, 0, 0, 0};
  model.layers[0].attention_norm = {1, 3};
  model.layers[0].wq = {5, 6, 7, 8};
  model.layers[0].wk = {1, 2, 3, 4};
  model.layers[0].wv = {0, 1, 1, 0};  // swaps
  model.layers[0].wo = {1, 0, 0, 2};
  model.classifier = {1, 0, 0, 1, 0, 0};
  const std::vector<double> n = Normed({3, 4});
  const std::vector<double> x = Normed({3 + 3 * n[1], 4 + 2 * n[0]});
  ExpectNear(model.Logits({0})[0], {x[0], x[1], 0});
}

// Two positions worked out by hand. Token 0 is the unit vector e of some pair of
// numbers, token 1 the other unit vector f of the same pair; queries, keys and values
// are what RMSNorm leaves of them: r e and r f with r = sqrt(D). At position 1 the
// pair is turned by `angle`, so that
//   score(1, 0) = r^2 (f turned) . e / sqrt(HD) = -r^2 sin(angle) / sqrt(HD)
//   score(1, 1) = r^2 / sqrt(HD).
// The pair is in the last head; the others fetch nothing.
void ExpectTwoPositions(int64_t n_heads, int64_t head_dim, double theta, int64_t pair,
                        double angle) {
  HandModel model(SmallConfig(n_heads, head_dim, 3));
  model.config.rope_theta = theta;
  const int64_t dim = model.config.dim;
  const int64_t e = (n_heads - 1) * head_dim + 2 * pair;
  const int64_t f = e + 1;
  model.embedding[e] = 1;
  model.embedding[dim + f] = 1;
  HandLayer& layer = model.layers[0];
  layer.wq = layer.wk = layer.wv = layer.wo = Identity(dim);
  model.classifier[e] = 1;        // token 0's logit: how much e there is
  model.classifier[dim + f] = 1;  // token 1's: how much f
  const double r2 = 1 / (1.0 / dim + kEpsilon);
  const double r = std::sqrt(r2);
  const double scale = 1 / std::sqrt(static_cast<double>(head_dim));
  const double to_first = std::exp(-r2 * std::sin(angle) * scale);
  const double to_itself = std::exp(r2 * scale);
  const double sum = to_first + to_itself;
  std::vector<double> x(dim);
  x[e] = r * to_first / sum;
  x[f] = 1 + r * to_itself / sum;
  x = Normed(x);
  ExpectNear(model.Logits({0, 1})[1], {x[e], x[f], 0});
}

TEST(Attention, OfTwoPositionsByHand) { ExpectTwoPositions(1, 2, 10000, 0, 1.0); }

TEST(Attention, TurnsLaterPairsMoreSlowly) {
  ExpectTwoPositions(1, 4, 10000, 0, 1.0);
  ExpectTwoPositions(1, 4, 10000, 1, 0.01);  // 10000^(-2/4)
  ExpectTwoPositions(1, 8, 10000, 3, 1e-3);  // 10000^(-6/8)
  ExpectTwoPositions(1, 4, 100, 1, 0.1);     // 100^(-2/4)
}

TEST(Attention, BeginsAnewInEveryHead) {
  ExpectTwoPositions(3, 2, 10000, 0, 1.0);
  ExpectTwoPositions(3, 4, 10000, 1, 0.01);
}

// RoPE's point. The value of token 1 goes to number 2, that of token 2 to number 3;
// token 0 has neither key nor value. The ratio of the two numbers after token 2 is
// exp(score(token 1) - score(token 2)): the same wherever the two stand, as long as
// they are as far apart.
TEST(Attention, DependsOnDistanceNotOnPosition) {
  HandModel model(SmallConfig(1, 4, 4));
  model.embedding = {0, 0, 0, 0, /**/ 1, 0, 0, 0, /**/ 0, 1, 0, 0, /**/ 0, 0, 0, 0};
  HandLayer& layer = model.layers[0];
  layer.wq = layer.wk = {1, 0, 0, 0, /**/ 0, 1, 0, 0, /**/ 0, 0, 0, 0, /**/ 0, 0, 0, 0};
  layer.wv = {0, 0, 0, 0, /**/ 0, 0, 0, 0, /**/ 1, 0, 0, 0, /**/ 0, 1, 0, 0};
  layer.wo = model.classifier = Identity(4);
  const auto ratio = [&model](absl::Span<const int> tokens) {
    const std::vector<double> last = model.Logits(tokens).back();
    return last[2] / last[3];
  };
  const double adjacent = ratio({1, 2});
  EXPECT_NEAR(ratio({0, 1, 2}), adjacent, 1e-12);
  EXPECT_NEAR(ratio({0, 0, 0, 0, 0, 1, 2}), adjacent, 1e-12);
  const double one_between = ratio({1, 0, 2});
  EXPECT_GT(std::abs(one_between - adjacent), 1e-3);
  EXPECT_NEAR(ratio({0, 0, 1, 0, 2}), one_between, 1e-12);
}

// Four query heads over two key-value heads: heads 0 and 1 read the first.
TEST(Attention, QueryHeadsOfAGroupShareAKeyValueHead) {
  Config config = SmallConfig(4, 2, 3);
  config.n_kv_heads = 2;
  HandModel model(config);
  model.embedding = {1, 2, 3, 4, 5, 6, 7, 8};
  model.embedding.resize(3 * 8);
  HandLayer& layer = model.layers[0];
  for (int64_t i = 0; i < 4; ++i) layer.wv[i * 8 + i] = 1;  // the first four numbers
  layer.wo = Identity(8);
  for (int64_t i = 0; i < 3; ++i) model.classifier[i * 8 + 2 * i + 2] = 1;  // 2, 4, 6
  const std::vector<double> n = Normed({1, 2, 3, 4, 5, 6, 7, 8});
  const std::vector<double> x =
      Normed({1 + n[0], 2 + n[1], 3 + n[0], 4 + n[1], 5 + n[2], 6 + n[3], 7 + n[2], 8 + n[3]});
  ExpectNear(model.Logits({0})[0], {x[2], x[4], x[6]});
}

// Two layers, of which each adds to one number something made of both.
TEST(FeedForward, IsSwiGluLayerAfterLayer) {
  Config config = SmallConfig(1, 2, 3);
  config.n_layers = 2;
  HandModel model(config);
  model.embedding = {3, 4, 0, 0, 0, 0};
  for (HandLayer& layer : model.layers) {
    layer.feed_forward_norm = {2, 1};
    layer.w1 = {1, 0};
    layer.w3 = {0, 1};
  }
  model.layers[0].w2 = {5, 0};
  model.layers[1].w2 = {0, 7};
  model.classifier = {1, 0, 0, 1, 0, 0};
  const auto hidden = [](const std::vector<double>& x) {
    const std::vector<double> n = Normed(x);
    return 2 * n[0] / (1 + std::exp(-2 * n[0])) * n[1];
  };
  std::vector<double> x = {3, 4};
  x[0] += 5 * hidden(x);
  x[1] += 7 * hidden(x);
  x = Normed(x);
  ExpectNear(model.Logits({0})[0], {x[0], x[1], 0});
}

class OracleTest : public ::testing::TestWithParam<Config> {};

INSTANTIATE_TEST_SUITE_P(Awkward, OracleTest, ::testing::ValuesIn(AwkwardConfigs()),
                         [](const auto& test) { return ConfigName(test.param); });

TEST_P(OracleTest, ALaterTokenChangesNoEarlierLogits) {
  const TinyModel model = MakeTinyModel(GetParam(), 1);
  const auto logits = OracleLogits(model.config, model.weights(), {1, 2, 0, 1});
  const auto changed = OracleLogits(model.config, model.weights(), {1, 2, 0, 2});
  for (size_t t = 0; t < 3; ++t) EXPECT_EQ(logits[t], changed[t]) << t;
  EXPECT_NE(logits[3], changed[3]);
}

TEST_P(OracleTest, AnEarlierTokenChangesLaterLogits) {
  const TinyModel model = MakeTinyModel(GetParam(), 1);
  const auto logits = OracleLogits(model.config, model.weights(), {1, 2, 0});
  EXPECT_NE(logits[2], OracleLogits(model.config, model.weights(), {2, 2, 0})[2]);
  EXPECT_NE(logits[2], OracleLogits(model.config, model.weights(), {2, 1, 0})[2]);
}

// The random models are of use only if what they compute is neither nothing nor
// everything.
TEST_P(OracleTest, LogitsOfTinyModelsAreSane) {
  const TinyModel model = MakeTinyModel(GetParam(), 1);
  const auto logits = OracleLogits(model.config, model.weights(), {1, 2, 0, 1});
  double sum_of_squares = 0;
  for (const std::vector<double>& row : logits) {
    for (const double logit : row) sum_of_squares += logit * logit;
  }
  const double root_mean_square = std::sqrt(sum_of_squares / (4 * model.config.vocab_size));
  EXPECT_GT(root_mean_square, 0.25);
  EXPECT_LT(root_mean_square, 4.0);
}

// llama2.c's own logits: int32 n, int32 V, int32 tokens[n], float32 logits[n][V].
struct RecordedLogits {
  std::vector<int> tokens;
  std::vector<std::vector<float>> logits;
};

RecordedLogits ReadRecordedLogits(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const auto read = [&file](auto* values, int64_t count) {
    file.read(reinterpret_cast<char*>(values), count * sizeof(*values));
    EXPECT_TRUE(file.good());
  };
  int32_t sizes[2] = {0, 0};
  read(sizes, 2);
  RecordedLogits recorded;
  recorded.tokens.resize(sizes[0]);
  read(recorded.tokens.data(), sizes[0]);
  for (int32_t t = 0; t < sizes[0]; ++t) {
    recorded.logits.emplace_back(sizes[1]);
    read(recorded.logits.back().data(), sizes[1]);
  }
  return recorded;
}

TEST(OracleLogits, OfStories260KAreThoseOfLlama2C) {
  const std::optional<std::string> model = SharedDataPath("stories260K.bin");
  const std::optional<std::string> expected = SharedDataPath("logits_stories260K_once32.bin");
  if (!model || !expected) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no stories260K";
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint, Checkpoint::Open(*model));
  const RecordedLogits recorded = ReadRecordedLogits(*expected);
  ASSERT_THAT(recorded.tokens, SizeIs(32));
  const auto logits = OracleLogits(checkpoint.config(), checkpoint.weights(), recorded.tokens);
  ASSERT_THAT(logits, SizeIs(32));
  double worst = 0;
  for (size_t t = 0; t < logits.size(); ++t) {
    ASSERT_THAT(logits[t], SizeIs(recorded.logits[t].size()));
    for (size_t v = 0; v < logits[t].size(); ++v) {
      worst = std::max(worst, std::abs(logits[t][v] - recorded.logits[t][v]));
    }
  }
  EXPECT_LT(worst, 1e-4);
}

}  // namespace
}  // namespace llama2
