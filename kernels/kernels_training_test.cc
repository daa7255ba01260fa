// The kernels of the backward pass: on every instruction set the bits of the specification,
// and of the specification that it is the gradient of the forward kernel.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
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

constexpr int64_t kSizes[] = {1, 2, 15, 16, 17, 31, 33, 64, 100, 1001};
constexpr float kEpsilon = 1e-5f;

class KernelsTrainingTest : public ::testing::TestWithParam<Isa> {
 protected:
  const Kernels kernels_{GetParam()};
  const Kernels scalar_{Isa::kScalar};
};

INSTANTIATE_TEST_SUITE_P(AllIsas, KernelsTrainingTest, ::testing::ValuesIn(SupportedIsas()),
                         [](const auto& isa) { return std::string(IsaName(isa.param)); });

struct ProductShape {
  int64_t rows, depth, columns;
};

std::vector<ProductShape> ProductShapes() {
  std::vector<ProductShape> shapes;
  for (int64_t rows : {0, 1, 2, 3, 5, 8, 9, 17}) {
    for (int64_t depth : {0, 1, 7, 33}) {
      for (int64_t columns : {0, 1, 15, 16, 17, 48, 50, 65}) {
        shapes.push_back({rows, depth, columns});
      }
    }
  }
  // More than one block of the depth.
  shapes.push_back({9, 256, 20});
  shapes.push_back({5, 257, 49});
  shapes.push_back({3, 1000, 16});
  return shapes;
}

TEST_P(KernelsTrainingTest, ProductsHaveTheBitsOfScalar) {
  uint32_t seed = 0;
  for (const auto& [rows, depth, columns] : ProductShapes()) {
    for (bool transposed : {false, true}) {
      SCOPED_TRACE(::testing::Message() << rows << " x " << depth << " x " << columns
                                        << (transposed ? ", transposed" : ""));
      ++seed;
      const int64_t a_rows = transposed ? depth : rows, a_cols = transposed ? rows : depth;
      const int64_t a_stride = a_cols + seed % 3, b_stride = columns + seed % 4;
      const int64_t c_stride = columns + seed % 5;
      const Store store = seed % 2 == 0 ? Store::kReplace : Store::kAdd;
      GuardedArray a(WildFloats(a_rows * a_stride, seed, /*max_exponent=*/55));
      GuardedArray b(RandomFloats(depth * b_stride, seed));
      GuardedArray actual(RandomFloats(rows * c_stride, seed));
      GuardedArray expected(RandomFloats(rows * c_stride, seed));
      const auto multiply = [&, columns = columns, depth = depth, rows = rows](
                                const Kernels& kernels, GuardedArray& c) {
        const MatrixView<const float> left(a.data(), a_rows, a_cols, a_stride);
        const MatrixView<const float> right(b.data(), depth, columns, b_stride);
        const MatrixView<float> product(c.data(), rows, columns, c_stride);
        if (transposed) {
          kernels.MatmulTN(left, right, product, store);
        } else {
          kernels.MatmulNN(left, right, product, store);
        }
      };
      multiply(kernels_, actual);
      multiply(scalar_, expected);
      EXPECT_THAT(actual.span(), BitsEqual(expected.span()));
    }
  }
}

TEST_P(KernelsTrainingTest, RmsNormBackwardHasTheBitsOfScalar) {
  for (int64_t n : kSizes) {
    GuardedArray x(RandomFloats(n, 1)), weight(RandomFloats(n, 2)), dy(RandomFloats(n, 3));
    GuardedArray dx(RandomFloats(n, 4)), dweight(RandomFloats(n, 5));
    GuardedArray expected_dx(dx.span()), expected_dweight(dweight.span());
    kernels_.RmsNormBackward(x.span(), weight.span(), dy.span(), kEpsilon, dx.span(),
                             dweight.span());
    scalar_.RmsNormBackward(x.span(), weight.span(), dy.span(), kEpsilon, expected_dx.span(),
                            expected_dweight.span());
    EXPECT_THAT(dx.span(), BitsEqual(expected_dx.span())) << n;
    EXPECT_THAT(dweight.span(), BitsEqual(expected_dweight.span())) << n;
  }
}

TEST_P(KernelsTrainingTest, SiluGateBackwardHasTheBitsOfScalarAndOfTheForwardPass) {
  for (int64_t n : kSizes) {
    std::vector<float> gates = RandomFloats(n, 1);
    for (float& gate : gates) gate *= 100;
    GuardedArray gate(gates), up(RandomFloats(n, 2)), dy(RandomFloats(n, 3));
    GuardedArray expected_gate(gate.span()), expected_up(up.span()), expected_dy(dy.span());
    GuardedArray forward(gate.span());
    kernels_.SiluGate(forward.span(), up.span());
    kernels_.SiluGateBackward(gate.span(), up.span(), dy.span());
    scalar_.SiluGateBackward(expected_gate.span(), expected_up.span(), expected_dy.span());
    EXPECT_THAT(gate.span(), BitsEqual(expected_gate.span())) << n;
    EXPECT_THAT(up.span(), BitsEqual(expected_up.span())) << n;
    EXPECT_THAT(dy.span(), BitsEqual(expected_dy.span())) << n;
    EXPECT_THAT(dy.span(), BitsEqual(forward.span())) << n;
  }
}

TEST_P(KernelsTrainingTest, SoftmaxBackwardHasTheBitsOfScalar) {
  for (int64_t n : kSizes) {
    GuardedArray p(RandomFloats(n, 1)), dp(RandomFloats(n, 2));
    GuardedArray expected(dp.span());
    kernels_.SoftmaxBackward(p.span(), 0.25f, dp.span());
    scalar_.SoftmaxBackward(p.span(), 0.25f, expected.span());
    EXPECT_THAT(dp.span(), BitsEqual(expected.span())) << n;
  }
}

