// Every kernel on every instruction set against the specification, bit for bit, and
// what the specification itself promises at the edges. How near it is to the exact
// result: kernels_accuracy_test.cc.
#include "kernels/kernels.h"

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernel_table.h"
#include "kernels/tensor_view.h"
#include "kernels/test_arrays.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Around one vector of 16, several, and the end of a long array.
constexpr int64_t kSizes[] = {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 4099};

class KernelsTest : public ::testing::TestWithParam<Isa> {
 protected:
  // Runs `kernel` on both instruction sets over an output that begins as `initial`.
  void ExpectBitsOfScalar(absl::Span<const float> initial,
                          absl::FunctionRef<void(const Kernels&, absl::Span<float>)> kernel) {
    GuardedArray actual(initial), expected(initial);
    kernel(kernels_, actual.span());
    kernel(scalar_, expected.span());
    EXPECT_THAT(actual.span(), BitsEqual(expected.span()));
  }

  const Kernels kernels_{GetParam()};
  const Kernels scalar_{Isa::kScalar};
};

INSTANTIATE_TEST_SUITE_P(AllIsas, KernelsTest, ::testing::ValuesIn(SupportedIsas()),
                         [](const auto& isa) { return std::string(IsaName(isa.param)); });

// ---------------------------------------------------------------- matmul

TEST_P(KernelsTest, MatmulHasTheBitsOfScalar) {
  uint32_t seed = 0;
  for (int64_t rows : {0, 1, 2, 3, 4, 5, 8, 15, 16, 17, 33}) {
    for (int64_t batch : {0, 1, 2, 3, 4, 5, 8, 9}) {
      for (int64_t depth : {0, 1, 8, 15, 16, 17, 33, 100}) {
        SCOPED_TRACE(::testing::Message() << rows << " x " << depth << ", batch " << batch);
        ++seed;
        const int64_t w_stride = depth + seed % 3;
        const int64_t x_stride = depth + seed % 4;
        const int64_t y_stride = rows + seed % 5;
        const Store store = seed % 2 == 0 ? Store::kReplace : Store::kAdd;
        GuardedArray w(WildFloats(rows * w_stride, seed, /*max_exponent=*/55));
        GuardedArray x(RandomFloats(batch * x_stride, seed));
        ExpectBitsOfScalar(RandomFloats(batch * y_stride, seed), [&](const Kernels& kernels,
                                                                     absl::Span<float> y) {
          kernels.Matmul(MatrixView<const float>(w.data(), rows, depth, w_stride),
                         MatrixView<const float>(x.data(), batch, depth, x_stride),
                         MatrixView<float>(y.data(), batch, rows, y_stride), store);
        });
      }
    }
  }
}

TEST_P(KernelsTest, MatmulOfAModelsSizeHasTheBitsOfScalar) {
  for (int64_t batch : {1, 6, 64, 128}) {
    const int64_t rows = 259, depth = 1376;
    GuardedArray w(RandomFloats(rows * depth, 1)), x(RandomFloats(batch * depth, 2));
    ExpectBitsOfScalar(std::vector<float>(batch * rows),
                       [&](const Kernels& kernels, absl::Span<float> y) {
                         kernels.Matmul(MatrixView<const float>(w.data(), rows, depth),
                                        MatrixView<const float>(x.data(), batch, depth),
                                        MatrixView<float>(y.data(), batch, rows));
                       });
  }
}

// Few vectors that the nearest cache does not hold are cut by columns.
TEST_P(KernelsTest, MatmulOfFewLongVectorsHasTheBitsOfScalar) {
  const int64_t rows = 77;
  for (int64_t depth : {870, 1376, 2049, 4096, 4097}) {
    const int64_t stride = depth + 16;
    GuardedArray w(RandomFloats(rows * depth, 1)), x(RandomFloats(12 * stride, 2));
    for (int64_t batch = 2; batch <= 12; ++batch) {
      for (Store store : {Store::kReplace, Store::kAdd}) {
        SCOPED_TRACE(::testing::Message() << depth << " columns, batch " << batch);
        ExpectBitsOfScalar(
            RandomFloats(batch * rows, 3), [&](const Kernels& kernels, absl::Span<float> y) {
              kernels.Matmul(MatrixView<const float>(w.data(), rows, depth),
                             MatrixView<const float>(x.data(), batch, depth, stride),
                             MatrixView<float>(y.data(), batch, rows), store);
            });
      }
    }
  }
}

