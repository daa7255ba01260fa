// Every set of int8 kernels against the specification, bit for bit, and the
// specification against exact arithmetic.
#include "quant/int8_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "base/aligned_buffer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/int8_tables.h"
#include "kernels/test_arrays.h"
#include "quant/halved_int8_matrix.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// A matrix whose bytes end where a page begins that may not be touched, at any address.
class RandomMatrix {
 public:
  // Values of all bytes, -128 too, which no quantiser of ours writes but a file may hold.
  RandomMatrix(int64_t rows, int64_t cols, int64_t group_size, uint32_t seed)
      : bytes_(Int8Matrix::Bytes(rows, cols, group_size)),
        memory_((bytes_ + 3) / 4),
        view_(absl::MakeConstSpan(begin(), bytes_), rows, cols, group_size) {
    std::mt19937 random(seed);
    std::generate_n(begin(), rows * cols, [&] { return static_cast<uint8_t>(random()); });
    for (int64_t g = 0; g < view_.groups(); ++g) {
      SetScale(g, static_cast<float>(random() % 1000 + 1) * 1e-5f);
    }
  }

  uint8_t* begin() { return reinterpret_cast<uint8_t*>(memory_.span().end()) - bytes_; }
  void SetScale(int64_t group, float scale) {
    std::memcpy(begin() + view_.rows() * view_.cols() + 4 * group, &scale, sizeof(scale));
  }
  const Int8Matrix& view() const { return view_; }

 private:
  int64_t bytes_;
  GuardedArray memory_;
  Int8Matrix view_;
};

// Vectors quantised by `kernels`, and what they lie in.
class Quantized {
 public:
  Quantized(const Int8Kernels& kernels, absl::Span<const float> x, int64_t batch,
            int64_t group_size)
      : pieces_(x.size() / batch, group_size),
        memory_(QuantizedVectors::Bytes(batch, pieces_)),
        vectors_(memory_.span(), batch, pieces_) {
    const int64_t depth = pieces_.depth();
    for (int64_t b = 0; b < batch; ++b) {
      GuardedArray row(x.subspan(b * depth, depth));
      kernels.Quantize(row.span(), vectors_, b);
    }
  }
  const QuantizedVectors& operator*() const { return vectors_; }
  // Of the first vector.
  std::vector<int8_t> Values() const {
    std::vector<int8_t> values;
    for (int64_t i = 0; i < pieces_.depth(); ++i) values.push_back(vectors_.Value(0, i));
    return values;
  }
  float Scale(int64_t i) const { return vectors_.Scale(0, i); }

 private:
  Int8Pieces pieces_;
  AlignedBuffer<uint8_t> memory_;
  QuantizedVectors vectors_;
};

void Fill(const Int8Matrix& w, const PackedInt8Matrix&, absl::Span<uint8_t> bytes) {
  Pack(w, bytes);
}

void Fill(const Int8Matrix& w, const HalvedInt8Matrix& halved, absl::Span<uint8_t> bytes) {
  for (int64_t row = 0; row < w.rows(); row += HalvedInt8Matrix::kRowsAtOnce) {
    HalvePanel(w, row, halved, row, bytes);
  }
}

// The matrix as the kernels read it, ending where a page begins that may not be touched.
template <typename Matrix>
class Guarded {
 public:
  explicit Guarded(const Int8Matrix& w)
      : memory_(Matrix::Bytes(w.rows(), w.cols(), w.group_size()) / 4),
        view_(bytes(), w.rows(), w.cols(), w.group_size()) {
    Fill(w, view_, bytes());
  }
  const Matrix& operator*() const { return view_; }

 private:
  absl::Span<uint8_t> bytes() {
    return absl::MakeSpan(reinterpret_cast<uint8_t*>(memory_.span().data()),
                          memory_.span().size() * 4);
  }
  GuardedArray memory_;
  Matrix view_;
};

using Packed = Guarded<PackedInt8Matrix>;
using Halved = Guarded<HalvedInt8Matrix>;

