#include "testing/benchmark/ladder_int8_steps.h"

#include <cstring>
#include <random>

#include "absl/types/span.h"
#include "kernels/int8_kernel_table.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "quant/int8_matrix.h"
#include "quant/int8_pieces.h"
#if defined(__x86_64__)
#include "kernels/avx512_intrinsics.h"
#endif

namespace llama2 {

LadderInt8::LadderInt8(const Int8Shape& shape, bool huge_pages)
    : Int8Shape(shape),
      groups(depth / group_size),
      w(rows * depth),
      w_scales(rows * groups),
      x(batch * depth),
      x_scales(batch * groups),
      x_biases(batch * groups),
      panels_(PackedInt8Matrix::Bytes(rows, depth, group_size)),
      vectors_(QuantizedVectors::Bytes(batch, Int8Pieces(depth, group_size))),
      packed_(panels_.span(), rows, depth, group_size),
      quantized_(vectors_.span(), batch, packed_.pieces()) {
  if (huge_pages) {
    w.PreferHugePages();
    panels_.PreferHugePages();
  }
  std::minstd_rand random(1);
  for (int8_t& value : w.span()) value = static_cast<int8_t>(random());
  for (float& scale : w_scales.span()) scale = static_cast<float>(random()) * 0x1p-40f;
  AlignedBuffer<uint8_t> file(Int8Matrix::Bytes(rows, depth, group_size));
  std::memcpy(file.data(), w.data(), w.size());
  std::memcpy(file.data() + w.size(), w_scales.data(), w_scales.size() * sizeof(float));
  Pack(Int8Matrix(file.span(), rows, depth, group_size), panels_.span());

  const Int8Kernels kernels(BestIsa());
  AlignedBuffer<float> vector(depth);
  for (int64_t b = 0; b < batch; ++b) {
    for (float& value : vector.span()) value = static_cast<float>(random()) * 0x1p-30f - 1;
    kernels.Quantize(vector.span(), quantized_, b);
    for (int64_t i = 0; i < depth; ++i) {
      const int64_t group = b * groups + i / group_size;
      x[b * depth + i] = quantized_.Value(b, i);
      x_scales[group] = quantized_.Scale(b, i);
      x_biases[group] -= 128 * x[b * depth + i];
    }
  }
}

namespace {

// One row's product with one vector.
using Dot = float (*)(const LadderInt8& data, int64_t row, int64_t b);

template <Dot dot>
void VectorByVector(const LadderInt8& data, int64_t first_row, int64_t rows,
                    MatrixView<float> y) {
  for (int64_t b = 0; b < data.batch; ++b) {
    for (int64_t r = 0; r < rows; ++r) y.Row(b)[r] = dot(data, first_row + r, b);
  }
}

// Exact within a group; the groups one after the other.
float NaiveDot(const LadderInt8& data, int64_t row, int64_t b) {
  const int8_t* w = data.w.data() + row * data.depth;
  const int8_t* x = data.x.data() + b * data.depth;
  float dot = 0;
  for (int64_t g = 0; g < data.groups; ++g) {
    int32_t sum = 0;
    for (int64_t i = 0; i < data.group_size; ++i) sum += w[i] * x[i];
    const float scale =
        data.w_scales[row * data.groups + g] * data.x_scales[b * data.groups + g];
    dot += static_cast<float>(sum) * scale;
    w += data.group_size;
    x += data.group_size;
  }
  return dot;
}

// What a forward pass calls.
Int8Step KernelStep(absl::string_view name) {
  const Int8Kernels kernels(BestIsa());
  const auto matmul = [=](const LadderInt8& data, int64_t first_row, int64_t rows,
                          MatrixView<float> y) {
    kernels.Matmul(data.packed(), first_row, rows, data.quantized(), y, Store::kReplace);
  };
  return {name, matmul, true};
}

#if defined(__x86_64__)

#define LLAMA2_AVX512 __attribute__((target("avx512f,avx512bw")))
#define LLAMA2_VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

// Bytes are made 16 bits wide, multiplied, and added in pairs.
LLAMA2_AVX512 float WideningDot(const LadderInt8& data, int64_t row, int64_t b) {
  const int8_t* w = data.w.data() + row * data.depth;
  const int8_t* x = data.x.data() + b * data.depth;
  float dot = 0;
  for (int64_t g = 0; g < data.groups; ++g) {
    __m512i sums = _mm512_setzero_si512();
    for (int64_t i = 0; i < data.group_size; i += 32) {
      const __m256i w8 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w + i));
      const __m256i x8 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x + i));
      const __m512i pairs =
          _mm512_madd_epi16(_mm512_cvtepi8_epi16(w8), _mm512_cvtepi8_epi16(x8));
      sums = _mm512_add_epi32(sums, pairs);
    }
    const float scale =
        data.w_scales[row * data.groups + g] * data.x_scales[b * data.groups + g];
    dot += static_cast<float>(_mm512_reduce_add_epi32(sums)) * scale;
    w += data.group_size;
    x += data.group_size;
  }
  return dot;
}