// What lets threads share out the rows, and prefill the positions, in any way.
TEST_P(KernelsTest, AnElementOfMatmulDoesNotDependOnItsNeighbours) {
  const int64_t rows = 37, batch = 11, depth = 101;
  std::vector<float> w = WildFloats(rows * depth, 1, /*max_exponent=*/55);
  std::vector<float> x = WildFloats(batch * depth, 2, /*max_exponent=*/55);
  const MatrixView<const float> weights(w.data(), rows, depth);
  const MatrixView<const float> vectors(x.data(), batch, depth);
  std::vector<float> whole(batch * rows), parts(batch * rows);
  kernels_.Matmul(weights, vectors, MatrixView<float>(whole.data(), batch, rows));
  const MatrixView<float> y(parts.data(), batch, rows);
  for (const auto& [part_rows, part_batch] :
       {std::pair(1, 1), {2, 3}, {5, 1}, {16, 2}, {19, 7}}) {
    for (int64_t r = 0; r < rows; r += part_rows) {
      for (int64_t b = 0; b < batch; b += part_batch) {
        const int64_t r_count = std::min<int64_t>(part_rows, rows - r);
        const int64_t b_count = std::min<int64_t>(part_batch, batch - b);
        kernels_.Matmul(weights.Rows(r, r_count), vectors.Rows(b, b_count),
                        y.Rows(b, b_count).Columns(r, r_count));
      }
    }
    EXPECT_THAT(parts, BitsEqual(whole)) << part_rows << " rows, " << part_batch << " vectors";
  }
}

TEST_P(KernelsTest, MatmulOfDepthZeroIsZero) {
  std::vector<float> y = {1, 2, 3, 4};
  const MatrixView<float> out(y.data(), 2, 2);
  kernels_.Matmul(MatrixView<const float>(nullptr, 2, 0),
                  MatrixView<const float>(nullptr, 2, 0), out, Store::kAdd);
  EXPECT_THAT(y, BitsEqual(std::vector<float>{1, 2, 3, 4}));
  kernels_.Matmul(MatrixView<const float>(nullptr, 2, 0),
                  MatrixView<const float>(nullptr, 2, 0), out);
  EXPECT_THAT(y, BitsEqual(std::vector<float>{0, 0, 0, 0}));
}

TEST_P(KernelsTest, MatmulTouchesNothingBetweenTheRowsOfItsOutput) {
  const std::vector<float> w = RandomFloats(18 * 20, 1), x = RandomFloats(5 * 20, 2);
  std::vector<float> y(5 * 32, kNaN);
  kernels_.Matmul(MatrixView<const float>(w.data(), 18, 20),
                  MatrixView<const float>(x.data(), 5, 20),
                  MatrixView<float>(y.data(), 5, 18, 32));
  for (int64_t i = 0; i < 5 * 32; ++i) EXPECT_EQ(std::isnan(y[i]), i % 32 >= 18) << i;
}

TEST_P(KernelsTest, MatmulOverflowsToInfinityAndKeepsNaN) {
  for (int64_t depth : {1, 16, 17, 40}) {
    std::vector<float> w(depth, 0x1p100f), x(depth, 0x1p100f), y(1);
    const MatrixView<float> out(y.data(), 1, 1);
    kernels_.Matmul(MatrixView<const float>(w.data(), 1, depth),
                    MatrixView<const float>(x.data(), 1, depth), out);
    EXPECT_EQ(y[0], kInfinity);
    x.back() = kNaN;
    kernels_.Matmul(MatrixView<const float>(w.data(), 1, depth),
                    MatrixView<const float>(x.data(), 1, depth), out);
    EXPECT_TRUE(std::isnan(y[0]));
  }
}

// ---------------------------------------------------------------- vectors

