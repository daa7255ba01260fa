#include "kernels/kernels.h"

#include "base/check.h"

namespace llama2 {
namespace {

const KernelTable* TableFor(Isa isa) {
  switch (isa) {
    case Isa::kScalar:
      return &kScalarKernels;
#if defined(__x86_64__)
    case Isa::kAvx2:
      return &kAvx2Kernels;
    case Isa::kAvx512:
      return &kAvx512Kernels;
#else
    case Isa::kAvx2:
    case Isa::kAvx512:
      break;
#endif
  }
  CHECK(false);
  return nullptr;
}

// c = a b, or c += a b, where a stands with these strides.
GemmArguments Product(const float* a, int64_t a_row_stride, int64_t a_column_stride,
                      MatrixView<const float> b, MatrixView<float> c, Store store) {
  DCHECK_EQ(b.cols(), c.cols());
  return {.a = a,
          .a_row_stride = a_row_stride,
          .a_column_stride = a_column_stride,
          .b = b.data(),
          .b_stride = b.stride(),
          .c = c.data(),
          .c_stride = c.stride(),
          .rows = c.rows(),
          .depth = b.rows(),
          .columns = c.cols(),
          .accumulate = store == Store::kAdd};
}

}  // namespace

Kernels::Kernels(Isa isa) : isa_(isa), table_(TableFor(isa)) {}

void Kernels::Matmul(MatrixView<const float> w, MatrixView<const float> x, MatrixView<float> y,
                     Store store) const {
  DCHECK_EQ(w.cols(), x.cols());
  DCHECK_EQ(w.rows(), y.cols());
  DCHECK_EQ(x.rows(), y.rows());
  table_->matmul({.w = w.data(),
                  .w_stride = w.stride(),
                  .rows = w.rows(),
                  .x = x.data(),
                  .x_stride = x.stride(),
                  .batch = x.rows(),
                  .depth = x.cols(),
                  .y = y.data(),
                  .y_stride = y.stride(),
                  .accumulate = store == Store::kAdd});
}

void Kernels::RmsNorm(absl::Span<const float> x, absl::Span<const float> weight, float epsilon,
                      absl::Span<float> y) const {
  DCHECK(!x.empty());
  DCHECK_EQ(x.size(), weight.size());
  DCHECK_EQ(x.size(), y.size());
  table_->rms_norm(x.data(), weight.data(), x.size(), epsilon, y.data());
}

void Kernels::Softmax(absl::Span<float> x) const {
  DCHECK(!x.empty());
  table_->softmax(x.data(), x.size());
}

void Kernels::Rope(absl::Span<float> x, absl::Span<const float> cosines,
                   absl::Span<const float> sines) const {
  const size_t head_dim = cosines.size();
  DCHECK_EQ(sines.size(), head_dim);
  DCHECK_EQ(head_dim % 2, size_t{0});
  DCHECK_EQ(x.size() % head_dim, size_t{0});
  for (size_t head = 0; head < x.size(); head += head_dim) {
    table_->rope(x.data() + head, cosines.data(), sines.data(), head_dim);
  }
}

void Kernels::SiluGate(absl::Span<float> gate, absl::Span<const float> up) const {
  DCHECK_EQ(gate.size(), up.size());
  table_->silu_gate(gate.data(), up.data(), gate.size());
}

void Kernels::Add(absl::Span<float> y, absl::Span<const float> x) const {
  DCHECK_EQ(y.size(), x.size());
  table_->add(y.data(), x.data(), y.size());
}

void Kernels::Exp(absl::Span<const float> x, absl::Span<float> y) const {
  DCHECK_EQ(y.size(), x.size());
  table_->exp(x.data(), x.size(), y.data());
}

void Kernels::Attention(MatrixView<const float> q, HeadCache cache, int64_t head_dim,
                        int64_t length, float scale, absl::Span<float> scratch,
                        MatrixView<float> out) const {
  DCHECK_EQ(q.rows(), out.rows());
  DCHECK_EQ(q.cols(), out.cols());
  DCHECK_EQ(q.cols() % head_dim, 0);
  DCHECK(length > 0);
  DCHECK_GE(static_cast<int64_t>(scratch.size()), AttentionScratchSize(length + q.rows() - 1));
  table_->attention({.q = q.data(),
                     .q_stride = q.stride(),
                     .heads = q.cols() / head_dim,
                     .positions = q.rows(),
                     .k = cache.keys,
                     .v = cache.values,
                     .length = length,
                     .head_dim = head_dim,
                     .scale = scale,
                     .scores = scratch.data(),
                     .out = out.data(),
                     .out_stride = out.stride()});
}

int64_t Kernels::Argmax(absl::Span<const float> x) const {
  DCHECK(!x.empty());
  return table_->argmax(x.data(), x.size());
}

float Kernels::SumAtLeast(absl::Span<const float> x, float least) const {
  return table_->sum_at_least(x.data(), x.size(), least);
}

int64_t Kernels::FindAtLeast(absl::Span<const float> x, float least,
                             absl::Span<int32_t> indices) const {
  DCHECK_GE(indices.size(), x.size());
  return table_->find_at_least(x.data(), x.size(), least, indices.data());
}

void Kernels::MatmulNN(MatrixView<const float> a, MatrixView<const float> b,
                       MatrixView<float> c, Store store) const {
  DCHECK_EQ(a.cols(), b.rows());
  DCHECK_EQ(a.rows(), c.rows());
  table_->gemm(Product(a.data(), a.stride(), 1, b, c, store));
}

void Kernels::MatmulTN(MatrixView<const float> a, MatrixView<const float> b,
                       MatrixView<float> c, Store store) const {
  DCHECK_EQ(a.rows(), b.rows());
  DCHECK_EQ(a.cols(), c.rows());
  table_->gemm(Product(a.data(), 1, a.stride(), b, c, store));
}

void Kernels::RmsNormBackward(absl::Span<const float> x, absl::Span<const float> weight,
                              absl::Span<const float> dy, float epsilon, absl::Span<float> dx,
                              absl::Span<float> dweight) const {
  DCHECK(!x.empty());
  DCHECK_EQ(x.size(), weight.size());
  DCHECK_EQ(x.size(), dy.size());
  DCHECK_EQ(x.size(), dx.size());
  DCHECK_EQ(x.size(), dweight.size());
  table_->rms_norm_backward(x.data(), weight.data(), dy.data(), x.size(), epsilon, dx.data(),
                            dweight.data());
}

void Kernels::SiluGateBackward(absl::Span<float> gate, absl::Span<float> up,
                               absl::Span<float> dy) const {
  DCHECK_EQ(gate.size(), up.size());
  DCHECK_EQ(gate.size(), dy.size());
  table_->silu_gate_backward(gate.data(), up.data(), dy.data(), gate.size());
}

void Kernels::SoftmaxBackward(absl::Span<const float> p, float scale,
                              absl::Span<float> dp) const {
  DCHECK_EQ(p.size(), dp.size());
  table_->softmax_backward(p.data(), dp.data(), p.size(), scale);
}

}  // namespace llama2
