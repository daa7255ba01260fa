// Attention on every instruction set: against scalar, bit for bit, and against the
// textbook in double.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernel_table.h"
#include "kernels/kernels.h"
#include "kernels/tensor_view.h"
#include "kernels/test_arrays.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr double kU = 0x1p-24;  // the largest relative error of one rounding

// One key-value head and the queries that read it: `heads` at each of `positions`
// positions, of which the first reads `length`. What lies past the last length in the last
// block of keys, between positions of queries and of outputs is NaN: none of it may be
// used, and the outputs' gaps stay as they are.
class Head {
 public:
  Head(int64_t heads, int64_t positions, int64_t head_dim, int64_t length, float magnitude = 1)
      : heads_(heads),
        positions_(positions),
        head_dim_(head_dim),
        length_(length),
        scale_(1 / std::sqrt(static_cast<float>(head_dim))),
        q_(Scaled(RandomFloats((positions - 1) * Stride() + Width(), 1), magnitude)),
        k_(Scaled(RandomFloats(Positions() * head_dim, 2), magnitude)),
        v_(RandomFloats(Positions() * head_dim, 3)),
        key_blocks_(std::vector<float>(KeyCacheSize(Positions(), head_dim), kNaN)) {
    for (int64_t t = 0; t < Positions(); ++t) {
      for (int64_t i = 0; i < head_dim; ++i) {
        key_blocks_.data()[(t / kKeyBlock * head_dim + i) * kKeyBlock + t % kKeyBlock] =
            k_.data()[t * head_dim + i];
      }
    }
  }

  // The outputs of positions begin .. begin + count - 1, with the gaps between.
  std::vector<float> Attend(const Kernels& kernels, int64_t begin, int64_t count) {
    GuardedArray scratch(AttentionScratchSize(length_ + begin + count - 1));
    GuardedArray out(std::vector<float>((count - 1) * Stride() + Width(), kNaN));
    kernels.Attention(
        MatrixView<const float>(q_.data() + begin * Stride(), count, Width(), Stride()),
        {.keys = key_blocks_.data(), .values = v_.data()}, head_dim_, length_ + begin, scale_,
        scratch.span(), MatrixView<float>(out.data(), count, Width(), Stride()));
    return std::vector<float>(out.span().begin(), out.span().end());
  }
  std::vector<float> Attend(const Kernels& kernels) { return Attend(kernels, 0, positions_); }

  // softmax(scale q k^T) v in double for one element, and how far a kernel that
  // rounds as scalar.cc does may be from it.
  struct Exact {
    double value;
    double bound;
  };
  Exact ExactOutput(int64_t position, int64_t head, int64_t i) {
    const float* q = q_.data() + position * Stride() + head * head_dim_;
    const int64_t length = length_ + position;
    std::vector<double> scores(length);
    double score_error = 0;  // of any score: HD roundings in the chain and one after it
    for (int64_t t = 0; t < length; ++t) {
      double products = 0;
      for (int64_t d = 0; d < head_dim_; ++d) {
        const double product = static_cast<double>(q[d]) * k_.data()[t * head_dim_ + d];
        scores[t] += product * scale_;
        products += std::abs(product) * scale_;
      }
      score_error = std::max(score_error, (head_dim_ + 1) * kU * products);
    }
    const auto [least, largest] = std::minmax_element(scores.begin(), scores.end());
    double sum = 0, value = 0, magnitude = 0;
    for (int64_t t = 0; t < length; ++t) {
      const double e = std::exp(scores[t] - *largest);
      sum += e;
      value += e * v_.data()[t * head_dim_ + i];
      magnitude += e * std::abs(v_.data()[t * head_dim_ + i]);
    }
    // Of one exponential: its argument is off by two scores' errors and a rounding,
    // and exp itself by 1.5 roundings. It stands above and below the line. Above it
    // there is at most one rounding for each position, below it the dot product's, and the
    // quotient is rounded.
    const double exp_error = 2 * score_error + (*largest - *least) * kU + 1.5 * kU;
    const double sums = length + (length / 16.0 + 5) + 1;
    return {value / sum, (2 * exp_error + sums * kU) * 1.01 * magnitude / sum};
  }

  int64_t Width() const { return heads_ * head_dim_; }
  int64_t Stride() const { return Width() + 3; }

 private:
  int64_t Positions() const { return length_ + positions_ - 1; }
  static std::vector<float> Scaled(std::vector<float> values, float factor) {
    for (float& value : values) value *= factor;
    return values;
  }

