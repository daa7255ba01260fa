// The kernels in plain C++: the specification, and the file to read first.
//
// Each function says here in which order its sums are taken; the wide instruction
// sets take them in the same order, and so give the same bits. Two orders cover
// everything:
//
//   - A dot product keeps 16 partial sums. Partial sum l takes the elements l,
//     l + 16, l + 32, ... in order, each by one fused multiply-add; an element past
//     the end counts as 0. Then the 16 are added as a tree: l and l + 8, l and
//     l + 4, l and l + 2, l and l + 1. (Sums of squares and of exponentials too.)
//   - Where many sums stand side by side, each is a chain of fused multiply-adds: an
//     attention score is one over the head's dimension; an attended value is four, of
//     which chain c takes the positions c, c + 4, c + 8, ..., added as (0 + 2) + (1 + 3).
//     The products of the backward pass are of this kind too.
//
// A fused multiply-add happens exactly where fmaf is written: the build turns
// contraction off.
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels/exp_constants.h"
#include "kernels/kernel_table.h"

namespace llama2 {
namespace {

#include "kernels/scalar_lanes.inc"

constexpr int kChains = 4;

// The sum of a[i] * b[i] over n elements, in canonical order.
float Dot(const float* a, const float* b, int64_t n) {
  float lanes[kLanes] = {};
  for (int64_t begin = 0; begin < n; begin += kLanes) {
    for (int l = 0; l < kLanes; ++l) {
      const int64_t i = begin + l;
      lanes[l] = i < n ? fmaf(a[i], b[i], lanes[l]) : fmaf(0, 0, lanes[l]);
    }
  }
  return TreeSum(lanes);
}

float ExpOf(float x) {
  if (x < kExpLowest) return 0;
  const float cut = kExpHighest < x ? kExpHighest : x;  // NaN stays NaN
  const float rounded = fmaf(cut, kLog2E, kRound);
  const float n = rounded - kRound;
  const float r = fmaf(n, -kLn2Low, fmaf(n, -kLn2High, cut));
  float p = kExpP4;
  p = fmaf(p, r, kExpP3);
  p = fmaf(p, r, kExpP2);
  p = fmaf(p, r, kExpP1);
  p = fmaf(p, r, kExpP0);
  p = fmaf(p, r * r, r) + 1.0f;

  // Times 2^n, in two factors: 2^128 is no float, but 2^64 is.
  uint32_t bits;
  memcpy(&bits, &rounded, sizeof(bits));
  const int32_t exponent = static_cast<int32_t>(bits - kRoundBits);
  const int32_t half = exponent >> 1;
  const uint32_t first_bits = static_cast<uint32_t>(half + 127) << 23;
  const uint32_t second_bits = static_cast<uint32_t>(exponent - half + 127) << 23;
  float first, second;
  memcpy(&first, &first_bits, sizeof(first));
  memcpy(&second, &second_bits, sizeof(second));
  return p * first * second;
}

void Matmul(const MatmulArguments& a) {
  for (int64_t b = 0; b < a.batch; ++b) {
    for (int64_t r = 0; r < a.rows; ++r) {
      const float dot = Dot(a.w + r * a.w_stride, a.x + b * a.x_stride, a.depth);
      float& y = a.y[b * a.y_stride + r];
      y = a.accumulate ? y + dot : dot;
    }
  }
}

// The largest of n values, NaN passed over; -infinity where there is none.
float Largest(const float* x, int64_t n) {
  float largest = -INFINITY;
  for (int64_t i = 0; i < n; ++i) {
    if (x[i] > largest) largest = x[i];
  }
  return largest;
}

// x[i] = exp(x[i] - largest); returns their sum in the order of a dot product.
float ExpAndSum(float* x, int64_t n, float largest) {
  float lanes[kLanes] = {};
  for (int64_t i = 0; i < n; ++i) {
    x[i] = ExpOf(x[i] - largest);
    lanes[i % kLanes] += x[i];
  }
  return TreeSum(lanes);
}

// One query over the first `length` positions.
void Attend(const AttentionArguments& a, const float* q, int64_t length, float* out) {
  float* scores = a.scores;
  for (int64_t t = 0; t < length; ++t) {
    const float* k = a.k + t / kKeyBlock * a.head_dim * kKeyBlock + t % kKeyBlock;
    float score = 0;
    for (int64_t i = 0; i < a.head_dim; ++i) score = fmaf(q[i], k[i * kKeyBlock], score);
    scores[t] = score * a.scale;
  }
  const float sum = ExpAndSum(scores, length, Largest(scores, length));
  for (int64_t i = 0; i < a.head_dim; ++i) {
    float chains[kChains] = {};
    for (int64_t t = 0; t < length; ++t) {
      float& chain = chains[t % kChains];
      chain = fmaf(scores[t], a.v[t * a.head_dim + i], chain);
    }
    out[i] = ((chains[0] + chains[2]) + (chains[1] + chains[3])) / sum;
  }
}

void Attention(const AttentionArguments& a) {
  for (int64_t t = 0; t < a.positions; ++t) {
    for (int64_t h = 0; h < a.heads; ++h) {
      Attend(a, a.q + t * a.q_stride + h * a.head_dim, a.length + t,
             a.out + t * a.out_stride + h * a.head_dim);
    }
  }
}

void RmsNorm(const float* x, const float* weight, int64_t n, float epsilon, float* y) {
  const float mean_square = Dot(x, x, n) / static_cast<float>(n);
  const float scale = 1.0f / sqrtf(mean_square + epsilon);
  for (int64_t i = 0; i < n; ++i) y[i] = weight[i] * (x[i] * scale);
}

void Softmax(float* x, int64_t n) {
  const float sum = ExpAndSum(x, n, Largest(x, n));
  for (int64_t i = 0; i < n; ++i) x[i] /= sum;
}

void Rope(float* x, const float* cosines, const float* sines, int64_t n) {
  for (int64_t i = 0; i < n; i += 2) {
    const float even = x[i];
    const float odd = x[i + 1];
    x[i] = fmaf(even, cosines[i], odd * sines[i]);
    x[i + 1] = fmaf(odd, cosines[i + 1], even * sines[i + 1]);
  }
}

void SiluGate(float* gate, const float* up, int64_t n) {
  for (int64_t i = 0; i < n; ++i) gate[i] = gate[i] / (1.0f + ExpOf(-gate[i])) * up[i];
}

void Add(float* y, const float* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] += x[i];
}

void Exp(const float* x, int64_t n, float* y) {
  for (int64_t i = 0; i < n; ++i) y[i] = ExpOf(x[i]);
}

int64_t Argmax(const float* x, int64_t n) {
  int64_t best = 0;
  float largest = -INFINITY;
  for (int64_t i = 0; i < n; ++i) {
    if (x[i] > largest) {
      largest = x[i];
      best = i;
    }
  }
  return best;
}

// In the order of a dot product.
float SumAtLeast(const float* x, int64_t n, float least) {
  float lanes[kLanes] = {};
  for (int64_t i = 0; i < n; ++i) {
    if (x[i] >= least) lanes[i % kLanes] += x[i];
  }
  return TreeSum(lanes);
}

int64_t FindAtLeast(const float* x, int64_t n, float least, int32_t* indices) {
  int64_t found = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (x[i] >= least) indices[found++] = static_cast<int32_t>(i);
  }
  return found;
}

