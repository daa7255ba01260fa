// The int8 kernels in plain C++: the specification, and the file to read first.
//
// An activation's scale and value, as llama2.c's runq has them: scale = max |x| / 127
// over the group; value = x / scale, rounded to the nearest integer, halves away from
// zero. A group that is all zero, or so small that its scale is 0, has zeros as values;
// one with an infinity or a NaN has the scale NaN, which every output then shows.
//
// A product's sum is exact inside a piece, in int32; as a float it is multiplied with the
// product of the two scales; and the pieces are added in order, one chain for each output.
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels/int8_kernel_table.h"

namespace llama2 {
namespace {

int8_t QuantizedValue(float x, float scale) {
  if (!(scale > 0)) return 0;
  const float value = roundf(x / scale);
  // Only a scale so small that it has lost digits gives more than 127.
  return static_cast<int8_t>(value > 127 ? 127 : value < -127 ? -127 : value);
}

float ScaleOf(const float* x, int64_t n) {
  float largest = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (!isfinite(x[i])) return NAN;
    if (fabsf(x[i]) > largest) largest = fabsf(x[i]);
  }
  return largest / 127;
}

void Quantize(const float* x, int64_t n, int64_t group_size, int64_t piece, int8_t* values,
              float* scales, int32_t* biases) {
  for (int64_t begin = 0; begin < n; begin += group_size) {
    const int64_t end = begin + group_size < n ? begin + group_size : n;
    const float scale = ScaleOf(x + begin, end - begin);
    for (int64_t i = begin; i < end; ++i) values[i] = QuantizedValue(x[i], scale);
    for (int64_t p = begin / piece; p < end / piece; ++p) {
      scales[p] = scale;
      biases[p] = 0;
    }
  }
}

float WeightScale(const Int8MatmulArguments& a, int64_t piece) {
  float scale;
  const int64_t group = (a.first_piece + piece) / a.pieces_per_scale;
  memcpy(&scale, a.scales + group * sizeof(scale), sizeof(scale));
  return scale;
}

// The sum of w[i] * x[i] over n values, |x[i]| <= 127: exact up to 2^17 of them.
int32_t Dot(const int8_t* w, const int8_t* x, int64_t n) {
  int32_t sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += w[i] * x[i];
  return sum;
}

void Matmul(const Int8MatmulArguments& a) {
  for (int64_t b = 0; b < a.batch; ++b) {
    const int8_t* x = a.x.values + b * a.x.values_stride;
    const float* x_scales = a.x.scales + b * a.x.pieces_stride;
    for (int64_t r = 0; r < a.rows; ++r) {
      float dot = 0;
      for (int64_t p = 0; p < a.pieces; ++p) {
        const int64_t piece = r * a.pieces + p;
        const int32_t sum = Dot(a.w + piece * a.piece, x + p * a.piece, a.piece);
        dot += static_cast<float>(sum) * (WeightScale(a, piece) * x_scales[p]);
      }
      float& y = a.y[b * a.y_stride + r];
      y = a.accumulate ? y + dot : dot;
    }
  }
}

}  // namespace

const Int8KernelTable kInt8ScalarKernels = {.quantize = Quantize, .matmul = Matmul};

}  // namespace llama2
