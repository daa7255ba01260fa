#include "llama/int8.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/aligned_buffer.h"
#include "base/status_macros.h"
#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"
#include "llama/assemble.h"
#include "llama/config.h"
#include "llama/linear.h"
#include "llama/weights.h"
#include "quant/int8_kernels.h"
#include "quant/int8_matrix.h"
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

using PackedInt8Weights = BasicWeights<PackedInt8Matrix>;

// The same weights with each matrix replaced by matrix(it), and each norm by norm(it), in
// the order in which a forward pass reads them.
template <typename MatrixFunction, typename NormFunction>
PackedInt8Weights Replaced(const Config& config, const Int8Weights& weights,
                           MatrixFunction matrix, NormFunction norm) {
  PackedInt8Weights replaced;
  replaced.token_embedding = matrix(weights.token_embedding);
  for (const Int8LayerWeights& layer : weights.layers) {
    replaced.layers.push_back({.attention_norm = norm(layer.attention_norm),
                               .wq = matrix(layer.wq),
                               .wk = matrix(layer.wk),
                               .wv = matrix(layer.wv),
                               .wo = matrix(layer.wo),
                               .feed_forward_norm = norm(layer.feed_forward_norm),
                               .w1 = matrix(layer.w1),
                               .w2 = matrix(layer.w2),
                               .w3 = matrix(layer.w3)});
  }
  replaced.final_norm = norm(weights.final_norm);
  replaced.classifier =
      config.shared_classifier ? replaced.token_embedding : matrix(weights.classifier);
  return replaced;
}

// What a packed model lies in.
struct Storage {
  AlignedBuffer<uint8_t> matrices;
  AlignedBuffer<float> norms;
};

int64_t PackedBytes(const Int8Matrix& m) {
  return PackedInt8Matrix::Bytes(m.rows(), m.cols(), m.group_size());
}

// Packs the checkpoint's weights into `storage`. The pages that they came from are given
// back on the way, so that the model is in memory only once.
absl::StatusOr<PackedInt8Weights> PackWeights(const Checkpoint& checkpoint, Storage& storage) {
  int64_t bytes = 0, floats = 0;
  Replaced(
      checkpoint.config(), checkpoint.int8_weights(),
      [&](const Int8Matrix& m) {
        bytes += PackedBytes(m);
        return PackedInt8Matrix();
      },
      [&](absl::Span<const float> norm) {
        floats += norm.size();
        return norm;
      });
  if (!storage.matrices.TryResize(bytes) || !storage.norms.TryResize(floats)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("int8 weights: no memory for ", bytes, " bytes"));
  }
  storage.matrices.PreferHugePages();
  uint8_t* next = storage.matrices.data();
  float* next_norm = storage.norms.data();
  return Replaced(
      checkpoint.config(), checkpoint.int8_weights(),
      [&](const Int8Matrix& m) {
        const absl::Span<uint8_t> out(next, PackedBytes(m));
        Pack(m, out);
        checkpoint.ReleasePages();
        next += out.size();
        return PackedInt8Matrix(out, m.rows(), m.cols(), m.group_size());
      },
      [&](absl::Span<const float> norm) {
        const absl::Span<float> copy(next_norm, norm.size());
        std::copy(norm.begin(), norm.end(), copy.begin());
        next_norm += norm.size();
        return copy;
      });
}

}  // namespace

absl::StatusOr<std::unique_ptr<const Transformer>> MakeInt8Transformer(Checkpoint checkpoint,
                                                                       Kernels kernels) {
  const auto storage = std::make_shared<Storage>();
  ASSIGN_OR_RETURN(const PackedInt8Weights weights, PackWeights(checkpoint, *storage));
  return Assemble<Int8Linear, Int8Embedding>(checkpoint.config(), weights, kernels, storage);
}

}  // namespace llama2