std::vector<float> Product(const Int8Kernels& kernels, const PackedInt8Matrix& w,
                           const QuantizedVectors& x) {
  std::vector<float> y(x.batch() * w.rows());
  kernels.Matmul(w, 0, w.rows(), x, MatrixView<float>(y.data(), x.batch(), w.rows()),
                 Store::kReplace);
  return y;
}

std::vector<float> Product(const Int8Kernels& kernels, const HalvedInt8Matrix& w,
                           const QuantizedVectors& x, Halves which) {
  std::vector<float> y(x.batch() * w.rows());
  kernels.Matmul(w, 0, w.rows(), x, which, MatrixView<float>(y.data(), x.batch(), w.rows()));
  return y;
}

class Int8KernelsTest : public ::testing::TestWithParam<Int8Variant> {
 protected:
  const Int8Kernels kernels_{*GetParam().table};
  const Int8Kernels scalar_{Isa::kScalar};
};
INSTANTIATE_TEST_SUITE_P(AllVariants, Int8KernelsTest,
                         ::testing::ValuesIn(SupportedInt8Variants()),
                         [](const auto& test) { return std::string(test.param.name); });

// ---------------------------------------------------------------- quantise

TEST_P(Int8KernelsTest, QuantizeHasTheBitsOfScalar) {
  for (int64_t group_size : {1, 2, 3, 4, 8, 16, 31, 32, 43, 64, 100, 128, 1000}) {
    for (int64_t depth : {1, 4, 43, 64, 172, 288, 1000, 1377}) {
      for (const auto& x : {RandomFloats(depth, 1), WildFloats(depth, 2, /*max_exponent=*/127),
                            WildFloats(depth, 3, /*max_exponent=*/-120)}) {
        const Quantized actual(kernels_, x, 1, group_size);
        const Quantized expected(scalar_, x, 1, group_size);
        ASSERT_EQ(actual.Values(), expected.Values()) << group_size << " of " << depth;
        for (int64_t i = 0; i < depth; ++i) ASSERT_EQ(actual.Scale(i), expected.Scale(i));
      }
    }
  }
}

// llama2.c's rule. A scale of 1 (the largest is 127) shows each rounding.
TEST_P(Int8KernelsTest, QuantizeRoundsHalvesAwayFromZero) {
  std::vector<float> x = {127};
  for (int half = -253; half <= 253; half += 2) {
    const float value = static_cast<float>(half) / 2;
    for (float near : {std::nextafter(value, -200.0f), value, std::nextafter(value, 200.0f)}) {
      x.push_back(near);
    }
  }
  const Quantized quantized(kernels_, x, 1, x.size());
  EXPECT_EQ(quantized.Scale(0), 1);
  for (size_t i = 0; i < x.size(); ++i) {
    EXPECT_EQ((*quantized).Value(0, i), std::round(x[i])) << x[i];
  }
}

TEST_P(Int8KernelsTest, QuantizeAtTheEdges) {
  const auto quantize = [&](std::vector<float> x) {
    x.resize(20);
    const Quantized quantized(kernels_, x, 1, x.size());
    return std::pair(quantized.Scale(0), quantized.Values());
  };
  const auto values = [](std::vector<int8_t> v) {
    v.resize(20);
    return v;
  };
  EXPECT_EQ(quantize({0, -0.0f}), std::pair(0.0f, values({})));
  // A scale that is rounded to 0, and one that is rounded down by a third.
  EXPECT_EQ(quantize({0x1p-149f}), std::pair(0.0f, values({})));
  EXPECT_EQ(quantize({190 * 0x1p-149f, -190 * 0x1p-149f, 3 * 0x1p-149f}),
            std::pair(0x1p-149f, values({127, -127, 3})));
  EXPECT_EQ(quantize({std::numeric_limits<float>::max(), -1}),
            std::pair(std::numeric_limits<float>::max() / 127, values({127})));
  for (float bad : {kNaN, -kNaN, kInfinity, -kInfinity}) {
    const auto [scale, zeros] = quantize({1, bad, 2});
    EXPECT_TRUE(std::isnan(scale));
    EXPECT_EQ(zeros, values({}));
  }
}

