// The largest product is the matrix's own, bit for bit, whatever the matrix and the vector are;
// and of ordinary ones most products are ruled out.
#include "quant/int8_screen.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "base/aligned_buffer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/tensor_view.h"
#include "kernels/test_arrays.h"
#include "kernels/thread_team.h"
#include "quant/int8_kernels.h"
#include "quant/quantize.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Enough for every block to have a copy.
constexpr int kPasses = 40;

// Numbers, as many as rows * cols.
struct Matrix {
  int64_t rows, cols;
  std::vector<float> numbers;

  MatrixView<const float> view() const { return {numbers.data(), rows, cols}; }
  absl::Span<float> Row(int64_t r) { return absl::MakeSpan(&numbers[r * cols], cols); }
};

Matrix RandomMatrix(int64_t rows, int64_t cols, uint32_t seed) {
  return {rows, cols, RandomFloats(rows * cols, seed)};
}

std::unique_ptr<Int8Screen> Screen(const Matrix& w, Isa isa = BestIsa(),
                                   Int8Screen::Backing backing = {}) {
  return Int8Screen::Create(w.view(), Kernels(isa), std::move(backing), /*least=*/1);
}

std::vector<float> Screened(const Int8Screen& screen, MatrixView<const float> x, Range rows) {
  AlignedBuffer<uint8_t> scratch(screen.ScratchBytes(x.rows()));
  const QuantizedVectors x8 = screen.Quantized(scratch.span(), x.rows());
  for (int64_t b = 0; b < x.rows(); ++b) screen.Quantize(x.Row(b), x8, b);
  std::vector<float> y(x.rows() * rows.size());
  screen.Multiply(x, x8, rows, MatrixView<float>(y.data(), x.rows(), rows.size()));
  return y;
}

std::vector<float> Products(const Matrix& w, MatrixView<const float> x, Range rows) {
  std::vector<float> y(x.rows() * rows.size());
  Kernels(Isa::kScalar)
      .Matmul(w.view().Rows(rows.begin, rows.size()), x,
              MatrixView<float>(y.data(), x.rows(), rows.size()));
  return y;
}

bool SameBits(float a, float b) { return std::memcmp(&a, &b, sizeof(a)) == 0; }

// Each product is there or ruled out; not ruled out are what equals the largest and what is no
// number below infinity. Returns how many are there.
int64_t ExpectTheLargest(absl::Span<const float> screened, absl::Span<const float> products) {
  float largest = -kInfinity;
  for (float product : products) largest = product > largest ? product : largest;
  int64_t there = 0;
  for (size_t i = 0; i < products.size(); ++i) {
    const bool is_there = SameBits(screened[i], products[i]) ||
                          (std::isnan(screened[i]) && std::isnan(products[i]));
    there += is_there;
    if (is_there) continue;
    EXPECT_EQ(screened[i], -kInfinity) << i;
    EXPECT_LT(products[i], largest) << i << " was ruled out";
  }
  return there;
}

// Of vectors one after the other, on every instruction set, while copies are being made.
void ExpectTheLargestOfEach(const Matrix& w, const Matrix& x) {
  for (Isa isa : SupportedIsas()) {
    SCOPED_TRACE(std::string(IsaName(isa)));
    const auto screen = Screen(w, isa);
    for (int64_t i = 0; i < x.rows; ++i) {
      const MatrixView<const float> vector = x.view().Rows(i, 1);
      const Range all = {0, w.rows};
      ExpectTheLargest(Screened(*screen, vector, all), Products(w, vector, all));
    }
  }
}

