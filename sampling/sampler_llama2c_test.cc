// The sampler against llama2.c's, written here in the plainest way from its description,
// over thousands of rows. Softmax is taken from the kernels for both, so that both
// choose among the same probabilities.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "sampling/rng.h"
#include "sampling/sampler.h"

namespace llama2 {
namespace {

struct Reference {
  Kernels kernels;
  float temperature;
  float top_p;
  uint64_t state;

  float Coin() {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return static_cast<uint32_t>((state * 0x2545F4914F6CDD1D) >> 32) / 256 / 16777216.0f;
  }

  int Sample(std::vector<float> row) {
    const int n = row.size();
    if (temperature == 0) return std::max_element(row.begin(), row.end()) - row.begin();

    for (float& x : row) x /= temperature;
    kernels.Softmax(absl::MakeSpan(row));
    const float coin = Coin();
    if (top_p <= 0 || top_p >= 1) {
      float cdf = 0;
      for (int i = 0; i < n; ++i) {
        cdf += row[i];
        if (coin < cdf) return i;
      }
      return n - 1;
    }

    std::vector<std::pair<float, int>> sorted;
    for (int i = 0; i < n; ++i) {
      if (row[i] >= (1.0f - top_p) / (n - 1)) sorted.push_back({row[i], i});
    }
    // Where nothing is left, llama2.c reads in front of its array.
    if (sorted.empty()) return std::max_element(row.begin(), row.end()) - row.begin();
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    size_t count = 0;
    float sum = 0;
    while (count < sorted.size() && sum <= top_p) sum += sorted[count++].first;
    float cdf = 0;
    for (size_t i = 0; i < count; ++i) {
      cdf += sorted[i].first;
      if (coin * sum < cdf) return sorted[i].second;
    }
    return sorted[count - 1].second;
  }
};

enum Shape { kFlat, kAlmostFlat, kUniform, kWide, kTies, kPeaked, kLongTail, kShapes };

std::vector<float> MakeRow(Shape shape, int size, Rng* rng) {
  std::vector<float> row(size);
  for (float& x : row) {
    const float u = rng->NextFloat();
    switch (shape) {
      case kFlat:
        x = 3;
        break;
      case kAlmostFlat:
        x = 3 + 1e-6f * u;
        break;
      case kUniform:
        x = 4 * u;
        break;
      case kWide:
        x = 400 * (u - 0.5f);
        break;
      case kTies:
        x = std::floor(6 * u);
        break;
      case kPeaked:
        x = u;
        break;
      case kLongTail:
        x = -2 * std::log(u + 1e-3f);
        break;
      case kShapes:
        break;
    }
  }
  if (shape == kPeaked) row[rng->NextU32() % size] += 12;
  return row;
}

TEST(SamplerLlama2cTest, ChoosesTheSameTokens) {
  const Kernels kernels(BestIsa());
  Rng rng(1);
  for (float temperature : {0.0f, 0.1f, 0.8f, 1.0f, 3.0f, 100.0f}) {
    for (float top_p : {0.0f, 1e-7f, 0.05f, 0.5f, 0.9f, 0.999f, 0.9999999f, 1.0f}) {
      SCOPED_TRACE(absl::StrCat("temperature ", temperature, ", top_p ", top_p));
      const uint64_t seed = rng.state();
      SamplerOptions options;
      options.temperature = temperature;
      options.top_p = top_p;
      options.seed = seed;
      Sampler sampler(options, kernels);
      Reference reference{kernels, temperature, top_p, seed};
      for (int size : {1, 2, 3, 7, 31, 32, 256, 1000}) {
        for (int shape = 0; shape < kShapes; ++shape) {
          for (int repeat = 0; repeat < 5; ++repeat) {
            std::vector<float> row = MakeRow(static_cast<Shape>(shape), size, &rng);
            const int expected = reference.Sample(row);
            const absl::StatusOr<int> token = sampler.Sample(absl::MakeSpan(row), {});
            ASSERT_TRUE(token.ok()) << token.status();
            ASSERT_EQ(*token, expected) << "V " << size << ", shape " << shape;
          }
        }
      }
      EXPECT_EQ(sampler.rng().state(), reference.state) << "coins drawn";
    }
  }
}

TEST(SamplerLlama2cTest, ChoosesTheSameTokensOfALargeVocabulary) {
  const Kernels kernels(BestIsa());
  Rng rng(2);
  Sampler sampler(SamplerOptions{.temperature = 0.9f, .top_p = 0.9f, .seed = 42}, kernels);
  Reference reference{kernels, 0.9f, 0.9f, 42};
  for (int shape = 0; shape < kShapes; ++shape) {
    std::vector<float> row = MakeRow(static_cast<Shape>(shape), 32000, &rng);
    const int expected = reference.Sample(row);
    const absl::StatusOr<int> token = sampler.Sample(absl::MakeSpan(row), {});
    ASSERT_TRUE(token.ok()) << token.status();
    EXPECT_EQ(*token, expected) << "shape " << shape;
  }
}

}  // namespace
}  // namespace llama2
