#include "llama/fp32.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"
#include "llama/assemble.h"
#include "llama/linear.h"
#include "quant/int8_kernels.h"
#include "quant/int8_screen.h"

namespace llama2 {
namespace {

using Matrix = MatrixView<const float>;

class Fp32Linear : public Linear {
 public:
  Fp32Linear(Kernels kernels, const Matrix& matrix) : kernels_(kernels), matrix_(matrix) {}

  int64_t inputs() const override { return matrix_.cols(); }
  int64_t outputs() const override { return matrix_.rows(); }

  int64_t ScratchBytes(int64_t) const override { return 0; }
  void Convert(const LinearInput&, int64_t) const override {}

  void Multiply(const LinearInput& in, Range range, MatrixView<float> y,
                Store store) const override {
    kernels_.Matmul(matrix_.Rows(range.begin, range.size()), in.x,
                    y.Columns(range.begin, range.size()), store);
  }

 private:
  Kernels kernels_;
  Matrix matrix_;
};

// The classifier of a large vocabulary: whoever wants the most probable token alone, or a guess
// at it, need not read it whole.
class ScreenedFp32Linear : public Fp32Linear {
 public:
  ScreenedFp32Linear(Kernels kernels, const Matrix& matrix, std::unique_ptr<Int8Screen> screen)
      : Fp32Linear(kernels, matrix), screen_(std::move(screen)) {}

  int64_t ScratchBytes(int64_t batch) const override { return screen_->ScratchBytes(batch); }

  void Convert(const LinearInput& in, int64_t b) const override {
    screen_->Quantize(in.x.Row(b), Quantized(in), b);
  }

  void MultiplyForLargest(const LinearInput& in, Range range,
                          MatrixView<float> y) const override {
    screen_->Multiply(in.x, Quantized(in), range, y.Columns(range.begin, range.size()));
  }

  void MultiplyAbout(const LinearInput& in, Range range, MatrixView<float> y) const override {
    screen_->MultiplyAbout(in.x, Quantized(in), range, y.Columns(range.begin, range.size()));
  }

  void PrepareAbout(Range range) const override { screen_->Prepare(range); }

 private:
  QuantizedVectors Quantized(const LinearInput& in) const {
    return screen_->Quantized(in.converted, in.x.rows());
  }

  const std::unique_ptr<Int8Screen> screen_;
};

class Fp32Embedding : public Embedding {
 public:
  explicit Fp32Embedding(const Matrix& table) : table_(table) {}

  void Read(int64_t token, absl::Span<float> row) const override {
    const absl::Span<const float> embedding = table_.Row(token);
    std::copy(embedding.begin(), embedding.end(), row.begin());
  }

 private:
  Matrix table_;
};

}  // namespace

std::unique_ptr<const Transformer> MakeFp32Transformer(Checkpoint checkpoint, Kernels kernels) {
  const auto kept = std::make_shared<const Checkpoint>(std::move(checkpoint));
  const Matrix& classifier = kept->weights().classifier;
  Parts parts =
      Assemble<Fp32Linear, Fp32Embedding>(kept->config(), kept->weights(), kernels, kept);
  // The copy takes memory, but for the pages of what it was made of.
  auto screen = Int8Screen::Create(
      classifier, kernels,
      {.on_copied = [&kept = *kept](const Matrix& rows) { kept.ReleasePages(rows); },
       .read = [&kept = *kept](const Matrix& row, float* out) { return kept.Read(row, out); }});
  if (screen != nullptr) {
    parts.classifier =
        std::make_unique<ScreenedFp32Linear>(kernels, classifier, std::move(screen));
  }
  return std::make_unique<Transformer>(std::move(parts), kernels);
}

std::unique_ptr<const Transformer> MakeFp32Transformer(const Config& config,
                                                       const Weights& weights,
                                                       Kernels kernels) {
  return std::make_unique<Transformer>(
      Assemble<Fp32Linear, Fp32Embedding>(config, weights, kernels, nullptr), kernels);
}

}  // namespace llama2
