#include "llama/fp32.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "kernels/tensor_view.h"
#include "llama/assemble.h"

namespace llama2 {
namespace {

using Matrix = MatrixView<const float>;

class Fp32Linear : public StackedLinear<Matrix> {
 public:
  Fp32Linear(Kernels kernels, std::initializer_list<Matrix> matrices)
      : StackedLinear(matrices), kernels_(kernels) {}

  int64_t ScratchBytes(int64_t) const override { return 0; }

  void Apply(ThreadTeam::Member& me, Matrix x, MatrixView<float> y, Store store,
             absl::Span<uint8_t>) const override {
    ShareRows(me, [&](const Matrix& matrix, int64_t row, int64_t rows, int64_t output) {
      kernels_.Matmul(matrix.Rows(row, rows), x, y.Columns(output, rows), store);
    });
  }

 private:
  Kernels kernels_;
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
