#include "llama/int8.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <utility>

#include "absl/types/span.h"
#include "base/check.h"
#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"
#include "llama/assemble.h"
#include "llama/linear.h"
#include "quant/int8_kernels.h"
#include "quant/int8_matrix.h"
#include "quant/quantize.h"

namespace llama2 {
namespace {

class Int8Linear : public StackedLinear<Int8Matrix> {
 public:
  Int8Linear(const Kernels& kernels, std::initializer_list<Int8Matrix> matrices)
      : StackedLinear(matrices),
        kernels_(kernels.isa()),
        group_size_(matrices.begin()->group_size()) {
    for (const Int8Matrix& matrix : matrices) CHECK_EQ(matrix.group_size(), group_size_);
  }

  int64_t ScratchBytes(int64_t batch) const override {
    return QuantizedVectors::Bytes(batch, inputs(), group_size_);
  }

  void Apply(ThreadTeam::Member& me, MatrixView<const float> x, MatrixView<float> y,
             Store store, absl::Span<uint8_t> scratch) const override {
    const QuantizedVectors quantized(scratch, x.rows(), inputs(), group_size_);
    Quantize(me, x, quantized);
    ShareRows(me, [&](const Int8Matrix& matrix, int64_t row, int64_t rows, int64_t output) {
      kernels_.Matmul(matrix, row, rows, quantized, y.Columns(output, rows), store);
    });
  }

 private:
  // The groups of all rows of x are shared out, then waited for.
  void Quantize(ThreadTeam::Member& me, MatrixView<const float> x,
                const QuantizedVectors& out) const {
    const int64_t groups = out.groups();
    const Range mine = me.Share(x.rows() * groups);
    for (int64_t i = mine.begin; i < mine.end;) {
      const int64_t b = i / groups;
      const int64_t begin = i % groups;
      const int64_t end = std::min(groups, begin + mine.end - i);
      kernels_.Quantize(x.Row(b), out, b, begin, end);
      i += end - begin;
    }
    me.Wait();
  }

  Int8Kernels kernels_;
  int64_t group_size_;
};

class Int8Embedding : public Embedding {
 public:
  explicit Int8Embedding(const Int8Matrix& table) : table_(table) {}

  void Read(int64_t token, absl::Span<float> row) const override {
    DequantizeRow(table_, token, row);
  }

 private:
  Int8Matrix table_;
};

}  // namespace

std::unique_ptr<const Transformer> MakeInt8Transformer(Checkpoint checkpoint, Kernels kernels) {
  const auto kept = std::make_shared<const Checkpoint>(std::move(checkpoint));
  return Assemble<Int8Linear, Int8Embedding>(kept->config(), kept->int8_weights(), kernels,
                                             kept);
}

}  // namespace llama2
