#include "training/causal_attention.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/check.h"

namespace llama2 {
namespace {

// Queries of a block: enough for the products to be fast, and few enough for a block's
// probabilities to stay in the second cache.
constexpr int64_t kBlockSize = 64;

float ScaleFor(int64_t head_dim) { return 1.0f / std::sqrt(static_cast<float>(head_dim)); }

// out (C, R) = the transpose of in (R, C).
void Transpose(MatrixView<const float> in, MatrixView<float> out) {
  for (int64_t r = 0; r < in.rows(); ++r) {
    for (int64_t c = 0; c < in.cols(); ++c) out.Row(c)[r] = in.Row(r)[c];
  }
}

void Fill(MatrixView<float> matrix, float value) {
  for (int64_t r = 0; r < matrix.rows(); ++r) {
    std::fill(matrix.Row(r).begin(), matrix.Row(r).end(), value);
  }
}

}  // namespace

absl::StatusOr<CausalAttention> CausalAttention::Create(Kernels kernels, int64_t group_size,
                                                        int64_t head_dim, int64_t max_length) {
  CHECK_GT(max_length, 0);
  CausalAttention a(kernels, group_size, head_dim);
  a.max_length_ = max_length;
  const bool there = a.cached_keys_.TryResize(KeyCacheSize(max_length, head_dim)) &&
                     a.cached_values_.TryResize(max_length * head_dim) &&
                     a.scores_.TryResize(AttentionScratchSize(max_length)) &&
                     a.keys_.TryResize(head_dim * max_length) &&
                     a.values_.TryResize(head_dim * max_length) &&
                     a.queries_.TryResize(kBlockSize * head_dim) &&
                     a.probabilities_.TryResize(kBlockSize * max_length) &&
                     a.dprobabilities_.TryResize(kBlockSize * max_length);
  if (!there) {
    return absl::ResourceExhaustedError(
        absl::StrCat("attention: no memory for ", max_length, " positions"));
  }
  return a;
}

template <typename Body>
void CausalAttention::ForBlocks(int64_t length, Body body) const {
  for (int64_t head = 0; head < group_size_; ++head) {
    for (int64_t begin = 0; begin < length; begin += kBlockSize) {
      body(Block{head, begin, std::min(kBlockSize, length - begin)});
    }
  }
}

void CausalAttention::Forward(const AttentionInputs<const float>& in, const Dropout& dropout,
                              uint64_t key, MatrixView<float> out) {
  if (!dropout.active()) return ForwardAsInference(in, out);
  const int64_t length = in.keys.rows();
  Transpose(in.keys, MatrixView<float>(keys_.data(), head_dim_, length));
  ForBlocks(length, [&](const Block& block) {
    ComputeProbabilities(in, block);
    const MatrixView<float> p = Of(probabilities_, block);
    ApplyDropout(dropout, key, block, p);
    kernels_.MatmulNN(
        p, in.values.Rows(0, block.keys()),
        out.Rows(block.begin, block.size).Columns(block.head * head_dim_, head_dim_));
  });
}

void CausalAttention::ForwardAsInference(const AttentionInputs<const float>& in,
                                         MatrixView<float> out) {
  const int64_t length = in.keys.rows();
  for (int64_t t = 0; t < length; ++t) {
    float* keys = cached_keys_.data() + t / kKeyBlock * kKeyBlock * head_dim_ + t % kKeyBlock;
    for (int64_t i = 0; i < head_dim_; ++i) keys[i * kKeyBlock] = in.keys.Row(t)[i];
    std::copy(in.values.Row(t).begin(), in.values.Row(t).end(),
              cached_values_.data() + t * head_dim_);
  }
  const HeadCache cache = {.keys = cached_keys_.data(), .values = cached_values_.data()};
  kernels_.Attention(in.queries, cache, head_dim_, /*length=*/1, ScaleFor(head_dim_),
                     scores_.span(), out);
}

// With P = softmax(scale Q K^T), A = dropout(P) and out = A V:
// dV = A^T dout; dP = dropout(dout V^T); with dS the gradient of scale Q K^T by P's,
// dQ = dS K and dK = dS^T Q.
void CausalAttention::Backward(const AttentionInputs<const float>& in,
                               MatrixView<const float> dout, const Dropout& dropout,
                               uint64_t key, const AttentionInputs<float>& gradient) {
  const int64_t length = in.keys.rows();
  Transpose(in.keys, MatrixView<float>(keys_.data(), head_dim_, length));
  const MatrixView<float> values(values_.data(), head_dim_, length);
  Transpose(in.values, values);
  Fill(gradient.keys, 0);
  Fill(gradient.values, 0);
  ForBlocks(length, [&](const Block& block) {
    const auto of_block = [&](auto all_queries) {
      return all_queries.Rows(block.begin, block.size)
          .Columns(block.head * head_dim_, head_dim_);
    };
    const int64_t keys = block.keys();
    const MatrixView<float> p = Of(probabilities_, block);
    const MatrixView<float> dp = Of(dprobabilities_, block);
    ComputeProbabilities(in, block);
    kernels_.MatmulNN(of_block(dout), values.Columns(0, keys), dp);
    if (dropout.active()) {
      // dp serves as scratch for A, before it is what its name says.
      std::copy_n(p.data(), block.size * keys, dp.data());
      ApplyDropout(dropout, key, block, dp);
      kernels_.MatmulTN(dp, of_block(dout), gradient.values.Rows(0, keys), Store::kAdd);
      kernels_.MatmulNN(of_block(dout), values.Columns(0, keys), dp);
      ApplyDropout(dropout, key, block, dp);
    } else {
      kernels_.MatmulTN(p, of_block(dout), gradient.values.Rows(0, keys), Store::kAdd);
    }
    for (int64_t r = 0; r < block.size; ++r) {
      kernels_.SoftmaxBackward(p.Row(r), ScaleFor(head_dim_), dp.Row(r));
    }
    kernels_.MatmulNN(dp, in.keys.Rows(0, keys), of_block(gradient.queries));
    kernels_.MatmulTN(dp, of_block(in.queries), gradient.keys.Rows(0, keys), Store::kAdd);
  });
}

// Expects the transposed keys in keys_.
void CausalAttention::ComputeProbabilities(const AttentionInputs<const float>& in,
                                           const Block& block) {
  const MatrixView<float> queries(queries_.data(), block.size, head_dim_);
  for (int64_t r = 0; r < block.size; ++r) {
    const absl::Span<const float> query =
        in.queries.Row(block.begin + r).subspan(block.head * head_dim_, head_dim_);
    for (int64_t i = 0; i < head_dim_; ++i) queries.Row(r)[i] = query[i] * ScaleFor(head_dim_);
  }
  const MatrixView<const float> keys(keys_.data(), head_dim_, in.keys.rows());
  const MatrixView<float> p = Of(probabilities_, block);
  kernels_.MatmulNN(queries, keys.Columns(0, block.keys()), p);
  for (int64_t r = 0; r < block.size; ++r) {
    const int64_t seen = block.begin + r + 1;
    kernels_.Softmax(p.Row(r).subspan(0, seen));
    const absl::Span<float> unseen = p.Row(r).subspan(seen);
    std::fill(unseen.begin(), unseen.end(), 0.0f);
  }
}

void CausalAttention::ApplyDropout(const Dropout& dropout, uint64_t key, const Block& block,
                                   MatrixView<float> values) const {
  for (int64_t r = 0; r < block.size; ++r) {
    const int64_t query = block.head * max_length_ + block.begin + r;
    dropout.Apply(key, query * max_length_, values.Row(r));
  }
}

}  // namespace llama2