TEST(Int8Screen, KeepsTheLargestAndRulesOutMost) {
  for (const auto& [rows, cols] :
       {std::pair{1, 16}, {17, 48}, {256, 64}, {700, 288}, {1000, 80}}) {
    SCOPED_TRACE(rows);
    const Matrix w = RandomMatrix(rows, cols, rows), x = RandomMatrix(kPasses, cols, 7);
    for (Isa isa : SupportedIsas()) {
      const auto screen = Screen(w, isa);
      int64_t there = 0;
      for (int64_t i = 0; i < x.rows; ++i) {
        const MatrixView<const float> vector = x.view().Rows(i, 1);
        there = ExpectTheLargest(Screened(*screen, vector, {0, w.rows}),
                                 Products(w, vector, {0, w.rows}));
        if (i == 0 && rows > 600) {
          EXPECT_GT(there, rows / 2) << "copied all at once";
        }
      }
      EXPECT_LE(there, 1 + rows / 8);
    }
  }
}

TEST(Int8Screen, EachVectorOfABatchHasItsOwnLargest) {
  const Matrix w = RandomMatrix(600, 96, 1), x = RandomMatrix(5, 96, 2);
  const auto screen = Screen(w);
  for (int pass = 0; pass < kPasses; ++pass) {
    const std::vector<float> screened = Screened(*screen, x.view(), {0, 600});
    const std::vector<float> products = Products(w, x.view(), {0, 600});
    for (int64_t b = 0; b < x.rows; ++b) {
      ExpectTheLargest(absl::MakeSpan(screened).subspan(b * 600, 600),
                       absl::MakeSpan(products).subspan(b * 600, 600));
    }
  }
}

TEST(Int8Screen, EachRangeHasItsOwnLargest) {
  const Matrix w = RandomMatrix(1000, 64, 1), x = RandomMatrix(kPasses, 64, 2);
  const auto screen = Screen(w);
  for (int64_t i = 0; i < x.rows; ++i) {
    for (const Range& range : {Range{0, 336}, {336, 336}, {336, 672}, {672, 1000}}) {
      ExpectTheLargest(Screened(*screen, x.view().Rows(i, 1), range),
                       Products(w, x.view().Rows(i, 1), range));
    }
  }
}

// All rows are one row, up to less than int8 can tell: any may be the largest.
TEST(Int8Screen, TellsNearlyEqualRowsApart) {
  for (float difference : {0.0f, 1e-6f, 1e-4f, 1e-2f}) {
    SCOPED_TRACE(difference);
    Matrix w = RandomMatrix(600, 64, 1);
    for (int64_t r = 1; r < w.rows; ++r) {
      for (int64_t k = 0; k < w.cols; ++k) {
        w.Row(r)[k] = w.Row(0)[k] + difference * w.Row(r)[k];
      }
    }
    ExpectTheLargestOfEach(w, RandomMatrix(kPasses, 64, 2));
  }
}

// What rounding to int8 took from each number.
std::vector<float> Lost(absl::Span<const float> row) {
  std::vector<int8_t> values(row.size());
  std::vector<float> scales(row.size() / 64), lost;
  Quantize(row, 64, absl::MakeSpan(values), absl::MakeSpan(scales));
  for (size_t i = 0; i < row.size(); ++i) lost.push_back(row[i] - values[i] * scales[i / 64]);
  return lost;
}

float Dot(absl::Span<const float> a, absl::Span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0f);
}

// The worst vector that there is for two rows: their products are nearly the same, but those of
// their copies are as far apart as can be, and the other way round.
TEST(Int8Screen, TheCopyMayPutTheLargestFarBehind) {
  constexpr int64_t kCols = 64;
  for (uint32_t seed = 0; seed < 100; ++seed) {
    Matrix w = {512, kCols, std::vector<float>(512 * kCols)};
    const std::vector<float> random = RandomFloats(2 * kCols, seed);
    std::copy(random.begin(), random.end(), w.numbers.begin());
    std::vector<float> apart(kCols), x = Lost(w.Row(0));
    const std::vector<float> lost = Lost(w.Row(1));
    for (int64_t k = 0; k < kCols; ++k) {
      apart[k] = w.Row(0)[k] - w.Row(1)[k];
      x[k] -= lost[k];
    }
    // At a right angle to their difference, and such that rounding to int8 takes nothing.
    const float along = Dot(x, apart) / Dot(apart, apart);
    for (int64_t k = 0; k < kCols; ++k) x[k] -= along * apart[k];
    const std::vector<float> rest = Lost(x);
    for (int64_t k = 0; k < kCols; ++k) x[k] -= rest[k];

    const MatrixView<const float> vector(x.data(), 1, kCols);
    const auto screen = Screen(w);
    for (int pass = 0; pass < kPasses; ++pass) {
      ExpectTheLargest(Screened(*screen, vector, {0, 512}), Products(w, vector, {0, 512}));
    }
  }
}

