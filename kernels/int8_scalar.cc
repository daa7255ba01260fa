// The int8 kernels in plain C++: the specification, and the file to read first.
//
// An activation's scale and value, as llama2.c's runq has them: scale = max |x| / 127
// over the group; value = x / scale, rounded to the nearest integer, halves away from
// zero. A group that is all zero, or so small that its scale is 0, has zeros as values;
// one with an infinity or a NaN has the scale NaN, which every output then shows.
//
// A product's sum is exact inside a piece, in int32; as a float it is multiplied with the
// product of the two scales; and the pieces are added in order, one chain for each output.
//
// What is measured of a group are sums in the canonical order of scalar.cc.
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels/int8_kernel_table.h"

namespace llama2 {
namespace {

#include "kernels/scalar_lanes.inc"

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

void Quantize(const Int8QuantizeArguments& a) {
  const int64_t quads = (a.piece + kQuad - 1) / kQuad;
  for (int64_t begin = 0; begin < a.n; begin += a.group_size) {
    const int64_t end = begin + a.group_size < a.n ? begin + a.group_size : a.n;
    const float scale = ScaleOf(a.x + begin, end - begin);
    for (int64_t p = begin / a.piece; p < end / a.piece; ++p) {
      int8_t* values = a.values + p * quads * kQuad;
      for (int64_t i = 0; i < quads * kQuad; ++i) {
        values[i] = i < a.piece ? QuantizedValue(a.x[p * a.piece + i], scale) : 0;
      }
      a.scales[p] = scale;
      a.biases[p] = 0;
    }
  }
}

void Measure(const Int8MeasureArguments& a) {
  for (int64_t g = 0; g < a.n / a.group_size; ++g) {
    float squares[kLanes] = {}, errors[kLanes] = {};
    for (int64_t i = 0; i < a.group_size; ++i) {
      const float x = a.x[g * a.group_size + i];
      const float error = fmaf(a.values[g * a.group_size + i], -a.scales[g], x);
      const int64_t lane = i % kLanes;
      squares[lane] = fmaf(x, x, squares[lane]);
      errors[lane] = fmaf(error, error, errors[lane]);
    }
    a.out[g] = {.x = TreeSum(squares), .error = TreeSum(errors)};
  }
}

// One row's product with vector b: `lane` is the row's place in its panel.
float Product(const Int8MatmulArguments& a, const uint8_t* panel, int64_t lane, int64_t b) {
  const int8_t* x = a.x.values + b * a.x.values_stride;
  const float* x_scales = a.x.scales + b * a.x.pieces_stride;
  float dot = 0;
  for (int64_t p = 0; p < a.pieces; ++p) {
    int32_t sum = 0;  // exact: at most 2^16 products of at most 128 * 127
    for (int64_t q = 0; q < a.quads; ++q) {
      int8_t w[kQuad];
      memcpy(w, panel + lane * kQuad, sizeof(w));
      for (int i = 0; i < kQuad; ++i) sum += w[i] * x[i];
      panel += kPanelLineBytes;
      x += kQuad;
    }
    float scale;
    memcpy(&scale, panel + lane * sizeof(scale), sizeof(scale));
    panel += kPanelLineBytes;
    dot += static_cast<float>(sum) * (scale * x_scales[p]);
  }
  return dot;
}

void Matmul(const Int8MatmulArguments& a) {
  const int64_t panel_bytes = a.pieces * (a.quads + 1) * kPanelLineBytes;
  for (int64_t b = 0; b < a.batch; ++b) {
    for (int64_t r = 0; r < a.rows; ++r) {
      const uint8_t* panel = a.panels + r / kPanelRows * panel_bytes;
      const float dot = Product(a, panel, r % kPanelRows, b);
      float& y = a.y[b * a.y_stride + r];
      y = a.accumulate ? y + dot : dot;
    }
  }
}

// Value i of the piece that begins with these lines of halves; `lane` is its row's.
int8_t ValueOfHalves(const uint8_t* uppers, const uint8_t* lowers, int64_t lane, int64_t i) {
  const int64_t quad = i / kQuad;
  const int64_t at = quad / 2 * kPanelLineBytes + lane * kQuad + i % kQuad;
  const int shift = quad % 2 == 0 ? 4 : 0;
  const int upper = uppers[at] >> shift & 15;
  const int lower = lowers == nullptr ? 8 : lowers[at] >> shift & 15;
  return static_cast<int8_t>(upper << 4 | lower);
}

float ProductOfHalves(const Int8HalvesArguments& a, int64_t row, int64_t b) {
  const int64_t lines = a.quads / 2, lane = row % kPanelRows;
  const uint8_t* uppers =
      a.uppers + row / kPanelRows * a.pieces * (lines + 1) * kPanelLineBytes;
  const uint8_t* lowers =
      a.lowers == nullptr ? nullptr
                          : a.lowers + row / kPanelRows * a.pieces * lines * kPanelLineBytes;
  const int8_t* x = a.x.values + b * a.x.values_stride;
  float dot = 0;
  for (int64_t p = 0; p < a.pieces; ++p) {
    int32_t sum = 0;
    for (int64_t i = 0; i < a.quads * kQuad; ++i) {
      sum += ValueOfHalves(uppers, lowers, lane, i) * *x++;
    }
    uppers += lines * kPanelLineBytes;
    if (lowers != nullptr) lowers += lines * kPanelLineBytes;
    float scale;
    memcpy(&scale, uppers + lane * sizeof(scale), sizeof(scale));
    uppers += kPanelLineBytes;
    dot += static_cast<float>(sum) * (scale * a.x.scales[b * a.x.pieces_stride + p]);
  }
  return dot;
}

void MatmulHalves(const Int8HalvesArguments& a) {
  for (int64_t b = 0; b < a.batch; ++b) {
    for (int64_t r = 0; r < a.rows; ++r) a.y[b * a.y_stride + r] = ProductOfHalves(a, r, b);
  }
}

}  // namespace

const Int8KernelTable kInt8ScalarKernels = {
    .quantize = Quantize, .measure = Measure, .matmul = Matmul, .matmul_halves = MatmulHalves};

}  // namespace llama2
