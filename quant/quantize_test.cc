#include "quant/quantize.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;

struct Quantized {
  std::vector<int8_t> values;
  std::vector<float> scales;
};

Quantized QuantizeAll(const std::vector<float>& weights, int64_t group_size) {
  Quantized q = {std::vector<int8_t>(weights.size(), 99),
                 std::vector<float>(weights.size() / group_size, 99)};
  Quantize(weights, group_size, absl::MakeSpan(q.values), absl::MakeSpan(q.scales));
  return q;
}

TEST(Quantize, AGroupsLargestMagnitudeBecomes127) {
  const Quantized q = QuantizeAll({1, -2, 0.5f, 0, 254, 2, 1, -254}, 4);
  EXPECT_THAT(q.scales, ElementsAre(2 / 127.0f, 2));
  // 1 / (2 / 127) = 63.5; 1 / 2 = 0.5.
  EXPECT_THAT(q.values, ElementsAre(64, -127, 32, 0, 127, 1, 0, -127));
}

TEST(Quantize, RoundsHalfToEven) {
  const Quantized q = QuantizeAll({127, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 125.5f}, 8);
  EXPECT_THAT(q.scales, ElementsAre(1));
  EXPECT_THAT(q.values, ElementsAre(127, 0, 2, 2, 0, -2, -2, 126));
}

// std::nearbyint rounds half to even; here in double, after the division in float32.
TEST(Quantize, IsTheRuleOfExportPyOnManyNumbers) {
  std::mt19937 random(1);
  std::vector<float> weights(64 * 1000);
  for (float& w : weights) {
    w = std::ldexp(static_cast<float>(static_cast<int32_t>(random())),
                   static_cast<int>(random() % 40) - 60);
  }
  const Quantized q = QuantizeAll(weights, 64);
  for (size_t i = 0; i < weights.size(); ++i) {
    ASSERT_EQ(q.values[i], std::nearbyint(static_cast<double>(weights[i] / q.scales[i / 64])));
  }
}

TEST(Quantize, AGroupOfZerosIsZeros) {
  const Quantized q = QuantizeAll({0, -0.0f, 0, 0, 1, 1, 1, 1}, 4);
  EXPECT_THAT(q.scales, ElementsAre(0, 1 / 127.0f));
  EXPECT_THAT(q.values, ElementsAre(0, 0, 0, 0, 127, 127, 127, 127));
}

TEST(Quantize, ExtremesStayInRange) {
  constexpr float kLeast = std::numeric_limits<float>::denorm_min();
  constexpr float kMost = std::numeric_limits<float>::max();
  // 190 / 127 units are one unit: the quotient would be 190.
  const Quantized q =
      QuantizeAll({kLeast, -kLeast, 190 * kLeast, -190 * kLeast, kMost, -kMost}, 2);
  EXPECT_THAT(q.scales, ElementsAre(0, kLeast, kMost / 127.0f));
  EXPECT_THAT(q.values, ElementsAre(0, 0, 127, -127, 127, -127));
}

TEST(FirstNotFinite, IsAnIndex) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(FirstNotFinite({}), 0);
  EXPECT_EQ(FirstNotFinite({std::numeric_limits<float>::max(), 0}), 2);
  EXPECT_EQ(FirstNotFinite({1, kNaN, kInfinity}), 1);
  EXPECT_EQ(FirstNotFinite({1, 2, -kInfinity}), 2);
}