// ---------------------------------------------------------------- for training

// Each output is one chain over k, which begins with 0 or with what stands there.
void Gemm(const GemmArguments& g) {
  for (int64_t m = 0; m < g.rows; ++m) {
    for (int64_t n = 0; n < g.columns; ++n) {
      float& c = g.c[m * g.c_stride + n];
      float sum = g.accumulate ? c : 0.0f;
      for (int64_t k = 0; k < g.depth; ++k) {
        sum =
            fmaf(g.a[m * g.a_row_stride + k * g.a_column_stride], g.b[k * g.b_stride + n], sum);
      }
      c = sum;
    }
  }
}

// y = w n, where n = x r and r = 1 / rms(x). With g = dy w: dw += dy n, and
// dx += r (g - n mean(g n)).
void RmsNormBackward(const float* x, const float* weight, const float* dy, int64_t n,
                     float epsilon, float* dx, float* dweight) {
  const float size = static_cast<float>(n);
  const float scale = 1.0f / sqrtf(Dot(x, x, n) / size + epsilon);
  float lanes[kLanes] = {};
  for (int64_t i = 0; i < n; ++i) {
    const float normed = x[i] * scale;
    dweight[i] = fmaf(dy[i], normed, dweight[i]);
    lanes[i % kLanes] = fmaf(dy[i] * weight[i], normed, lanes[i % kLanes]);
  }
  const float mean = TreeSum(lanes) / size;
  for (int64_t i = 0; i < n; ++i) {
    const float normed = x[i] * scale;
    dx[i] = fmaf(fmaf(-normed, mean, dy[i] * weight[i]), scale, dx[i]);
  }
}

// With s = 1 / (1 + exp(-gate)) and silu = gate s, whose derivative is s (1 + gate (1 - s)).
void SiluGateBackward(float* gate, float* up, float* dy, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const float denominator = 1.0f + ExpOf(-gate[i]);
    const float s = 1.0f / denominator;
    const float silu = gate[i] / denominator;
    const float slope = s * fmaf(gate[i], 1.0f - s, 1.0f);
    const float output = silu * up[i];
    gate[i] = dy[i] * up[i] * slope;
    up[i] = dy[i] * silu;
    dy[i] = output;
  }
}

void SoftmaxBackward(const float* p, float* dp, int64_t n, float scale) {
  const float sum = Dot(p, dp, n);
  for (int64_t i = 0; i < n; ++i) dp[i] = (dp[i] - sum) * (p[i] * scale);
}

}  // namespace

const KernelTable kScalarKernels = {
    .matmul = Matmul,
    .attention = Attention,
    .rms_norm = RmsNorm,
    .softmax = Softmax,
    .rope = Rope,
    .silu_gate = SiluGate,
    .add = Add,
    .exp = Exp,
    .argmax = Argmax,
    .sum_at_least = SumAtLeast,
    .find_at_least = FindAtLeast,
    .gemm = Gemm,
    .rms_norm_backward = RmsNormBackward,
    .silu_gate_backward = SiluGateBackward,
    .softmax_backward = SoftmaxBackward,
};

}  // namespace llama2
