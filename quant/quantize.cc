#include "quant/quantize.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <type_traits>

#include "base/check.h"

namespace llama2 {
namespace {

constexpr float kLargestValue = 127.0f;

// The nearest integer, the even one of two, for |x| < 2^22: after the addition, only the
// integer is left of the sum's 24 bits. A call of std::nearbyint is no single instruction
// on every CPU, and does not vectorise.
float RoundHalfToEven(float x) {
  constexpr float kShift = 3 << 22;
  return (x + kShift) - kShift;
}

// How far `b` is from `a`.
double Distance(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  if (std::isfinite(a) && std::isfinite(b)) return std::abs(b - a);
  return std::numeric_limits<double>::infinity();
}

// Calls body(i, n) for runs of n elements, of a length that the compiler knows as long as there
// are so many left: such loops it vectorises.
constexpr int64_t kRun = 16;
template <typename Body>
void ForRuns(int64_t size, Body body) {
  int64_t i = 0;
  for (; i + kRun <= size; i += kRun) body(i, std::integral_constant<int64_t, kRun>());
  if (i < size) body(i, size - i);
}

float LargestMagnitude(absl::Span<const float> weights) {
  float largest[kRun] = {};
  ForRuns(weights.size(), [&](int64_t begin, auto n) {
    const float* run = weights.data() + begin;
    for (int64_t i = 0; i < n; ++i) {
      const float magnitude = std::fabs(run[i]);
      largest[i] = magnitude > largest[i] ? magnitude : largest[i];
    }
  });
  return *std::max_element(std::begin(largest), std::end(largest));
}

// Returns the scale.
float QuantizeGroup(absl::Span<const float> weights, absl::Span<int8_t> values) {
  const float scale = LargestMagnitude(weights) / kLargestValue;
  if (scale == 0) {
    std::fill(values.begin(), values.end(), 0);
    return scale;
  }
  if (scale < std::numeric_limits<float>::min()) {
    // It has lost most of its bits, and the largest values may be larger than they should.
    for (size_t i = 0; i < weights.size(); ++i) {
      const float value = std::clamp(weights[i] / scale, -kLargestValue, kLargestValue);
      values[i] = static_cast<int8_t>(RoundHalfToEven(value));
    }
    return scale;
  }
  ForRuns(weights.size(), [&](int64_t begin, auto n) {
    const float* run = weights.data() + begin;
    int8_t rounded[kRun];  // which overlaps nothing, unlike what is written through a pointer
    for (int64_t i = 0; i < n; ++i) {
      rounded[i] = static_cast<int8_t>(RoundHalfToEven(run[i] / scale));
    }
    std::copy_n(rounded, n, values.data() + begin);
  });
  return scale;
}

}  // namespace

int64_t DefaultGroupSize(absl::Span<const int64_t> widths) {
  int64_t size = 64;
  for (int64_t width : widths) {
    CHECK_GT(width, 0);
    while (width % size != 0) size /= 2;
  }
  return size;
}

int64_t FirstNotFinite(absl::Span<const float> weights) {
  const auto found = std::find_if(weights.begin(), weights.end(),
                                  [](float weight) { return !std::isfinite(weight); });
  return found - weights.begin();
}

void Quantize(absl::Span<const float> weights, int64_t group_size, absl::Span<int8_t> values,
              absl::Span<float> scales) {
  CHECK_GT(group_size, 0);
  CHECK_EQ(values.size(), weights.size());
  CHECK_EQ(scales.size() * group_size, weights.size());
  for (size_t group = 0; group < scales.size(); ++group) {
    const size_t begin = group * group_size;
    scales[group] =
        QuantizeGroup(weights.subspan(begin, group_size), values.subspan(begin, group_size));
  }
}

void DequantizeRow(const Int8Matrix& matrix, int64_t row, absl::Span<float> out) {
  CHECK_EQ(static_cast<int64_t>(out.size()), matrix.cols());
  const int64_t group_size = matrix.group_size();
  const int64_t begin = row * matrix.cols();
  const int64_t end = begin + matrix.cols();
  // A row may begin and end inside a group.
  for (int64_t i = begin; i < end;) {
    const int64_t group = i / group_size;
    const int64_t group_end = std::min(end, (group + 1) * group_size);
    const float scale = matrix.Scale(group);
    for (; i < group_end; ++i) out[i - begin] = matrix.values()[i] * scale;
  }
}

void QuantizationError::Add(absl::Span<const float> original,
                            absl::Span<const float> quantized) {
  CHECK_EQ(original.size(), quantized.size());
  for (size_t i = 0; i < original.size(); ++i) {
    const double distance = Distance(original[i], quantized[i]);
    max_ = std::max(max_, distance);
    noise_ += distance * distance;
    if (std::isfinite(original[i])) signal_ += static_cast<double>(original[i]) * original[i];
  }
  count_ += original.size();
}

void QuantizationError::Add(const QuantizationError& other) {
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  signal_ += other.signal_;
  noise_ += other.noise_;
}

double QuantizationError::rms() const { return count_ == 0 ? 0 : std::sqrt(noise_ / count_); }

double QuantizationError::snr_db() const {
  if (noise_ == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal_ / noise_);
}

}  // namespace llama2
