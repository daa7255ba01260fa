// How near the int8 kernels come to what this machine can do.
//
//   bazel run --config=bench //testing/benchmark:int8_kernels_benchmark --
//   --benchmark_filter=vnni
//
// What stands beside the times: testing/benchmark/measure_kernel.h. The limit of the arithmetic
// is that of VNNI, four products where there is one in float32; the other instruction sets
// cannot come near it.
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/aligned_buffer.h"
#include "benchmark/benchmark.h"
#include "kernels/int8_tables.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/machine_limits.h"
#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"
#include "quant/int8_kernels.h"
#include "quant/int8_matrix.h"
#include "quant/int8_screen.h"
#include "quant/packed_int8_matrix.h"
#include "testing/benchmark/measure_kernel.h"

namespace llama2 {
namespace {

struct Shape {
  int64_t rows, depth, group_size, batch;
};

AlignedBuffer<float> Values(int64_t n) {
  std::minstd_rand random(1);
  AlignedBuffer<float> values(n);
  for (float& value : values.span()) value = static_cast<float>(random()) * 0x1p-30f - 1;
  return values;
}

// Both quantising the vectors and the product with them, as a linear layer does it.
void Linear(benchmark::State& state, const Int8Variant& variant, const Shape& shape,
            int threads) {
  const auto [rows, depth, group_size, batch] = shape;
  const Int8Kernels kernels(*variant.table);
  AlignedBuffer<uint8_t> bytes(Int8Matrix::Bytes(rows, depth, group_size));
  std::minstd_rand random(2);
  std::generate_n(bytes.data(), rows * depth, random);  // the scales are zeros
  AlignedBuffer<uint8_t> panels(PackedInt8Matrix::Bytes(rows, depth, group_size));
  Pack(Int8Matrix(bytes.span(), rows, depth, group_size), panels.span());
  const PackedInt8Matrix w(panels.span(), rows, depth, group_size);
  AlignedBuffer<float> x = Values(batch * depth), y(batch * rows);
  const MatrixView<const float> inputs(x.data(), batch, depth);
  const MatrixView<float> outputs(y.data(), batch, rows);
  AlignedBuffer<uint8_t> scratch(QuantizedVectors::Bytes(batch, w.pieces()));
  const QuantizedVectors quantized(scratch.span(), batch, w.pieces());
  const Work work = {
      .operations = 2.0 * rows * depth * batch,
      .peak = Int8Peak(variant.isa, threads),
      .bytes = static_cast<double>(panels.size() + sizeof(float) * (x.size() + y.size())),
      .threads = threads};
  MeasureKernel(state, variant.isa, work, [&](ThreadTeam::Member& me) {
    const Range rows_of_x = me.Share(shape.batch);
    for (int64_t b = rows_of_x.begin; b < rows_of_x.end; ++b) {
      kernels.Quantize(inputs.Row(b), quantized, b);
    }
    me.Wait();
    const Range mine = me.Share(shape.rows, 16);
    kernels.Matmul(w, mine.begin, mine.size(), quantized,
                   outputs.Columns(mine.begin, mine.size()), Store::kReplace);
  });
}

// What is read of a classifier.
enum class Reading {
  kAll,       // the float32 matrix, for all logits
  kScreened,  // its int8 copy, for the largest
  kGuessed,   // the copy's upper halves, for about all
};

// Products of a float32 matrix and a vector, when all of the int8 copy has been made: the bytes
// and operations are those of the float32 product. Each vector is another one.
void Largest(benchmark::State& state, Reading reading, const Shape& shape, int threads) {
  const auto [rows, depth, group_size, batch] = shape;
  const Kernels kernels(BestIsa());
  AlignedBuffer<float> w = Values(rows * depth), x = Values(batch * depth), y(rows);
  const MatrixView<const float> matrix(w.data(), rows, depth);
  const MatrixView<const float> vectors(x.data(), batch, depth);
  const auto screen = Int8Screen::Create(matrix, kernels, {});
  screen->Prepare({0, rows});
  AlignedBuffer<uint8_t> scratch(threads * screen->ScratchBytes(1));
  int64_t next = 0;
  const Work work = {.operations = 2.0 * rows * depth,
                     .peak = FmaPeak(kernels.isa(), threads),
                     .bytes = static_cast<double>(sizeof(float) * (w.size() + depth + rows)),
                     .threads = threads};
  const auto multiply = [&](ThreadTeam::Member& me) {
    const MatrixView<const float> vector = vectors.Rows(next % shape.batch, 1);
    me.Wait();
    if (me.index() == 0) ++next;
    const Range mine = me.Share(shape.rows, 16);
    const MatrixView<float> out(y.data() + mine.begin, 1, mine.size());
    if (reading == Reading::kAll) {
      return kernels.Matmul(matrix.Rows(mine.begin, mine.size()), vector, out);
    }
    const QuantizedVectors x8 = screen->Quantized(
        scratch.span().subspan(me.index() * screen->ScratchBytes(1)), /*batch=*/1);
    screen->Quantize(vector.Row(0), x8, 0);
    if (reading == Reading::kGuessed) return screen->MultiplyAbout(vector, x8, mine, out);
    screen->Multiply(vector, x8, mine, out);
  };
  MeasureKernel(state, kernels.isa(), work, multiply);
}

void RegisterLargest(int threads) {
  // The classifiers of models of 15M, 42M and 110M parameters.
  constexpr Shape kShapes[] = {
      {32000, 288, 32, 16}, {32000, 512, 64, 16}, {32000, 768, 64, 16}};
  const std::string suffix = threads == 1 ? "" : absl::StrCat("/threads:", threads);
  for (const Shape& shape : kShapes) {
    for (const auto& [reading, name] : {std::pair(Reading::kAll, "all"),
                                        {Reading::kScreened, "screened"},
                                        {Reading::kGuessed, "guessed"}}) {
      benchmark::RegisterBenchmark(
          absl::StrCat("Largest/", name, "/", shape.rows, "x", shape.depth, suffix).c_str(),
          [=, reading = reading](benchmark::State& state) {
            Largest(state, reading, shape, threads);
          });
    }
  }
}

void RegisterFor(const Int8Variant& variant, int threads) {
  // Decoding with models of 260K, 15M, 42M and 110M parameters: a layer, the classifier;
  // 42M as llama2.c quantises it, too, in groups that straddle rows. Then prefill.
  constexpr Shape kShapes[] = {
      {172, 64, 4, 1},     {64, 172, 4, 1},     {768, 288, 32, 1},   {288, 768, 32, 1},
      {32000, 288, 32, 1}, {512, 1376, 32, 1},  {512, 1376, 64, 1},  {2048, 768, 64, 1},
      {32000, 768, 64, 1}, {5632, 2048, 64, 1}, {768, 288, 32, 4},   {172, 64, 4, 64},
      {768, 288, 32, 64},  {512, 1376, 64, 64}, {2048, 768, 64, 64}, {768, 288, 96, 64}};
  const std::string suffix = threads == 1 ? "" : absl::StrCat("/threads:", threads);
  for (const Shape& shape : kShapes) {
    benchmark::RegisterBenchmark(
        absl::StrCat("Linear/", variant.name, "/", shape.rows, "x", shape.depth,
                     "/group:", shape.group_size, "/batch:", shape.batch, suffix)
            .c_str(),
        [=](benchmark::State& state) { Linear(state, variant, shape, threads); });
  }
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const int processors = llama2::AvailableProcessors();
  for (const llama2::Int8Variant& variant : llama2::SupportedInt8Variants()) {
    llama2::RegisterFor(variant, /*threads=*/1);
    if (processors > 1) llama2::RegisterFor(variant, processors);
  }
  llama2::RegisterLargest(/*threads=*/1);
  if (processors > 1) llama2::RegisterLargest(processors);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