// ---------------------------------------------------------------- what they compute

using Vector = std::vector<double>;

Vector InDouble(absl::Span<const float> values) { return Vector(values.begin(), values.end()); }

// The gradient of sum(dy * f(x)) by x, by central differences of f in double.
Vector Differences(const Vector& x, absl::Span<const float> dy,
                   absl::FunctionRef<Vector(const Vector&)> f) {
  constexpr double kStep = 1e-5;
  const auto objective = [&](const Vector& at) {
    const Vector y = f(at);
    double sum = 0;
    for (size_t i = 0; i < y.size(); ++i) sum += dy[i] * y[i];
    return sum;
  };
  Vector gradient(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    Vector above = x, below = x;
    above[i] += kStep;
    below[i] -= kStep;
    gradient[i] = (objective(above) - objective(below)) / (2 * kStep);
  }
  return gradient;
}

void ExpectNear(absl::Span<const float> actual, const Vector& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 2e-6) << i;
}

TEST(KernelsTrainingScalarTest, ProductsAreThoseOfMatrices) {
  const Kernels kernels(Isa::kScalar);
  // [1 2; 3 4; 5 6] and [1 0 2; 0 1 3].
  const float a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, 2, 0, 1, 3};
  float c[9] = {100};
  kernels.MatmulNN(MatrixView<const float>(a, 3, 2), MatrixView<const float>(b, 2, 3),
                   MatrixView<float>(c, 3, 3));
  EXPECT_THAT(c, ::testing::ElementsAre(1, 2, 8, 3, 4, 18, 5, 6, 28));
  // [1 2; 3 4] transposed and [1 0; 0 1], added.
  const float one[] = {1, 0, 0, 1};
  float d[4] = {10, 20, 30, 40};
  kernels.MatmulTN(MatrixView<const float>(a, 2, 2), MatrixView<const float>(one, 2, 2),
                   MatrixView<float>(d, 2, 2), Store::kAdd);
  EXPECT_THAT(d, ::testing::ElementsAre(11, 23, 32, 44));
}

TEST(KernelsTrainingScalarTest, RmsNormBackwardIsTheGradient) {
  const int64_t n = 33;
  const std::vector<float> x = RandomFloats(n, 1), weight = RandomFloats(n, 2);
  const std::vector<float> dy = RandomFloats(n, 3);
  const auto norm = [](const Vector& in, const Vector& factors) {
    double squares = 0;
    for (double v : in) squares += v * v;
    const double scale = 1 / std::sqrt(squares / in.size() + kEpsilon);
    Vector y(in.size());
    for (size_t i = 0; i < in.size(); ++i) y[i] = factors[i] * in[i] * scale;
    return y;
  };
  std::vector<float> dx(n), dweight(n);
  Kernels(Isa::kScalar)
      .RmsNormBackward(x, weight, dy, kEpsilon, absl::MakeSpan(dx), absl::MakeSpan(dweight));
  ExpectNear(dx, Differences(InDouble(x), dy,
                             [&](const Vector& at) { return norm(at, InDouble(weight)); }));
  ExpectNear(dweight, Differences(InDouble(weight), dy,
                                  [&](const Vector& at) { return norm(InDouble(x), at); }));
}

TEST(KernelsTrainingScalarTest, SiluGateBackwardIsTheGradient) {
  const int64_t n = 33;
  const std::vector<float> gate = RandomFloats(n, 1), up = RandomFloats(n, 2);
  const std::vector<float> dy = RandomFloats(n, 3);
  const auto silu_gate = [](const Vector& gates, const Vector& ups) {
    Vector y(gates.size());
    for (size_t i = 0; i < y.size(); ++i) y[i] = gates[i] / (1 + std::exp(-gates[i])) * ups[i];
    return y;
  };
  std::vector<float> dgate = gate, dup = up, y = dy;
  Kernels(Isa::kScalar)
      .SiluGateBackward(absl::MakeSpan(dgate), absl::MakeSpan(dup), absl::MakeSpan(y));
  ExpectNear(dgate, Differences(InDouble(gate), dy,
                                [&](const Vector& at) { return silu_gate(at, InDouble(up)); }));
  ExpectNear(dup, Differences(InDouble(up), dy,
                              [&](const Vector& at) { return silu_gate(InDouble(gate), at); }));
  ExpectNear(y, silu_gate(InDouble(gate), InDouble(up)));
}

TEST(KernelsTrainingScalarTest, SoftmaxBackwardIsTheGradient) {
  const int64_t n = 33;
  constexpr float kScale = 0.25f;
  const std::vector<float> x = RandomFloats(n, 1), dy = RandomFloats(n, 3);
  const auto softmax = [&](const Vector& in) {
    double sum = 0;
    for (double v : in) sum += std::exp(kScale * v);
    Vector y(in.size());
    for (size_t i = 0; i < in.size(); ++i) y[i] = std::exp(kScale * in[i]) / sum;
    return y;
  };
  const Vector exact = softmax(InDouble(x));
  const std::vector<float> p(exact.begin(), exact.end());
  std::vector<float> dx = dy;
  Kernels(Isa::kScalar).SoftmaxBackward(p, kScale, absl::MakeSpan(dx));
  ExpectNear(dx, Differences(InDouble(x), dy, softmax));
}

}  // namespace
}  // namespace llama2
