#include "llama/score.h"

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/config.h"
#include "llama/fp32.h"
#include "llama/session.h"
#include "llama/test_logits.h"
#include "llama/transformer.h"
#include "testing/oracle.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

std::vector<double> Score(const TinyModel& model, absl::Span<const int> tokens,
                          int64_t capacity, int64_t stride, int64_t chunk) {
  const auto transformer =
      MakeFp32Transformer(model.config, model.weights(), Kernels(BestIsa()));
  ThreadTeam team(1);
  Session session =
      *Session::Create(*transformer, team, {.capacity = capacity, .chunk = chunk});
  return ScoreText(tokens, stride, session);
}

class ScoreTest : public ::testing::TestWithParam<Config> {};

INSTANTIATE_TEST_SUITE_P(Awkward, ScoreTest, ::testing::ValuesIn(AwkwardConfigs()),
                         [](const auto& test) { return ConfigName(test.param); });

TEST_P(ScoreTest, IsTheOraclesWhateverTheChunk) {
  const TinyModel model = MakeTinyModel(GetParam(), /*seed=*/1);
  const std::vector<int> tokens = SomeTokens(GetParam());
  const std::vector<double> expected = OracleLosses(model.config, model.weights(), tokens);
  for (int64_t chunk : {1, 5, 64}) {
    const std::vector<double> losses = Score(model, tokens, tokens.size(), 1, chunk);
    ASSERT_EQ(losses.size(), expected.size());
    for (size_t i = 0; i < losses.size(); ++i) {
      EXPECT_NEAR(losses[i], expected[i], 2e-5) << "token " << i + 1;
    }
  }
}

// A text of 37 tokens in windows of 10: each token has the context that its window says.
TEST(ScoreTextTest, AWindowForgetsWhatIsBeforeIt) {
  const TinyModel model = MakeTinyModel(AwkwardConfigs()[0], /*seed=*/2);
  const std::vector<int> tokens = SomeTokens(model.config);
  ASSERT_EQ(tokens.size(), 37u);
  constexpr int64_t kWindow = 10;
  for (int64_t stride : {1, 4, 10}) {
    const std::vector<double> losses = Score(model, tokens, kWindow, stride, /*chunk=*/3);
    ASSERT_EQ(losses.size(), tokens.size() - 1);
    for (int64_t t = 0; t < 36; ++t) {
      // The first window that has t for an input.
      const int64_t begin = t < kWindow ? 0 : (t - kWindow + stride) / stride * stride;
      const auto window = absl::MakeConstSpan(tokens).subspan(begin, t + 2 - begin);
      EXPECT_NEAR(losses[t], OracleLosses(model.config, model.weights(), window).back(), 2e-5)
          << "token " << t + 1 << ", stride " << stride;
    }
  }
}

TEST(ScoreTextTest, NothingComesAfterOneToken) {
  const TinyModel model = MakeTinyModel(AwkwardConfigs()[0], /*seed=*/2);
  EXPECT_TRUE(Score(model, {}, 10, 10, 10).empty());
  EXPECT_TRUE(Score(model, {1}, 10, 10, 10).empty());
}

}  // namespace
}  // namespace llama2