// The 16 sums of one group of a row by VNNI, which multiplies unsigned with signed bytes:
// with 128 added to it (that is what flipping its highest bit does) a weight is unsigned.
LLAMA2_VNNI inline __m512i GroupSums(const int8_t* w, const int8_t* x, int64_t n,
                                     __m512i sums) {
  for (int64_t i = 0; i < n; i += 64) {
    const __m512i weights = _mm512_xor_si512(_mm512_loadu_si512(w + i), _mm512_set1_epi8(-128));
    sums = _mm512_dpbusd_epi32(sums, weights, _mm512_loadu_si512(x + i));
  }
  return sums;
}

// 64 products in one instruction, then their sum across the register, for each group.
LLAMA2_VNNI float VnniDot(const LadderInt8& data, int64_t row, int64_t b) {
  const int8_t* w = data.w.data() + row * data.depth;
  const int8_t* x = data.x.data() + b * data.depth;
  float dot = 0;
  for (int64_t g = 0; g < data.groups; ++g) {
    const int64_t begin = g * data.group_size;
    const __m512i sums =
        GroupSums(w + begin, x + begin, data.group_size, _mm512_setzero_si512());
    const int32_t sum = _mm512_reduce_add_epi32(sums) + data.x_biases[b * data.groups + g];
    const float scale =
        data.w_scales[row * data.groups + g] * data.x_scales[b * data.groups + g];
    dot += static_cast<float>(sum) * scale;
  }
  return dot;
}

// The 16 sums go on as floats, and are added across the register once in a row: less work,
// in another order.
LLAMA2_VNNI float VnniLateSumDot(const LadderInt8& data, int64_t row, int64_t b) {
  const int8_t* w = data.w.data() + row * data.depth;
  const int8_t* x = data.x.data() + b * data.depth;
  __m512 dots = _mm512_setzero_ps();
  for (int64_t g = 0; g < data.groups; ++g) {
    const int64_t begin = g * data.group_size;
    const __m512i bias =
        _mm512_zextsi128_si512(_mm_cvtsi32_si128(data.x_biases[b * data.groups + g]));
    const __m512i sums = GroupSums(w + begin, x + begin, data.group_size, bias);
    const float scale =
        data.w_scales[row * data.groups + g] * data.x_scales[b * data.groups + g];
    dots = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums), _mm512_set1_ps(scale), dots);
  }
  return _mm512_reduce_add_ps(dots);
}

