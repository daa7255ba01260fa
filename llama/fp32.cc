#include "llama/fp32.h"

#include <algorithm>
#include <initializer_list>
#include <utility>
#include <vector>

#include "base/check.h"

namespace llama2 {
namespace {

// Matrices over the same input, one above the other: their outputs stand side by
// side, and a team shares all of their rows out at once.
class Fp32Linear : public Linear {
 public:
  Fp32Linear(Kernels kernels, std::initializer_list<MatrixView<const float>> matrices)
      : kernels_(kernels), matrices_(matrices) {
    for (const auto& matrix : matrices_) {
      CHECK_EQ(matrix.cols(), inputs());
      outputs_ += matrix.rows();
    }
  }

  int64_t inputs() const override { return matrices_.front().cols(); }
  int64_t outputs() const override { return outputs_; }
  int64_t ScratchBytes(int64_t) const override { return 0; }

  void Apply(ThreadTeam::Member& me, MatrixView<const float> x, MatrixView<float> y, Store store,
             absl::Span<uint8_t>) const override {
    const Range mine = me.Share(outputs_, kRowGrain);
    int64_t first = 0;  // the output of this matrix's first row
    for (const auto& matrix : matrices_) {
      const int64_t begin = std::max(mine.begin, first);
      const int64_t end = std::min(mine.end, first + matrix.rows());
      if (begin < end) {
        kernels_.Matmul(matrix.Rows(begin - first, end - begin), x, y.Columns(begin, end - begin),
                        store);
      }
      first += matrix.rows();
    }
    me.Wait();
  }

 private:
  // Outputs of different members lie on different cache lines.
  static constexpr int64_t kRowGrain = 16;

  Kernels kernels_;
  std::vector<MatrixView<const float>> matrices_;
  int64_t outputs_ = 0;
};

class Fp32Embedding : public Embedding {
 public:
  explicit Fp32Embedding(MatrixView<const float> table) : table_(table) {}

  void Read(int64_t token, absl::Span<float> row) const override {
    const absl::Span<const float> embedding = table_.Row(token);
    std::copy(embedding.begin(), embedding.end(), row.begin());
  }

 private:
  MatrixView<const float> table_;
};

std::unique_ptr<const Transformer> Make(const Config& config, const Weights& weights,
                                        Kernels kernels, std::shared_ptr<const void> storage) {
  const auto linear = [&](std::initializer_list<MatrixView<const float>> matrices) {
    return std::make_unique<Fp32Linear>(kernels, matrices);
  };
  Parts parts;
  parts.config = config;
  parts.embedding = std::make_unique<Fp32Embedding>(weights.token_embedding);
  for (const LayerWeights& layer : weights.layers) {
    parts.layers.push_back({.attention_norm = layer.attention_norm,
                            .qkv = linear({layer.wq, layer.wk, layer.wv}),
                            .attention_out = linear({layer.wo}),
                            .feed_forward_norm = layer.feed_forward_norm,
                            .gate_up = linear({layer.w1, layer.w3}),
                            .down = linear({layer.w2})});
  }
  parts.final_norm = weights.final_norm;
  parts.classifier = linear({weights.classifier});
  parts.storage = std::move(storage);
  return std::make_unique<Transformer>(std::move(parts), kernels);
}

}  // namespace

std::unique_ptr<const Transformer> MakeFp32Transformer(Checkpoint checkpoint, Kernels kernels) {
  const auto kept = std::make_shared<const Checkpoint>(std::move(checkpoint));
  return Make(kept->config(), kept->weights(), kernels, kept);
}

std::unique_ptr<const Transformer> MakeFp32Transformer(const Config& config,
                                                       const Weights& weights, Kernels kernels) {
  return Make(config, weights, kernels, nullptr);
}

}  // namespace llama2