// ---------------------------------------------------------------- measure

// Vectors of some groups of so many numbers, of all sizes.
std::vector<std::pair<int64_t, std::vector<float>>> InGroups() {
  std::vector<std::pair<int64_t, std::vector<float>>> vectors;
  for (int64_t group_size : {16, 32, 48, 64, 1024}) {
    for (int64_t groups : {1, 5}) {
      vectors.emplace_back(group_size, RandomFloats(groups * group_size, 1));
      for (int exponent : {60, 0, -140}) {
        vectors.emplace_back(group_size, WildFloats(groups * group_size, 2, exponent));
      }
    }
  }
  return vectors;
}

std::vector<Int8GroupSquares> Squares(const Int8Kernels& kernels, absl::Span<const float> x,
                                      const QuantizedVectors& x8) {
  std::vector<Int8GroupSquares> squares(x8.pieces().count());
  kernels.Measure(GuardedArray(x).span(), x8, 0, absl::MakeSpan(squares));
  return squares;
}

TEST_P(Int8KernelsTest, MeasureHasTheBitsOfScalar) {
  for (const auto& [group_size, x] : InGroups()) {
    const Quantized x8(scalar_, x, 1, group_size);
    const std::vector<Int8GroupSquares> actual = Squares(kernels_, x, *x8);
    const std::vector<Int8GroupSquares> expected = Squares(scalar_, x, *x8);
    for (size_t g = 0; g < expected.size(); ++g) {
      ASSERT_EQ(actual[g].x, expected[g].x) << group_size;
      ASSERT_EQ(actual[g].error, expected[g].error) << group_size;
    }
  }
}

TEST_P(Int8KernelsTest, MeasureIsTheSumsOfTheSquares) {
  for (const auto& [group_size, x] : InGroups()) {
    const Quantized x8(kernels_, x, 1, group_size);
    const std::vector<Int8GroupSquares> squares = Squares(kernels_, x, *x8);
    for (size_t g = 0; g < squares.size(); ++g) {
      double square = 0, error = 0;
      for (size_t i = g * group_size; i < (g + 1) * group_size; ++i) {
        const double lost = x[i] - static_cast<double>(x8.Scale(i)) * (*x8).Value(0, i);
        square += static_cast<double>(x[i]) * x[i];
        error += lost * lost;
      }
      // Each difference is rounded, and each of the additions; and what is too small is lost.
      const double share = (group_size / 16 + 6) * 0x1p-24, tiny = group_size * 0x1p-149;
      EXPECT_NEAR(squares[g].x, square, share * square + tiny) << group_size;
      EXPECT_NEAR(squares[g].error, error, share * error + tiny) << group_size;
    }
  }
}

TEST_P(Int8KernelsTest, MeasureShowsWhatIsTooLarge) {
  for (float large : {1e30f, kInfinity, kNaN}) {
    std::vector<float> x = RandomFloats(64, 1);
    x[40] = large;
    const std::vector<Int8GroupSquares> squares =
        Squares(kernels_, x, *Quantized(kernels_, x, 1, 32));
    EXPECT_TRUE(std::isfinite(squares[0].x));
    EXPECT_FALSE(std::isfinite(squares[1].x)) << large;
  }
}

// ---------------------------------------------------------------- matmul

// (rows, cols, group size): group sizes with kernels of their own and without, rows
// that groups straddle, rows of many groups and of less than one, tiles and their ends.
std::vector<std::tuple<int64_t, int64_t, int64_t>> Shapes() {
  std::vector<std::tuple<int64_t, int64_t, int64_t>> shapes;
  for (int64_t group_size : {1, 2, 3, 4, 8, 12, 16, 32, 43, 64, 96, 128, 256}) {
    for (int64_t groups : {1, 2, 9, 16, 17, 40}) {
      for (int64_t rows : {1, 7, 16, 17, 43}) {
        shapes.emplace_back(rows, groups * group_size, group_size);
      }
    }
    for (int64_t cols : {1, 4, 100, 172, 344}) {
      for (int64_t times : {1, 3}) shapes.emplace_back(times * group_size, cols, group_size);
    }
  }
  shapes.emplace_back(5, 4 * 1029, 4);  // more pieces than are kept at once
  shapes.emplace_back(19, 64 * 300, 64);
  shapes.emplace_back(48, 1376, 64);  // stories42M as llama2.c quantises it
  return shapes;
}

