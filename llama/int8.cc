#include "llama/int8.h"

#include <cstdint>
#include <utility>

#include "absl/types/span.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"
#include "llama/assemble.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/linear.h"
#include "quant/int8_kernels.h"
#include "quant/packed_int8_matrix.h"

namespace llama2 {
namespace {

class Int8Linear : public Linear {
 public:
  Int8Linear(const Kernels& kernels, const PackedInt8Matrix& matrix)
      : kernels_(kernels.isa()), matrix_(matrix) {}

  int64_t inputs() const override { return matrix_.cols(); }
  int64_t outputs() const override { return matrix_.rows(); }

  int64_t ScratchBytes(int64_t batch) const override {
    return QuantizedVectors::Bytes(batch, matrix_.pieces());
  }

  void Convert(const LinearInput& in, int64_t b) const override {
    kernels_.Quantize(in.x.Row(b), Quantized(in), b);
  }

  void Multiply(const LinearInput& in, Range range, MatrixView<float> y,
                Store store) const override {
    kernels_.Matmul(matrix_, range.begin, range.size(), Quantized(in),
                    y.Columns(range.begin, range.size()), store);
  }

 private:
  QuantizedVectors Quantized(const LinearInput& in) const {
    return QuantizedVectors(in.converted, in.x.rows(), matrix_.pieces());
  }

  Int8Kernels kernels_;
  PackedInt8Matrix matrix_;
};

class Int8Embedding : public Embedding {
 public:
  explicit Int8Embedding(const PackedInt8Matrix& table) : table_(table) {}

  void Read(int64_t token, absl::Span<float> row) const override { table_.ReadRow(token, row); }

 private:
  PackedInt8Matrix table_;
};

}  // namespace

absl::StatusOr<Parts> MakeInt8Parts(Checkpoint checkpoint, Kernels kernels) {
  CHECK(checkpoint.is_int8());
  if (checkpoint.format().version != CheckpointVersion::kV3) {
    const CheckpointFormat panels = {CheckpointVersion::kV3, checkpoint.format().group_size};
    ASSIGN_OR_RETURN(checkpoint, ConvertCheckpoint("int8 weights", panels, checkpoint));
  }
  const auto kept = std::make_shared<const Checkpoint>(std::move(checkpoint));
  return Assemble<Int8Linear, Int8Embedding>(kept->config(), kept->packed_weights(), kernels,
                                             kept);
}

absl::StatusOr<std::unique_ptr<const Transformer>> MakeInt8Transformer(Checkpoint checkpoint,
                                                                       Kernels kernels) {
  ASSIGN_OR_RETURN(Parts parts, MakeInt8Parts(std::move(checkpoint), kernels));
  return std::make_unique<Transformer>(std::move(parts), kernels);
}

}  // namespace llama2
