#include "kernels/rope.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace llama2 {
namespace {

// The system's library in long double is the reference; ours is rounded to float, so
// half a unit in the last place (2^-25 near 1) and a little is what it may differ by.
TEST(RopeFrequencies, AnglesAreTheNearestFloats) {
  for (int64_t head_dim : {2, 8, 48, 64, 128}) {
    for (double theta : {10000.0, 500000.0, 1e6, 2.0}) {
      const RopeFrequencies frequencies(head_dim, theta);
      std::vector<float> cosines(head_dim), sines(head_dim);
      for (int64_t position : {0, 1, 2, 3, 17, 511, 2047, 4096, 100003, 1048575}) {
        frequencies.Angles(position, absl::MakeSpan(cosines), absl::MakeSpan(sines));
        for (int64_t i = 0; i < head_dim; ++i) {
          const long double exponent = -static_cast<long double>(i / 2 * 2) / head_dim;
          const long double angle =
              position * std::pow(static_cast<long double>(theta), exponent);
          const double sign = i % 2 == 0 ? -1 : 1;
          // An angle of a million radians has lost 20 of the 53 bits.
          const double bound = 3.1e-8 + static_cast<double>(angle) * 1e-15;
          EXPECT_NEAR(cosines[i], static_cast<double>(std::cos(angle)), bound)
              << head_dim << " " << theta << " " << position << " " << i;
          EXPECT_NEAR(sines[i], sign * static_cast<double>(std::sin(angle)), bound)
              << head_dim << " " << theta << " " << position << " " << i;
        }
      }
    }
  }
}

TEST(RopeFrequencies, PositionZeroDoesNotRotate) {
  const RopeFrequencies frequencies(4, 10000.0);
  std::vector<float> cosines(4), sines(4);
  frequencies.Angles(0, absl::MakeSpan(cosines), absl::MakeSpan(sines));
  EXPECT_EQ(cosines, std::vector<float>({1, 1, 1, 1}));
  EXPECT_EQ(sines, std::vector<float>({0, 0, 0, 0}));
}

}  // namespace
}  // namespace llama2