TEST_P(Int8KernelsTest, MatmulHasTheBitsOfScalar) {
  uint32_t seed = 0;
  for (const auto& [rows, cols, group_size] : Shapes()) {
    const Packed w(RandomMatrix(rows, cols, group_size, ++seed).view());
    for (int64_t batch : {1, 2, 3, 9}) {
      const std::vector<float> x = RandomFloats(batch * cols, seed);
      ASSERT_THAT(Product(kernels_, *w, *Quantized(kernels_, x, batch, group_size)),
                  BitsEqual(Product(scalar_, *w, *Quantized(scalar_, x, batch, group_size))))
          << rows << " x " << cols << " in groups of " << group_size << ", batch " << batch;
    }
  }
}

// What lets threads share out the rows, and prefill the positions, in any way.
TEST_P(Int8KernelsTest, AnElementOfMatmulDoesNotDependOnItsNeighbours) {
  for (const auto& [cols, group_size] : {std::pair(288, 32), {172, 64}, {172, 4}, {86, 43}}) {
    const int64_t rows = 3 * group_size, batch = 70;
    const Packed w(RandomMatrix(rows, cols, group_size, 1).view());
    const std::vector<float> x = RandomFloats(batch * cols, 2);
    const std::vector<float> whole =
        Product(kernels_, *w, *Quantized(kernels_, x, batch, group_size));
    for (const auto& [part_rows, part_batch] : {std::pair(16, 1), {32, 2}, {16, 7}, {48, 64}}) {
      std::vector<float> parts(batch * rows, kNaN);
      const MatrixView<float> y(parts.data(), batch, rows);
      for (int64_t b = 0; b < batch; b += part_batch) {
        const int64_t b_count = std::min<int64_t>(part_batch, batch - b);
        const Quantized some(kernels_, absl::MakeConstSpan(x).subspan(b * cols, b_count * cols),
                             b_count, group_size);
        for (int64_t r = 0; r < rows; r += part_rows) {
          const int64_t r_count = std::min<int64_t>(part_rows, rows - r);
          kernels_.Matmul(*w, r, r_count, *some, y.Rows(b, b_count).Columns(r, r_count),
                          Store::kReplace);
        }
      }
      ASSERT_THAT(parts, BitsEqual(whole))
          << part_rows << " rows, " << part_batch << " vectors";
    }
  }
}

TEST_P(Int8KernelsTest, MatmulAddsTheWholeProductToItsOutput) {
  for (int64_t batch : {1, 5}) {
    const Packed w(RandomMatrix(21, 96, 32, 1).view());
    const Quantized x(kernels_, RandomFloats(batch * 96, 2), batch, 32);
    const std::vector<float> product = Product(kernels_, *w, *x);
    std::vector<float> y = RandomFloats(batch * 40, 3), expected = y;
    for (int64_t b = 0; b < batch; ++b) {
      for (int64_t r = 0; r < 21; ++r) expected[b * 40 + r] += product[b * 21 + r];
    }
    kernels_.Matmul(*w, 0, 21, *x, MatrixView<float>(y.data(), batch, 21, 40), Store::kAdd);
    EXPECT_THAT(y, BitsEqual(expected));
  }
}

