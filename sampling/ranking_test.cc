#include "sampling/ranking.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "sampling/rng.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;

std::vector<int> Tokens(const Ranking& ranking) {
  std::vector<int> tokens(ranking.size());
  for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = ranking.token(i);
  return tokens;
}

void Keep(Ranking* ranking, absl::Span<const float> probabilities,
          const Ranking::Limits& limits) {
  ranking->Keep(probabilities, *std::max_element(probabilities.begin(), probabilities.end()),
                limits);
}

// What Keep says that it does, word by word.
void ExpectRanking(const Ranking& ranking, absl::Span<const float> probabilities,
                   const Ranking::Limits& limits) {
  std::vector<int> order(probabilities.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return probabilities[a] > probabilities[b]; });
  std::vector<int> kept;
  float sum = 0;
  for (int token : order) {
    if (probabilities[token] < limits.cutoff || kept.size() == limits.tokens ||
        sum > limits.enough) {
      break;
    }
    kept.push_back(token);
    sum += probabilities[token];
  }
  ASSERT_EQ(Tokens(ranking), kept);
  ASSERT_EQ(ranking.sum(), sum);
  for (size_t i = 0; i < kept.size(); ++i) {
    ASSERT_EQ(ranking.probability(i), probabilities[kept[i]]);
  }
}

// Probabilities whose logarithms are spread over `spread`; at 0 all are the same.
std::vector<float> Probabilities(size_t size, float spread) {
  Rng rng(size);
  std::vector<float> probabilities(size);
  double sum = 0;
  for (float& p : probabilities) sum += p = std::exp(spread * rng.NextFloat());
  for (float& p : probabilities) p = std::min(1.0f, static_cast<float>(p / sum));
  return probabilities;
}

TEST(RankingTest, IsWhatSortingGives) {
  Ranking ranking{Kernels(BestIsa())};
  for (size_t size : {1, 2, 15, 16, 17, 63, 64, 65, 512, 5000}) {
    for (float spread : {0.0f, 0.1f, 1.0f, 8.0f, 30.0f, 200.0f}) {
      const std::vector<float> probabilities = Probabilities(size, spread);
      for (float cutoff : {0.0f, 1e-30f, 1e-5f, 1.0f / size, 0.1f}) {
        for (float enough :
             {0.0f, 0.5f, 0.9f, 0.9999f, std::numeric_limits<float>::infinity()}) {
          for (size_t tokens : {size_t{1}, size_t{40}, size, 2 * size}) {
            const Ranking::Limits limits = {cutoff, tokens, enough};
            Keep(&ranking, probabilities, limits);
            ExpectRanking(ranking, probabilities, limits);
          }
        }
      }
    }
  }
}

TEST(RankingTest, EqualsComeInOrderOfTheirIds) {
  Ranking ranking{Kernels(BestIsa())};
  Keep(&ranking, {0.1f, 0.2f, 0.1f, 0.4f, 0.2f}, {});
  EXPECT_THAT(Tokens(ranking), ElementsAre(3, 1, 4, 0, 2));
  std::vector<float> probabilities(1000, 0.0f);
  for (size_t i = 0; i < probabilities.size(); ++i) probabilities[i] = i % 3 * 0x1p-11f;
  Keep(&ranking, probabilities, {});
  ExpectRanking(ranking, probabilities, {});
}

TEST(RankingTest, OneAndZeroAreProbabilities) {
  std::vector<float> probabilities(100, 0.0f);
  probabilities[70] = 1;
  Ranking ranking{Kernels(BestIsa())};
  Keep(&ranking, probabilities, {.enough = 0.9f});
  EXPECT_THAT(Tokens(ranking), ElementsAre(70));
  Keep(&ranking, probabilities, {.tokens = 3});
  EXPECT_THAT(Tokens(ranking), ElementsAre(70, 0, 1));
}

// Behind a large probability, small ones are lost where they are added one by one, but not
// where they are first added among themselves.
TEST(RankingTest, RoundingDecidesInTheOrderOfTheSum) {
  std::vector<float> probabilities(100'001, 0x1p-26f);
  probabilities[5] = 0.75f;
  Ranking ranking{Kernels(BestIsa())};
  for (float enough : {0.75f, 0.7505f, 0.751f}) {
    Keep(&ranking, probabilities, {.enough = enough});
    ExpectRanking(ranking, probabilities, {.enough = enough});
    EXPECT_EQ(ranking.size(), probabilities.size());
    EXPECT_EQ(ranking.sum(), 0.75f);
  }
}

TEST(RankingTest, NothingReachesTheCutoff) {
  Ranking ranking{Kernels(BestIsa())};
  Keep(&ranking, {0.5f, 0.5f}, {.cutoff = 0.6f});
  EXPECT_EQ(ranking.size(), 0);
  EXPECT_EQ(ranking.sum(), 0);
}

}  // namespace
}  // namespace llama2
