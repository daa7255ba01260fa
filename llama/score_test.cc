#include "llama/score.h"

#include <algorithm>
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

TEST(TextWindowsTest, EachTokenBehindTheFirstIsScoredOnce) {
  for (int64_t tokens = 0; tokens < 40; ++tokens) {
    for (int64_t size = 1; size <= 12; ++size) {
      for (int64_t stride = 1; stride <= size; ++stride) {
        int64_t next = 0;
        for (const TextWindow& window : TextWindows(tokens, size, stride)) {
          EXPECT_EQ(window.first, next) << "goes on where the last one ended";
          EXPECT_GT(window.end, window.first) << "each scores something";
          EXPECT_LE(window.end - window.begin, size);
          if (window.begin > 0) {
            EXPECT_GE(window.first - window.begin, size - stride);
          }
          next = window.end;
        }
        EXPECT_EQ(next, std::max<int64_t>(tokens - 1, 0));
      }
    }
  }
}

TEST(ScoreRestTest, GoesOnWhereTheSessionIs) {
  const TinyModel model = MakeTinyModel(AwkwardConfigs()[0], /*seed=*/2);
  const std::vector<int> tokens = SomeTokens(model.config);
  const auto transformer =
      MakeFp32Transformer(model.config, model.weights(), Kernels(BestIsa()));
  ThreadTeam team(1);
  const int64_t capacity = tokens.size() - 1;  // the last is not read
  Session session = *Session::Create(*transformer, team, {.capacity = capacity, .chunk = 5});
  const std::vector<double> all = ScoreRest(tokens, session);
  ASSERT_EQ(all.size(), tokens.size() - 1);
  for (const int64_t position : {0, 1, 7, 35, 36}) {
    session.Rewind(0);
    session.Feed(absl::MakeConstSpan(tokens).first(position));
    EXPECT_EQ(ScoreRest(tokens, session),
              std::vector<double>(all.begin() + position, all.end()));
  }
}

TEST(ScoreTextTest, NothingComesAfterOneToken) {
  const TinyModel model = MakeTinyModel(AwkwardConfigs()[0], /*seed=*/2);
  EXPECT_TRUE(Score(model, {}, 10, 10, 10).empty());
  EXPECT_TRUE(Score(model, {1}, 10, 10, 10).empty());
}

}  // namespace
}  // namespace llama2
