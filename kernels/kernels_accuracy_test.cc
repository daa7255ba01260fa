// Every kernel against the exact result, computed in double, within the error that
// its order of operations allows.
//
// A rounding multiplies by (1 + d), |d| <= u = 2^-24; m of them in a row by at most
// 1 + Gamma(m) (Higham, "Accuracy and Stability of Numerical Algorithms", lemma 3.1).
// A result that is denormal is off by at most kTiny instead.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/tensor_view.h"
#include "kernels/test_arrays.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

constexpr double kU = 0x1p-24;
constexpr double kTiny = 0x1p-150;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// exp's largest error, 1.02 units in the last place, is at most 1.44 u of the result.
constexpr double kExpRoundings = 1.5;

double Gamma(double roundings) { return roundings * kU / (1 - roundings * kU); }

// Between a term of a dot product of n and its sum: a chain over n / 16, the tree.
double DotRoundings(int64_t n) { return std::ceil(n / 16.0) + 4; }

class KernelsAccuracyTest : public ::testing::TestWithParam<Isa> {
 protected:
  const Kernels kernels_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(AllIsas, KernelsAccuracyTest, ::testing::ValuesIn(SupportedIsas()),
                         [](const auto& isa) { return std::string(IsaName(isa.param)); });

TEST_P(KernelsAccuracyTest, Matmul) {
  const int64_t rows = 21, batch = 5;
  for (int64_t depth : {1, 16, 17, 64, 288, 1376}) {
    for (int max_exponent : {0, 55, -70}) {  // products are denormal in the last
      const std::vector<float> w = max_exponent == 0
                                       ? RandomFloats(rows * depth, 1)
                                       : WildFloats(rows * depth, 1, max_exponent);
      const std::vector<float> x = max_exponent == 0
                                       ? RandomFloats(batch * depth, 2)
                                       : WildFloats(batch * depth, 2, max_exponent);
      const std::vector<float> before = RandomFloats(batch * rows, 3);
      for (Store store : {Store::kReplace, Store::kAdd}) {
        std::vector<float> y = before;
        kernels_.Matmul(MatrixView<const float>(w.data(), rows, depth),
                        MatrixView<const float>(x.data(), batch, depth),
                        MatrixView<float>(y.data(), batch, rows), store);
        for (int64_t i = 0; i < batch * rows; ++i) {
          double exact = store == Store::kAdd ? before[i] : 0;
          double magnitude = std::abs(exact);
          for (int64_t k = 0; k < depth; ++k) {
            const double product =
                static_cast<double>(w[i % rows * depth + k]) * x[i / rows * depth + k];
            exact += product;
            magnitude += std::abs(product);
          }
          ASSERT_NEAR(y[i], exact, Gamma(DotRoundings(depth) + 1) * magnitude + depth * kTiny)
              << "element " << i << ", depth " << depth << ", to 2^" << max_exponent;
        }
      }
    }
  }
}

TEST_P(KernelsAccuracyTest, RmsNorm) {
  constexpr float kEpsilon = 1e-5f;
  for (int64_t n : {1, 5, 16, 64, 288, 4099}) {
    for (float magnitude : {1.0f, 1e-4f, 1e15f}) {
      std::vector<float> x = RandomFloats(n, 1), weight = RandomFloats(n, 2), y(n);
      for (float& value : x) value *= magnitude;
      kernels_.RmsNorm(x, weight, kEpsilon, absl::MakeSpan(y));
      double squares = 0;
      for (float value : x) squares += static_cast<double>(value) * value;
      const double rms = std::sqrt(squares / n + kEpsilon);
      // The mean and the sum with epsilon, halved by the root; then the root, the
      // reciprocal and two products.
      const double bound = Gamma((DotRoundings(n) + 2) / 2 + 4);
      for (int64_t i = 0; i < n; ++i) {
        const double exact = weight[i] * (x[i] / rms);
        ASSERT_NEAR(y[i], exact, bound * std::abs(exact)) << i << " of " << n;
      }
    }
  }
}

TEST_P(KernelsAccuracyTest, Softmax) {
  for (int64_t n : {1, 5, 16, 300, 32000}) {
    for (float magnitude : {1.0f, 20.0f}) {
      std::vector<float> x = RandomFloats(n, 1);
      for (float& value : x) value *= magnitude;
      const double largest = *std::max_element(x.begin(), x.end());
      double sum = 0, sum_error = 0;
      // Rounding x - max moves the exponential by as many roundings as it is large.
      const auto roundings = [&](double value) { return kExpRoundings + (largest - value); };
      for (float value : x) {
        sum += std::exp(value - largest);
        sum_error += std::exp(value - largest) * Gamma(roundings(value) + DotRoundings(n));
      }
      std::vector<float> p = x;
      kernels_.Softmax(absl::MakeSpan(p));
      for (int64_t i = 0; i < n; ++i) {
        const double exact = std::exp(x[i] - largest) / sum;
        const double bound = Gamma(roundings(x[i]) + 1) + sum_error / sum;
        ASSERT_NEAR(p[i], exact, 1.01 * bound * exact) << i << " of " << n;
      }
      EXPECT_EQ(std::count(p.begin(), p.end(), 0), 0) << "none of these is so small";
    }
  }
}

TEST_P(KernelsAccuracyTest, Rope) {
  const int64_t head_dim = 70;
  std::vector<float> cosines(head_dim), sines(head_dim);
  for (int64_t i = 0; i < head_dim; ++i) {
    cosines[i] = std::cos(static_cast<float>(i / 2));
    sines[i] = (i % 2 == 0 ? -1 : 1) * std::sin(static_cast<float>(i / 2));
  }
  const std::vector<float> x = RandomFloats(3 * head_dim, 1);
  std::vector<float> y = x;
  kernels_.Rope(absl::MakeSpan(y), cosines, sines);
  for (int64_t i = 0; i < 3 * head_dim; ++i) {
    const double along = static_cast<double>(x[i]) * cosines[i % head_dim];
    const double across = static_cast<double>(x[i ^ 1]) * sines[i % head_dim];
    EXPECT_NEAR(y[i], along + across, Gamma(2) * (std::abs(along) + std::abs(across))) << i;
  }
}

TEST_P(KernelsAccuracyTest, SiluGate) {
  std::vector<float> gate;
  for (int i = -5000; i <= 5000; ++i) gate.push_back(static_cast<float>(i) * 0.0207f);
  const std::vector<float> up = RandomFloats(gate.size(), 1);
  std::vector<float> y = gate;
  kernels_.SiluGate(absl::MakeSpan(y), up);
  for (size_t i = 0; i < gate.size(); ++i) {
    const double exact = gate[i] / (1 + std::exp(-static_cast<double>(gate[i]))) * up[i];
    // exp, the sum, the quotient, the product. Below -88.7 exp(-x) is infinite and the
    // result 0, where it should be 3e-37 at the most.
    EXPECT_NEAR(y[i], exact, Gamma(kExpRoundings + 3) * std::abs(exact) + 3e-37) << gate[i];
  }
}

// The distance from the exact result in units of its last place.
double UlpError(float actual, double exact) {
  int exponent;
  std::frexp(exact, &exponent);
  return std::abs(actual - exact) / std::ldexp(1.0, exponent - 24);
}

// One float in 509 of all, which takes in every exponent and every n.
TEST_P(KernelsAccuracyTest, ExpIsWithinItsBoundForAllFloats) {
  constexpr uint32_t kStep = 509;
  constexpr double kSmallest = 0x1p-126;       // that is not denormal
  constexpr double kLargest = 0x1.ffffffp127;  // what is below rounds to a float
  std::vector<float> x;
  for (uint64_t i = 0; i <= std::numeric_limits<uint32_t>::max(); i += kStep) {
    const uint32_t bits = static_cast<uint32_t>(i);
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    if (std::isnan(value)) continue;
    x.push_back(value);
  }
  std::vector<float> y(x.size());
  kernels_.Exp(x, absl::MakeSpan(y));
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double exact = std::exp(static_cast<double>(x[i]));
    if (exact < kSmallest) {
      ASSERT_EQ(y[i], 0) << "exp(" << x[i] << ")";
    } else if (exact >= kLargest) {
      ASSERT_EQ(y[i], kInfinity) << "exp(" << x[i] << ")";
    } else {
      worst = std::max(worst, UlpError(y[i], exact));
    }
  }
  EXPECT_LE(worst, 1.02);  // kernels.h says so
  EXPECT_GE(worst, 0.9);   // or this test looks in the wrong place
}

TEST_P(KernelsAccuracyTest, ExpAtTheEdges) {
  const float lowest = -87.3365402f, highest = 88.7228317f;
  const std::vector<float> x = {0.0f,
                                -0.0f,
                                kInfinity,
                                -kInfinity,
                                std::nextafter(lowest, -kInfinity),
                                std::nextafter(highest, kInfinity),
                                std::numeric_limits<float>::denorm_min(),
                                -1e30f,
                                1e30f,
                                lowest,
                                highest,
                                std::numeric_limits<float>::quiet_NaN()};
  std::vector<float> y(x.size());
  kernels_.Exp(x, absl::MakeSpan(y));
  EXPECT_THAT(absl::MakeSpan(y).first(9),
              BitsEqual(std::vector<float>{1, 1, kInfinity, 0, 0, kInfinity, 1, 0, kInfinity}));
  EXPECT_GE(y[9], std::numeric_limits<float>::min());
  EXPECT_LT(y[9], 0x1.0001p-126f);
  EXPECT_GT(y[10], 0x1.ffff00p127f);
  EXPECT_LT(y[10], kInfinity);
  EXPECT_TRUE(std::isnan(y[11]));
}

}  // namespace
}  // namespace llama2