// Some rows are nearly equal, and larger than others: all of these are candidates, and few of
// the others.
TEST(Int8Screen, TellsTheLargestApart) {
  Matrix w = RandomMatrix(2000, 64, 1);
  Matrix x = {kPasses, 64, {}};
  for (int i = 0; i < kPasses; ++i) x.numbers.insert(x.numbers.end(), 64, 1.0f + i);
  for (int64_t r = 0; r < w.rows; r += 100) {
    for (float& weight : w.Row(r)) weight = 1 + 1e-4f * weight;
  }
  ExpectTheLargestOfEach(w, x);
}

// A row that is far away in a part where the vector is nothing does not spoil the bound.
TEST(Int8Screen, OutliersCostOnlyWhereTheyAre) {
  Matrix w = RandomMatrix(512, 128, 1), x = RandomMatrix(kPasses, 128, 2);
  for (int64_t r = 0; r < w.rows; ++r) w.Row(r)[127] = 1000;
  for (int64_t i = 0; i < x.rows; ++i) {
    for (float& number : x.Row(i).subspan(64)) number = 0;
  }
  const auto screen = Screen(w);
  int64_t there = 0;
  for (int64_t i = 0; i < x.rows; ++i) {
    const MatrixView<const float> vector = x.view().Rows(i, 1);
    there =
        ExpectTheLargest(Screened(*screen, vector, {0, 512}), Products(w, vector, {0, 512}));
  }
  EXPECT_LE(there, 64);
}

TEST(Int8Screen, NumbersOfAllSizes) {
  for (int exponent : {-140, -60, 0, 60, 127}) {
    SCOPED_TRACE(exponent);
    const Matrix w = {512, 64, WildFloats(512 * 64, 1, exponent)};
    for (int other : {-100, 0, 100}) {
      ExpectTheLargestOfEach(w, {kPasses, 64, WildFloats(kPasses * 64, 2, other)});
    }
  }
}

TEST(Int8Screen, WhatIsNoNumberIsThere) {
  for (float wrong : {kNaN, kInfinity, -kInfinity}) {
    SCOPED_TRACE(wrong);
    Matrix w = RandomMatrix(1024, 64, 1), x = RandomMatrix(kPasses, 64, 2);
    w.Row(300)[5] = wrong;
    ExpectTheLargestOfEach(w, x);
    x.Row(kPasses - 1)[63] = wrong;
    ExpectTheLargestOfEach(RandomMatrix(1024, 64, 1), x);
  }
}

TEST(Int8Screen, NothingTimesSomething) {
  const Matrix zeros = {512, 64, std::vector<float>(512 * 64)};
  ExpectTheLargestOfEach(zeros, RandomMatrix(kPasses, 64, 1));
  ExpectTheLargestOfEach(RandomMatrix(512, 64, 1),
                         {kPasses, 64, std::vector<float>(kPasses * 64)});
}

std::vector<float> About(const Int8Screen& screen, MatrixView<const float> x, Range rows) {
  AlignedBuffer<uint8_t> scratch(screen.ScratchBytes(x.rows()));
  const QuantizedVectors x8 = screen.Quantized(scratch.span(), x.rows());
  for (int64_t b = 0; b < x.rows(); ++b) screen.Quantize(x.Row(b), x8, b);
  std::vector<float> y(x.rows() * rows.size());
  screen.MultiplyAbout(x, x8, rows, MatrixView<float>(y.data(), x.rows(), rows.size()));
  return y;
}

