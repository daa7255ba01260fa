#include "training/dropout.h"

#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

std::vector<float> Masked(const Dropout& dropout, uint64_t key, int64_t n) {
  std::vector<float> values(n, 1.0f);
  dropout.Apply(key, 0, absl::MakeSpan(values));
  return values;
}

TEST(DropoutTest, LeavesOutItsShareAndKeepsTheMean) {
  const Dropout dropout = {.rate = 0.25, .seed = 1, .step = 1};
  const int64_t n = 100000;
  double sum = 0;
  int64_t left_out = 0;
  for (float value : Masked(dropout, dropout.Key(0, 0, DropoutPlace::kAttention), n)) {
    EXPECT_TRUE(value == 0 || value == 1 / 0.75f);
    sum += value;
    left_out += value == 0;
  }
  // Five standard deviations.
  EXPECT_NEAR(left_out, 0.25 * n, 5 * std::sqrt(n * 0.25 * 0.75));
  EXPECT_NEAR(sum / n, 1, 0.02);
}

TEST(DropoutTest, AnElementsFateIsItsOwn) {
  const Dropout dropout = {.rate = 0.5, .seed = 1, .step = 1};
  const uint64_t key = dropout.Key(0, 0, DropoutPlace::kEmbedding);
  const std::vector<float> whole = Masked(dropout, key, 100);
  std::vector<float> pieces(100, 1.0f);
  dropout.Apply(key, 0, absl::MakeSpan(pieces).first(37));
  dropout.Apply(key, 37, absl::MakeSpan(pieces).subspan(37));
  EXPECT_EQ(pieces, whole);
}

TEST(DropoutTest, EveryPlaceHasAMaskOfItsOwn) {
  std::set<std::vector<float>> masks;
  int made = 0;
  for (uint64_t seed : {1, 2}) {
    for (int64_t step : {1, 2}) {
      for (int64_t window : {0, 1}) {
        for (int64_t layer : {0, 1}) {
          for (DropoutPlace place : {DropoutPlace::kEmbedding, DropoutPlace::kFeedForward}) {
            const Dropout dropout = {.rate = 0.5, .seed = seed, .step = step};
            masks.insert(Masked(dropout, dropout.Key(window, layer, place), 100));
            ++made;
          }
        }
      }
    }
  }
  EXPECT_EQ(masks.size(), static_cast<size_t>(made));
}

}  // namespace
}  // namespace llama2
