#include "kernels/rope.h"

#include <cmath>

#include "base/check.h"

namespace llama2 {
namespace {

// ln 2 and pi / 2 as sums of two doubles; the first factors are short, so that their
// products with the small integers below are exact.
constexpr double kLn2High = 0x1.62e42fee00000p-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
constexpr double kHalfPiHigh = 0x1.921fb54400000p+0;
constexpr double kHalfPiLow = 0x1.0b4611a626331p-34;

// The series below stop where the next term is under 2^-56 of the sum.

// ln(x) for x > 0: 2 atanh((m - 1) / (m + 1)) for the mantissa m near 1.
double Log(double x) {
  int exponent;
  double m = std::frexp(x, &exponent);  // exact
  if (m < 0.70710678) {
    m *= 2;
    --exponent;
  }
  const double s = (m - 1) / (m + 1);
  double sum = 0;
  for (int k = 21; k >= 1; k -= 2) sum = sum * (s * s) + 1.0 / k;
  return exponent * kLn2High + (exponent * kLn2Low + 2 * s * sum);
}

// exp(x) for |x| < 700.
double Exp(double x) {
  const double n = std::nearbyint(x / kLn2High);
  const double r = (x - n * kLn2High) - n * kLn2Low;
  double sum = 1;
  for (int k = 15; k >= 1; --k) sum = 1 + sum * r / k;
  return std::ldexp(sum, static_cast<int>(n));  // exact
}

struct SinCos {
  double sin;
  double cos;
};

// For 0 <= x < 2^21.
SinCos SinCosOf(double x) {
  const double n = std::nearbyint(x / kHalfPiHigh);
  const double r = (x - n * kHalfPiHigh) - n * kHalfPiLow;
  const double square = r * r;
  double sin = 1;
  double cos = 1;
  for (int k = 18; k >= 2; k -= 2) {
    cos = 1 - cos * square / (k * (k - 1));
    sin = 1 - sin * square / (k * (k + 1));
  }
  sin *= r;
  switch (static_cast<int64_t>(n) % 4) {
    case 0:
      return {sin, cos};
    case 1:
      return {cos, -sin};
    case 2:
      return {-sin, -cos};
    default:
      return {-cos, sin};
  }
}

}  // namespace

RopeFrequencies::RopeFrequencies(int64_t head_dim, double theta) {
  CHECK_EQ(head_dim % 2, 0);
  CHECK_GT(theta, 0.0);
  const double log_theta = Log(theta);
  for (int64_t i = 0; i < head_dim; i += 2) {
    frequencies_.push_back(Exp(-log_theta * static_cast<double>(i) / head_dim));
  }
}

void RopeFrequencies::Angles(int64_t position, absl::Span<float> cosines,
                             absl::Span<float> sines) const {
  DCHECK_EQ(cosines.size(), 2 * frequencies_.size());
  DCHECK_EQ(sines.size(), 2 * frequencies_.size());
  for (size_t j = 0; j < frequencies_.size(); ++j) {
    const SinCos angle = SinCosOf(position * frequencies_[j]);
    cosines[2 * j] = cosines[2 * j + 1] = static_cast<float>(angle.cos);
    sines[2 * j + 1] = static_cast<float>(angle.sin);
    sines[2 * j] = -sines[2 * j + 1];
  }
}

}  // namespace llama2