double RootMeanSquare(absl::Span<const float> x) {
  return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0) / x.size());
}

// How many are the same in both; the others are about a tenth of what products are, off.
int64_t ExpectAbout(absl::Span<const float> about, absl::Span<const float> products) {
  int64_t same = 0;
  std::vector<float> off(about.size());
  for (size_t i = 0; i < about.size(); ++i) {
    same += SameBits(about[i], products[i]);
    off[i] = about[i] - products[i];
  }
  EXPECT_LT(RootMeanSquare(off), 0.15 * RootMeanSquare(products));
  return same;
}

TEST(Int8Screen, GuessesAreNearAndTheLargestExact) {
  for (const auto& [rows, cols] : {std::pair{1, 16}, {17, 48}, {700, 288}, {1000, 128}}) {
    SCOPED_TRACE(rows);
    const Matrix w = RandomMatrix(rows, cols, rows);
    Matrix x = RandomMatrix(5, cols, 7);
    // Products with a standard deviation of about 3, as logits have.
    for (float& number : x.numbers) number *= 9 / std::sqrt(static_cast<float>(cols));
    for (Isa isa : SupportedIsas()) {
      const auto screen = Screen(w, isa);
      screen->Prepare({0, rows});
      for (const Range& range : {Range{0, rows}, {rows / 2 / 16 * 16, rows}}) {
        const std::vector<float> about = About(*screen, x.view(), range);
        const std::vector<float> products = Products(w, x.view(), range);
        const int64_t count = range.size();
        for (int64_t b = 0; b < x.rows; ++b) {
          const auto products_of_b = absl::MakeConstSpan(products).subspan(b * count, count);
          const auto about_b = absl::MakeConstSpan(about).subspan(b * count, count);
          const int64_t same = ExpectAbout(about_b, products_of_b);
          EXPECT_GT(same, 0);
          if (count > 300) {
            EXPECT_LT(same, count / 2);
          }
          const int64_t largest =
              std::max_element(about_b.begin(), about_b.end()) - about_b.begin();
          EXPECT_TRUE(SameBits(about_b[largest], products_of_b[largest]));
        }
      }
    }
  }
}

// All are near the largest: a few dozen are exact, not all.
TEST(Int8Screen, OnlySoManyGuessesAreExact) {
  const Matrix w = RandomMatrix(2000, 64, 1);
  Matrix x = RandomMatrix(1, 64, 2);
  for (float& number : x.numbers) number *= 1e-3f;
  const auto screen = Screen(w);
  screen->Prepare({0, 2000});
  const int64_t same =
      ExpectAbout(About(*screen, x.view(), {0, 2000}), Products(w, x.view(), {0, 2000}));
  EXPECT_GE(same, 64);
  EXPECT_LT(same, 100);
}

TEST(Int8Screen, GuessesFromWhatHasNoCopyAreExact) {
  Matrix w = RandomMatrix(1000, 64, 1);
  const Matrix x = RandomMatrix(2, 64, 2);
  const Range all = {0, 1000};
  EXPECT_THAT(About(*Screen(w), x.view(), all), BitsEqual(Products(w, x.view(), all)));

  // Of these only the block from 256 on can be copied.
  w.Row(600)[5] = kInfinity;
  const auto screen = Screen(w);
  screen->Prepare({16, 768});
  const std::vector<float> about = About(*screen, x.view(), all);
  const std::vector<float> products = Products(w, x.view(), all);
  const auto same = [&](int64_t begin, int64_t end) {
    return std::equal(about.begin() + begin, about.begin() + end, products.begin() + begin);
  };
  // Of the first vector.
  EXPECT_TRUE(same(0, 256)) << "begins before what was prepared";
  EXPECT_FALSE(same(256, 512));
  EXPECT_TRUE(same(512, 1000)) << "not finite, and not prepared";
}

