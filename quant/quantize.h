// Float32 weights to group-wise int8 and back, and how far from the first the second is.
//
//   std::vector<int8_t> values(weights.size());
//   std::vector<float> scales(weights.size() / 64);
//   Quantize(weights, 64, absl::MakeSpan(values), absl::MakeSpan(scales));
//
//   DequantizeRow(matrix, row, absl::MakeSpan(out));       // an Int8Matrix
//
// The rule is that of llama2.c's export.py: symmetric, without a zero point. A group's
// scale is its largest magnitude / 127, a value is its weight / scale, rounded half to
// even, all in float32.
#ifndef LLAMA2_QUANT_QUANTIZE_H_
#define LLAMA2_QUANT_QUANTIZE_H_

#include <cstdint>

#include "absl/types/span.h"
#include "quant/int8_matrix.h"

namespace llama2 {

// The group size to choose where nothing else is said: the largest power of two up to 64
// that divides all of `widths`, which are positive. With the widths of a model's rows
// (dim, hidden_dim) no group straddles rows.
int64_t DefaultGroupSize(absl::Span<const int64_t> widths);

// The index of the first of `weights` that is infinite or NaN; weights.size() where all
// are finite. What is not finite cannot be quantised.
int64_t FirstNotFinite(absl::Span<const float> weights);

// Quantises `weights`, which are finite and make whole groups of `group_size`: as many
// `values` and, for each group, one of `scales`. A group of zeros (or of numbers so small
// that their scale is 0) gets scale 0 and zeros. Thread-safe.
void Quantize(absl::Span<const float> weights, int64_t group_size, absl::Span<int8_t> values,
              absl::Span<float> scales);

// The weights of row `row` of the matrix, values times scales, in float32. `out` has its
// cols elements. Thread-safe.
void DequantizeRow(const Int8Matrix& matrix, int64_t row, absl::Span<float> out);

// How far numbers are from what they stand for, over as much as is added. An infinity or a
// NaN is not away from the same, and infinitely far from all else.
class QuantizationError {
 public:
  // As many of both.
  void Add(absl::Span<const float> original, absl::Span<const float> quantized);
  void Add(const QuantizationError& other);

  // The largest |quantized - original|; 0 for nothing.
  double max() const { return max_; }
  // The root of the mean square of the difference; 0 for nothing.
  double rms() const;
  // The signal-to-noise ratio, 10 log10(sum original^2 / sum difference^2), in decibels;
  // infinite where there is no difference.
  double snr_db() const;

 private:
  int64_t count_ = 0;
  double max_ = 0;
  double signal_ = 0;  // sums of squares
  double noise_ = 0;
};

}  // namespace llama2

#endif  // LLAMA2_QUANT_QUANTIZE_H_