TEST_P(KernelsTest, RmsNormHasTheBitsOfScalar) {
  for (int64_t n : kSizes) {
    for (const auto& values :
         {RandomFloats(n, 1), WildFloats(n, 2, /*max_exponent=*/55),
          WildFloats(n, 3, /*max_exponent=*/-120), std::vector<float>(n, 0.0f)}) {
      GuardedArray x(values), weight(RandomFloats(n, 4));
      const auto norm = [&](const Kernels& kernels, absl::Span<float> y) {
        kernels.RmsNorm(x.span(), weight.span(), 1e-5f, y);
      };
      ExpectBitsOfScalar(std::vector<float>(n), norm);
      const auto norm_in_place = [&](const Kernels& kernels, absl::Span<float> y) {
        kernels.RmsNorm(y, weight.span(), 1e-5f, y);
      };
      ExpectBitsOfScalar(values, norm_in_place);
    }
  }
}

TEST_P(KernelsTest, SoftmaxHasTheBitsOfScalar) {
  const auto softmax = [](const Kernels& kernels, absl::Span<float> x) { kernels.Softmax(x); };
  for (int64_t n : kSizes) {
    std::vector<float> values = RandomFloats(n, 1);
    ExpectBitsOfScalar(values, softmax);
    for (float& value : values) value *= 100;  // most terms vanish
    ExpectBitsOfScalar(values, softmax);
    values[0] = -kInfinity;  // what a mask makes
    if (n > 1) ExpectBitsOfScalar(values, softmax);
    ExpectBitsOfScalar(std::vector<float>(n, -0.0f), softmax);
    ExpectBitsOfScalar(WildFloats(n, 2, /*max_exponent=*/127), softmax);
  }
}

TEST_P(KernelsTest, SoftmaxIsCertainWhereOneIsFarAbove) {
  for (int64_t n : kSizes) {
    std::vector<float> x(n, -1000), expected(n, 0);
    x.back() = 0;
    expected.back() = 1;
    kernels_.Softmax(absl::MakeSpan(x));
    EXPECT_THAT(x, BitsEqual(expected));
  }
}

TEST_P(KernelsTest, RopeHasTheBitsOfScalar) {
  for (int64_t head_dim : {2, 4, 6, 14, 16, 18, 32, 34, 48, 64, 128}) {
    for (int64_t heads : {1, 3}) {
      GuardedArray cosines(RandomFloats(head_dim, 1)), sines(RandomFloats(head_dim, 2));
      for (const auto& x : {RandomFloats(heads * head_dim, 3),
                            WildFloats(heads * head_dim, 4, /*max_exponent=*/126)}) {
        ExpectBitsOfScalar(x, [&](const Kernels& kernels, absl::Span<float> y) {
          kernels.Rope(y, cosines.span(), sines.span());
        });
      }
    }
  }
}

TEST_P(KernelsTest, RopeTurnsPairs) {
  std::vector<float> x = {1, 0, 0, 1, 3, 4};  // heads of 2, by 90 degrees
  kernels_.Rope(absl::MakeSpan(x), {0, 0}, {-1, 1});
  EXPECT_THAT(x, ::testing::ElementsAre(0, 1, -1, 0, -4, 3));
}

TEST_P(KernelsTest, SiluGateHasTheBitsOfScalar) {
  for (int64_t n : kSizes) {
    GuardedArray up(RandomFloats(n, 1));
    for (const auto& gate : {RandomFloats(n, 2), WildFloats(n, 3, /*max_exponent=*/127)}) {
      ExpectBitsOfScalar(gate, [&](const Kernels& kernels, absl::Span<float> y) {
        kernels.SiluGate(y, up.span());
      });
    }
  }
  kernels_.SiluGate({}, {});
}

TEST_P(KernelsTest, SiluGateGoesToItsLimits) {
  std::vector<float> gate = {0.0f, -0.0f, kInfinity, 1e30f, -1e30f, -90.0f, kNaN};
  const std::vector<float> up(gate.size(), 2);
  kernels_.SiluGate(absl::MakeSpan(gate), up);
  EXPECT_THAT(absl::MakeSpan(gate).first(6),
              BitsEqual(std::vector<float>{0.0f, -0.0f, kInfinity, 2e30f, -0.0f, -0.0f}));
  EXPECT_TRUE(std::isnan(gate[6]));
}

