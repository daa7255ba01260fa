// The ladder from the naive loop to the kernels, step by step: docs/kernels.md.
//
//   bazel run --config=bench //testing/benchmark:ladder -- --benchmark_filter=decode_fp32/
//
// What stands beside the times: measure_kernel.h. Weights lie in ordinary pages of 4 KiB, as
// those of a mapped file do, but for the ladders that are named after huge pages.
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/aligned_buffer.h"
#include "benchmark/benchmark.h"
#include "kernels/isa.h"
#include "kernels/machine_limits.h"
#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"
#include "testing/benchmark/ladder_int8_steps.h"
#include "testing/benchmark/ladder_steps.h"
#include "testing/benchmark/measure_kernel.h"

namespace llama2 {
namespace {

struct Shape {
  int64_t rows, depth, batch;
};

// A layer of the shape of 15M parameters, the classifier of that of 110M; a layer of that.
constexpr Shape kInCache = {288, 768, 1};
constexpr Shape kInMemory = {32000, 768, 1};
constexpr Shape kPrefill = {2048, 768, 128};
constexpr int64_t kGroupSize = 64;

// What all the steps of a ladder in float32 multiply.
struct Fp32Data {
  Fp32Data(const Shape& size, bool huge_pages)
      : shape(size), w(size.rows * size.depth), x(size.batch * size.depth) {
    if (huge_pages) w.PreferHugePages();
    std::minstd_rand random(1);
    for (float& value : w.span()) value = static_cast<float>(random()) * 0x1p-30f - 1;
    for (float& value : x.span()) value = static_cast<float>(random()) * 0x1p-30f - 1;
  }
  Shape shape;
  AlignedBuffer<float> w, x;
};

void MeasureFp32(benchmark::State& state, const Fp32Step& step, const Fp32Data& data,
                 int threads) {
  const auto [rows, depth, batch] = data.shape;
  const MatrixView<const float> w(data.w.data(), rows, depth), x(data.x.data(), batch, depth);
  AlignedBuffer<float> outputs(batch * rows);
  const MatrixView<float> y(outputs.data(), batch, rows);
  const Work work = {
      .operations = 2.0 * rows * depth * batch,
      .peak = FmaPeak(BestIsa(), threads),
      .bytes = static_cast<double>(sizeof(float) * (w.rows() * depth + (depth + rows) * batch)),
      .threads = threads};
  MeasureKernel(state, BestIsa(), work, [&](ThreadTeam::Member& me) {
    const Range mine = me.Share(w.rows(), 16);
    step.matmul(w.Rows(mine.begin, mine.size()), x, y.Columns(mine.begin, mine.size()));
  });
}

void MeasureInt8(benchmark::State& state, const Int8Step& step, const LadderInt8& data,
                 int threads) {
  AlignedBuffer<float> outputs(data.batch * data.rows);
  const MatrixView<float> y(outputs.data(), data.batch, data.rows);
  const int64_t weights = data.rows * data.depth;
  const int64_t floats = data.rows * data.groups + data.batch * (data.groups + data.rows);
  const Work work = {
      .operations = 2.0 * weights * data.batch,
      .peak = Int8Peak(BestIsa(), threads),
      .bytes = static_cast<double>(weights + data.batch * data.depth + sizeof(float) * floats),
      .threads = threads};
  MeasureKernel(state, BestIsa(), work, [&](ThreadTeam::Member& me) {
    const Range mine = me.Share(data.rows, 16);
    step.matmul(data, mine.begin, mine.size(), y.Columns(mine.begin, mine.size()));
  });
}

// Every step on one thread; then the last one, the kernel, on all processors.
template <typename Step, typename Data, typename Measure>
void RegisterLadder(absl::string_view name, const std::vector<Step>& steps,
                    std::shared_ptr<const Data> data, Measure measure) {
  const auto add = [&](const Step& step, const std::string& suffix, int threads) {
    benchmark::RegisterBenchmark(
        absl::StrCat("Ladder/", name, "/", step.name, suffix).c_str(),
        [=](benchmark::State& state) { measure(state, step, *data, threads); });
  };
  for (const Step& step : steps) add(step, "", 1);
  const int processors = AvailableProcessors();
  if (processors > 1) add(steps.back(), absl::StrCat("/threads:", processors), processors);
}

void RegisterFp32(absl::string_view name, const std::vector<Fp32Step>& steps,
                  const Shape& shape, bool huge_pages = false) {
  RegisterLadder(name, steps, std::make_shared<const Fp32Data>(shape, huge_pages), MeasureFp32);
}

void RegisterInt8(absl::string_view name, const std::vector<Int8Step>& steps,
                  const Shape& shape, bool huge_pages = false) {
  RegisterLadder(name, steps,
                 std::make_shared<const LadderInt8>(
                     Int8Shape{shape.rows, shape.depth, kGroupSize, shape.batch}, huge_pages),
                 MeasureInt8);
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  using namespace llama2;
  RegisterFp32("decode_fp32", DecodeFp32Steps(), kInMemory);
  RegisterFp32("decode_fp32_huge_pages", DecodeFp32Steps(), kInMemory, /*huge_pages=*/true);
  RegisterFp32("decode_fp32_in_cache", DecodeFp32Steps(), kInCache);
  RegisterInt8("decode_int8", DecodeInt8Steps(), kInMemory);
  RegisterInt8("decode_int8_huge_pages", DecodeInt8Steps(), kInMemory, /*huge_pages=*/true);
  RegisterInt8("decode_int8_in_cache", DecodeInt8Steps(), kInCache);
  RegisterFp32("prefill_fp32", PrefillFp32Steps(), kPrefill);
  RegisterInt8("prefill_int8", PrefillInt8Steps(), kPrefill);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