  int64_t heads_, positions_, head_dim_, length_;
  float scale_;
  GuardedArray q_, k_, v_, key_blocks_;
};

class AttentionTest : public ::testing::TestWithParam<Isa> {
 protected:
  const Kernels kernels_{GetParam()};
  const Kernels scalar_{Isa::kScalar};
};

INSTANTIATE_TEST_SUITE_P(AllIsas, AttentionTest, ::testing::ValuesIn(SupportedIsas()),
                         [](const auto& isa) { return std::string(IsaName(isa.param)); });

// (heads, positions): a group at one position, one head at several, and both.
constexpr std::pair<int64_t, int64_t> kQueries[] = {{1, 1}, {2, 1}, {3, 1}, {5, 1},
                                                    {8, 1}, {1, 2}, {1, 4}, {1, 7},
                                                    {2, 3}, {3, 5}, {4, 2}, {1, 20}};

TEST_P(AttentionTest, HasTheBitsOfScalar) {
  for (const auto& [heads, positions] : kQueries) {
    for (int64_t head_dim : {2, 6, 8, 16, 18, 48, 64, 70, 128}) {
      for (int64_t length : {1, 2, 15, 16, 17, 33, 63, 64, 65, 300}) {
        Head head(heads, positions, head_dim, length);
        EXPECT_THAT(head.Attend(kernels_), BitsEqual(head.Attend(scalar_)))
            << heads << " heads of " << head_dim << " at " << positions << " positions over "
            << length;
      }
    }
  }
}

TEST_P(AttentionTest, IsTheTextbooksWithinRounding) {
  for (const auto& [heads, positions] : {std::pair(1, 1), {3, 1}, {8, 1}, {1, 5}, {2, 3}}) {
    for (int64_t head_dim : {2, 8, 18, 64, 128}) {
      for (int64_t length : {1, 16, 17, 100, 300}) {
        for (float magnitude : {1.0f, 6.0f}) {  // nearly even weights, and few that count
          Head head(heads, positions, head_dim, length, magnitude);
          const std::vector<float> out = head.Attend(kernels_);
          for (int64_t query = 0; query < heads * positions; ++query) {
            for (int64_t i = 0; i < head_dim; i += 1 + head_dim / 8) {
              const int64_t position = query / heads, of_group = query % heads;
              const Head::Exact exact = head.ExactOutput(position, of_group, i);
              ASSERT_NEAR(out[position * head.Stride() + of_group * head_dim + i], exact.value,
                          exact.bound)
                  << "query " << query << ", element " << i << " of " << head_dim << ", "
                  << length << " positions, magnitude " << magnitude;
            }
          }
        }
      }
    }
  }
}

// Positions may be cut into batches, and shared out between threads, in any way.
TEST_P(AttentionTest, AQueryDoesNotDependOnItsNeighbours) {
  const int64_t positions = 8;
  for (const auto& [heads, head_dim] : {std::pair(1, 34), {3, 34}, {1, 8}, {3, 8}}) {
    for (int64_t length : {1, 5, 16, 70}) {
      Head head(heads, positions, head_dim, length);
      const std::vector<float> whole = head.Attend(kernels_);
      for (int64_t count = 1; count < positions; ++count) {
        for (int64_t begin = 0; begin + count <= positions; ++begin) {
          const std::vector<float> part = head.Attend(kernels_, begin, count);
          EXPECT_THAT(part, BitsEqual(absl::MakeConstSpan(whole).subspan(begin * head.Stride(),
                                                                         part.size())))
              << "positions " << begin << " to " << begin + count - 1 << " over " << length;
        }
      }
    }
  }
}

TEST_P(AttentionTest, OverOnePositionIsItsValue) {
  std::vector<float> q = {0.5f, -2.0f}, keys(2 * kKeyBlock, kNaN), values = {3.0f, -0.25f};
  keys[0] = 1;
  keys[kKeyBlock] = 7;
  std::vector<float> scratch(AttentionScratchSize(1)), out(2);
  kernels_.Attention(MatrixView<const float>(q.data(), 1, 2),
                     {.keys = keys.data(), .values = values.data()}, /*head_dim=*/2,
                     /*length=*/1, /*scale=*/1, absl::MakeSpan(scratch),
                     MatrixView<float>(out.data(), 1, 2));
  EXPECT_THAT(out, BitsEqual(values));
}

}  // namespace
}  // namespace llama2
