#include "llama/fp32.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"
#include "llama/assemble.h"
#include "llama/linear.h"

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
  return Assemble<Fp32Linear, Fp32Embedding>(kept->config(), kept->weights(), kernels, kept);
}

std::unique_ptr<const Transformer> MakeFp32Transformer(const Config& config,
                                                       const Weights& weights,
                                                       Kernels kernels) {
  return Assemble<Fp32Linear, Fp32Embedding>(config, weights, kernels, nullptr);
}

}  // namespace llama2