TEST(DequantizeRow, GroupsRunOverRows) {
  // 2 x 6 in groups of 4: the second group belongs to both rows. The scales begin at
  // byte 13 of a buffer: nothing is aligned.
  std::vector<uint8_t> buffer(1 + 12 + 3 * 4);
  for (int i = 0; i < 12; ++i) buffer[1 + i] = static_cast<uint8_t>(i - 6);
  const float scales[] = {1, 10, 0.5f};
  std::memcpy(buffer.data() + 13, scales, sizeof(scales));
  const Int8Matrix matrix(absl::MakeConstSpan(buffer).subspan(1), 2, 6, 4);
  std::vector<float> row(6);
  DequantizeRow(matrix, 0, absl::MakeSpan(row));
  EXPECT_THAT(row, ElementsAre(-6, -5, -4, -3, -20, -10));
  DequantizeRow(matrix, 1, absl::MakeSpan(row));
  EXPECT_THAT(row, ElementsAre(0, 10, 1, 1.5f, 2, 2.5f));
}

TEST(DequantizeRow, AGroupMayHoldManyRows) {
  std::vector<uint8_t> buffer(8 + 4);
  for (int i = 0; i < 8; ++i) buffer[i] = static_cast<uint8_t>(i);
  const float scale = 3;
  std::memcpy(buffer.data() + 8, &scale, sizeof(scale));
  std::vector<float> row(2);
  DequantizeRow(Int8Matrix(buffer, 4, 2, 8), 2, absl::MakeSpan(row));
  EXPECT_THAT(row, ElementsAre(12, 15));
}

TEST(DefaultGroupSize, IsTheLargestPowerOfTwoThatDividesAll) {
  EXPECT_EQ(DefaultGroupSize({4096, 11008, 4096}), 64);
  EXPECT_EQ(DefaultGroupSize({512, 1376, 512}), 32);  // stories42M
  EXPECT_EQ(DefaultGroupSize({64, 172, 32}), 4);      // stories260K
  EXPECT_EQ(DefaultGroupSize({18, 7, 6}), 1);
}

TEST(QuantizationError, IsMeasured) {
  QuantizationError error;
  EXPECT_EQ(error.max(), 0);
  EXPECT_EQ(error.rms(), 0);
  EXPECT_EQ(error.snr_db(), std::numeric_limits<double>::infinity());
  error.Add({3, 4}, {3, 4});
  EXPECT_EQ(error.snr_db(), std::numeric_limits<double>::infinity());
  QuantizationError more;
  more.Add({0, 5}, {0.5f, 5});
  error.Add(more);
  EXPECT_EQ(error.max(), 0.5);
  EXPECT_EQ(error.rms(), 0.25);                // sqrt(0.25 / 4)
  EXPECT_NEAR(error.snr_db(), 23.0103, 1e-4);  // 10 log10(50 / 0.25)
}

TEST(QuantizationError, OfWhatIsNotFinite) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  QuantizationError none;
  none.Add({kNaN, kInfinity, -kInfinity, 2}, {kNaN, kInfinity, -kInfinity, 2});
  EXPECT_EQ(none.max(), 0);
  EXPECT_EQ(none.rms(), 0);
  for (const auto& [from, to] :
       {std::pair(1.0f, kNaN), {kNaN, 1.0f}, {kInfinity, -kInfinity}}) {
    QuantizationError error;
    error.Add({2, from}, {2, to});
    EXPECT_EQ(error.max(), kInfinity);
    EXPECT_EQ(error.rms(), kInfinity);
    EXPECT_EQ(error.snr_db(), -kInfinity);
  }
}

// Half a step at most, where a step is the largest magnitude / 127.
TEST(QuantizationError, OfInt8IsHalfAStepAtMost) {
  std::mt19937 random(2);
  std::vector<float> weights(64);
  for (float& w : weights) w = static_cast<float>(random()) * 0x1p-31f - 1.0f;
  weights[5] = -1;
  Quantized q = QuantizeAll(weights, 64);
  std::vector<float> back(64);
  for (int i = 0; i < 64; ++i) back[i] = q.values[i] * q.scales[0];
  QuantizationError error;
  error.Add(weights, back);
  EXPECT_LE(error.max(), 0.5001 / 127);
  EXPECT_GT(error.max(), 0.2 / 127);
  EXPECT_GT(error.snr_db(), 40);
}

}  // namespace
}  // namespace llama2