TEST_P(KernelsTest, AddIsTheSumRoundedOnce) {
  for (int64_t n : kSizes) {
    const std::vector<float> x = WildFloats(n, 1, /*max_exponent=*/126);
    const std::vector<float> y = WildFloats(n, 2, /*max_exponent=*/126);
    std::vector<float> sums(n);
    for (int64_t i = 0; i < n; ++i) {
      sums[i] = static_cast<float>(static_cast<double>(x[i]) + y[i]);
    }
    GuardedArray actual(y), other(x);
    kernels_.Add(actual.span(), other.span());
    EXPECT_THAT(actual.span(), BitsEqual(sums));
  }
  kernels_.Add({}, {});
}

// ---------------------------------------------------------------- exp, argmax

TEST_P(KernelsTest, ExpHasTheBitsOfScalar) {
  for (int64_t n : kSizes) {
    for (const auto& values : {RandomFloats(n, 1), WildFloats(n, 2, /*max_exponent=*/127)}) {
      GuardedArray x(values);
      ExpectBitsOfScalar(
          std::vector<float>(n),
          [&](const Kernels& kernels, absl::Span<float> y) { kernels.Exp(x.span(), y); });
      ExpectBitsOfScalar(
          values, [](const Kernels& kernels, absl::Span<float> y) { kernels.Exp(y, y); });
    }
  }
  kernels_.Exp({}, {});
}

TEST_P(KernelsTest, ArgmaxIsTheFirstLargest) {
  for (int64_t n : kSizes) {
    for (int64_t largest = 0; largest < n; largest += 1 + n / 50) {
      std::vector<float> values = RandomFloats(n, 1);
      values[largest] = 2;
      if (largest + 3 < n) values[largest + 3] = 2;    // next to it, and another vector's
      if (largest + 20 < n) values[largest + 20] = 2;  // same lane
      values[(largest + n / 2) % n] = largest == (largest + n / 2) % n ? 2 : kNaN;
      GuardedArray x(values);
      EXPECT_EQ(kernels_.Argmax(x.span()), largest) << "of " << n;
    }
  }
}

TEST_P(KernelsTest, ArgmaxAtTheEdges) {
  const auto argmax = [&](const std::vector<float>& values) {
    GuardedArray x(values);
    return kernels_.Argmax(x.span());
  };
  EXPECT_EQ(argmax({-0.0f, 0.0f}), 0);
  EXPECT_EQ(argmax({1, kInfinity, kInfinity}), 1);
  EXPECT_EQ(argmax({kNaN, -kInfinity, -1e38f}), 2);
  EXPECT_EQ(argmax(std::vector<float>(40, -kInfinity)), 0);
  EXPECT_EQ(argmax(std::vector<float>(40, kNaN)), 0);
  EXPECT_EQ(argmax({kNaN, -kInfinity}), 0);
}

// ---------------------------------------------------------------- at least

TEST_P(KernelsTest, SumAtLeastHasTheBitsOfScalar) {
  for (int64_t n : kSizes) {
    GuardedArray x(RandomFloats(n, 1));
    for (float least : {-kInfinity, -0.5f, 0.0f, 0.25f, 0.99f, 2.0f}) {
      ExpectBitsOfScalar(std::vector<float>(1),
                         [&](const Kernels& kernels, absl::Span<float> y) {
                           y[0] = kernels.SumAtLeast(x.span(), least);
                         });
    }
  }
  const std::vector<float> values = {0.5f, 3, 0.25f, 3, -8};
  EXPECT_EQ(kernels_.SumAtLeast(values, 0.5f), 6.5f);
  EXPECT_EQ(kernels_.SumAtLeast(values, 4), 0);
  EXPECT_EQ(kernels_.SumAtLeast({}, 0), 0);
}

TEST_P(KernelsTest, FindAtLeastGivesIndicesInOrder) {
  for (int64_t n : kSizes) {
    std::vector<float> values = RandomFloats(n, 1);
    if (n > 2) values[n / 2] = kNaN;
    GuardedArray x(values);
    for (float least : {-kInfinity, -0.5f, 0.0f, 0.9f, 2.0f}) {
      std::vector<int32_t> expected, found(n);
      for (int64_t i = 0; i < n; ++i) {
        if (values[i] >= least) expected.push_back(i);
      }
      found.resize(kernels_.FindAtLeast(x.span(), least, absl::MakeSpan(found)));
      EXPECT_EQ(found, expected) << n << " " << least;
    }
  }
}

}  // namespace
}  // namespace llama2