// As a thread has it for which no rows are left.
TEST(Int8Screen, OfNoRowsThereIsNothing) {
  const Matrix w = RandomMatrix(600, 64, 1), x = RandomMatrix(2, 64, 2);
  const auto screen = Screen(w);
  screen->Prepare({336, 336});
  EXPECT_THAT(About(*screen, x.view(), {336, 336}), ::testing::IsEmpty());
  EXPECT_THAT(Screened(*screen, x.view(), {336, 336}), ::testing::IsEmpty());
}

// What guesses read is what the largest is found by.
TEST(Int8Screen, IsPreparedForBoth) {
  const Matrix w = RandomMatrix(1000, 64, 1), x = RandomMatrix(1, 64, 2);
  int64_t copied = 0;
  const auto screen =
      Screen(w, BestIsa(),
             {.on_copied = [&](MatrixView<const float> rows) { copied += rows.rows(); }});
  screen->Prepare({0, 1000});
  EXPECT_EQ(copied, 1000);
  EXPECT_LT(ExpectTheLargest(Screened(*screen, x.view(), {0, 1000}),
                             Products(w, x.view(), {0, 1000})),
            125);
  EXPECT_EQ(copied, 1000);
}

// Where rows can be copied from where they lie, nothing is read of those that have a copy.
TEST(Int8Screen, CandidatesComeFromTheBacking) {
  const Matrix w = RandomMatrix(1000, 64, 1), x = RandomMatrix(20, 64, 2);
  const std::vector<float> products = Products(w, x.view(), {0, 1000});
  for (bool can_read : {true, false}) {
    SCOPED_TRACE(can_read);
    Matrix gone = w;
    int64_t reads = 0;
    const auto screen = Screen(
        gone, BestIsa(), {.read = [&](MatrixView<const float> row, float* out) {
          ++reads;
          std::copy_n(w.numbers.data() + (row.data() - gone.numbers.data()), w.cols, out);
          return can_read;
        }});
    screen->Prepare({0, 1000});
    if (can_read) std::fill(gone.numbers.begin(), gone.numbers.end(), kNaN);
    for (int64_t i = 0; i < x.rows; ++i) {
      ExpectTheLargest(Screened(*screen, x.view().Rows(i, 1), {0, 1000}),
                       absl::MakeConstSpan(products).subspan(i * 1000, 1000));
    }
    EXPECT_GE(reads, 20);
    EXPECT_LT(reads, 20 * 125);
  }
}

TEST(Int8Screen, ManyThreadsShareACopy) {
  const Matrix w = RandomMatrix(4000, 64, 1), x = RandomMatrix(kPasses, 64, 2);
  std::atomic<int64_t> copied = 0;
  const auto screen =
      Screen(w, BestIsa(),
             {.on_copied = [&](MatrixView<const float> rows) { copied += rows.rows(); }});
  ThreadTeam callers(4);
  callers.Run([&](ThreadTeam::Member& me) {
    const Range range = me.index() % 2 == 0 ? Range{0, 4000} : Range{2000, 4000};
    for (int64_t i = 0; i < x.rows; ++i) {
      ExpectTheLargest(Screened(*screen, x.view().Rows(i, 1), range),
                       Products(w, x.view().Rows(i, 1), range));
    }
  });
  EXPECT_EQ(copied, 4000) << "each row once";
}

TEST(Int8Screen, IsNotMadeWhereItWouldNotHelp) {
  const Matrix w = RandomMatrix(64, 64, 1);
  EXPECT_EQ(Int8Screen::Create(w.view(), Kernels(BestIsa()), {}), nullptr) << "a small matrix";
  EXPECT_EQ(Screen(RandomMatrix(64, 40, 1)), nullptr) << "groups of 8";
}

}  // namespace
}  // namespace llama2