// P panels of 16 rows times N vectors. A lane is a row: nothing is ever added across a
// register, and P + N loads serve P * N products.
template <int P, int N>
LLAMA2_VNNI void Tile(const LadderInt8& data, int64_t row, int64_t b0, MatrixView<float> y,
                      int64_t column) {
  const int64_t panel_bytes = data.packed().pieces().panel_bytes();
  const uint8_t* line = data.packed().Panel(row);
  const int8_t* x = data.x.data() + b0 * data.depth;
  __m512 dots[P][N];
  for (auto& panel : dots) {
    for (__m512& dot : panel) dot = _mm512_setzero_ps();
  }
  for (int64_t g = 0; g < data.groups; ++g) {
    __m512i sums[P][N];
    for (int n = 0; n < N; ++n) {
      const int32_t bias = data.x_biases[(b0 + n) * data.groups + g];
      for (int p = 0; p < P; ++p) sums[p][n] = _mm512_set1_epi32(bias);
    }
    for (int64_t i = 0; i < data.group_size; i += kQuad) {
      __m512i weights[P];
      for (int p = 0; p < P; ++p) {
        weights[p] = _mm512_xor_si512(_mm512_loadu_si512(line + p * panel_bytes),
                                      _mm512_set1_epi8(-128));
      }
      for (int n = 0; n < N; ++n) {
        int32_t quad;
        std::memcpy(&quad, x + n * data.depth + i, sizeof(quad));
        const __m512i quads = _mm512_set1_epi32(quad);
        for (int p = 0; p < P; ++p) {
          // In assembler, because g++ 12 copies the sums of its intrinsic forth and back.
          asm("vpdpbusd %2, %1, %0" : "+v"(sums[p][n]) : "v"(weights[p]), "v"(quads));
        }
      }
      line += kPanelLineBytes;
    }
    for (int p = 0; p < P; ++p) {
      const __m512 scales = _mm512_loadu_ps(line + p * panel_bytes);
      for (int n = 0; n < N; ++n) {
        const __m512 both =
            _mm512_mul_ps(scales, _mm512_set1_ps(data.x_scales[(b0 + n) * data.groups + g]));
        dots[p][n] =
            _mm512_add_ps(dots[p][n], _mm512_mul_ps(_mm512_cvtepi32_ps(sums[p][n]), both));
      }
    }
    line += kPanelLineBytes;
    x += data.group_size;
  }
  for (int n = 0; n < N; ++n) {
    for (int p = 0; p < P; ++p) {
      _mm512_storeu_ps(y.Row(b0 + n).data() + column + p * kPanelRows, dots[p][n]);
    }
  }
}

// P panels times the vectors from b on: in tiles of N, what is left in smaller ones.
template <int P, int N>
void PanelsInTiles(const LadderInt8& data, int64_t row, int64_t b, MatrixView<float> y,
                   int64_t column) {
  for (; b + N <= data.batch; b += N) Tile<P, N>(data, row, b, y, column);
  if constexpr (N > 1) {
    if (b < data.batch) PanelsInTiles<P, N - 1>(data, row, b, y, column);
  }
}

// `rows` is a multiple of P * 16.
template <int P, int N>
void InTiles(const LadderInt8& data, int64_t first_row, int64_t rows, MatrixView<float> y) {
  for (int64_t r = 0; r < rows; r += P * kPanelRows) {
    PanelsInTiles<P, N>(data, first_row + r, 0, y, r);
  }
}

bool HasAvx512() { return BestIsa() == Isa::kAvx512; }
bool HasVnni() { return HasAvx512() && __builtin_cpu_supports("avx512vnni"); }

#endif

}  // namespace

std::vector<Int8Step> DecodeInt8Steps() {
  std::vector<Int8Step> steps = {{"1_naive", VectorByVector<NaiveDot>, true}};
#if defined(__x86_64__)
  if (HasAvx512()) steps.push_back({"2_widening", VectorByVector<WideningDot>, true});
  if (HasVnni()) {
    steps.push_back({"3_vnni", VectorByVector<VnniDot>, true});
    steps.push_back({"4_vnni_late_sum", VectorByVector<VnniLateSumDot>, false});
    steps.push_back({"5_panels", InTiles<1, 1>, true});
  }
#endif
  steps.push_back(KernelStep("6_kernel"));
  return steps;
}

std::vector<Int8Step> PrefillInt8Steps() {
  std::vector<Int8Step> steps = {{"1_naive", VectorByVector<NaiveDot>, true}};
#if defined(__x86_64__)
  if (HasAvx512()) steps.push_back({"2_widening", VectorByVector<WideningDot>, true});
  if (HasVnni()) {
    steps.push_back({"3_vnni", VectorByVector<VnniDot>, true});
    steps.push_back({"4_panels", InTiles<1, 1>, true});
    steps.push_back({"5_tile_1x4", InTiles<1, 4>, true});
    steps.push_back({"6_tile_2x2", InTiles<2, 2>, true});
    steps.push_back({"7_tile_2x6", InTiles<2, 6>, true});
  }
#endif
  steps.push_back(KernelStep("8_kernel"));
  return steps;
}

}  // namespace llama2