TEST_P(Int8KernelsTest, BothHalvesAreTheWholeAndUpperOnesStandInTheMiddle) {
  for (const auto& [rows, cols, group_size] : Shapes()) {
    if (group_size % 8 != 0 || cols % group_size != 0) continue;
    const RandomMatrix whole(rows, cols, group_size, rows);
    RandomMatrix middle(rows, cols, group_size, rows);
    for (int64_t i = 0; i < rows * cols; ++i) {
      middle.begin()[i] = (middle.begin()[i] & 0xF0) + 8;
    }
    const Packed packed(whole.view()), packed_middle(middle.view());
    const Halved halved(whole.view());
    for (int64_t batch : {1, 2, 3, 9}) {
      SCOPED_TRACE(testing::Message() << rows << " x " << cols << " in groups of " << group_size
                                      << ", batch " << batch);
      const Quantized x(kernels_, RandomFloats(batch * cols, batch), batch, group_size);
      ASSERT_THAT(Product(kernels_, *halved, *x, Halves::kBoth),
                  BitsEqual(Product(kernels_, *packed, *x)));
      ASSERT_THAT(Product(kernels_, *halved, *x, Halves::kUpper),
                  BitsEqual(Product(kernels_, *packed_middle, *x)));
    }
  }
}

// The sums at their limits: nothing saturates, nothing wraps.
TEST_P(Int8KernelsTest, TheLargestSumsAreExact) {
  for (int64_t group_size :
       {int64_t{4}, int64_t{32}, int64_t{64}, int64_t{128}, kMaxGroupSize}) {
    for (int64_t batch : {1, 4}) {
      for (int sign : {-1, 1}) {
        RandomMatrix w(2, group_size, group_size, 1);
        std::fill_n(w.begin(), group_size, static_cast<uint8_t>(-128));
        std::fill_n(w.begin() + group_size, group_size, uint8_t{127});
        w.SetScale(0, 1);
        w.SetScale(1, 1);
        const Quantized x(kernels_, std::vector<float>(batch * group_size, sign * 127.0f),
                          batch, group_size);
        const std::vector<float> y = Product(kernels_, *Packed(w.view()), *x);
        for (int64_t b = 0; b < batch; ++b) {
          EXPECT_EQ(y[2 * b], sign * -128.0f * 127 * group_size);
          EXPECT_EQ(y[2 * b + 1], sign * 127.0f * 127 * group_size);
        }
      }
    }
  }
}

// The numbers of a product in double: of a row, each value with the scale of its group
// in the flattened matrix, whatever pieces the kernels make of it.
TEST_P(Int8KernelsTest, MatmulIsTheProductOfWhatWasQuantized) {
  for (const auto& [rows, cols, group_size] : Shapes()) {
    const RandomMatrix w(rows, cols, group_size, 7);
    const Quantized x(kernels_, RandomFloats(cols, 8), 1, group_size);
    const std::vector<float> y = Product(kernels_, *Packed(w.view()), *x);
    for (int64_t r = 0; r < rows; ++r) {
      double sum = 0, magnitude = 0;
      for (int64_t c = 0; c < cols; ++c) {
        const int64_t i = r * cols + c;
        const double term = static_cast<double>(w.view().values()[i]) *
                            w.view().Scale(i / group_size) * (*x).Value(0, c) * x.Scale(c);
        sum += term;
        magnitude += std::fabs(term);
      }
      // Each piece is rounded three times, and the sum after each.
      const double bound = (cols + 3) * 0x1p-24 * magnitude;
      ASSERT_NEAR(y[r], sum, bound) << rows << " x " << cols << " in groups of " << group_size;
    }
  }
}

TEST_P(Int8KernelsTest, WhatIsNotFiniteShows) {
  const Packed w(RandomMatrix(17, 96, 32, 1).view());
  std::vector<float> x = RandomFloats(3 * 96, 2);
  x[96 + 40] = kInfinity;
  const std::vector<float> y = Product(kernels_, *w, *Quantized(kernels_, x, 3, 32));
  for (int64_t i = 0; i < 3 * 17; ++i) EXPECT_EQ(std::isnan(y[i]), i / 17 == 1) << i;
}

TEST(Int8Variants, EveryInstructionSetHasOne) {
  for (Isa isa : SupportedIsas()) EXPECT_EQ(Int8TableFor(isa).quantize != nullptr, true);
  EXPECT_EQ(&Int8TableFor(Isa::kScalar), &kInt8ScalarKernels);
  EXPECT_EQ(&Int8TableFor(BestIsa()), SupportedInt8Variants().back().table);
}

}  // namespace
}  // namespace llama2
