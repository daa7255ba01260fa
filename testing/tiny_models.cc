#include "testing/tiny_models.h"

#include <cmath>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/check.h"
#include "kernels/tensor_view.h"

namespace llama2 {
namespace {

// Fills a model's tensors, in the order in which it is called.
class Filler {
 public:
  explicit Filler(uint64_t seed) : random_(seed) {}

  void Vector(absl::Span<float> v) { Fill(v, 1.0, 0.1); }

  void Matrix(const MatrixView<float>& w) {
    Fill(absl::MakeSpan(w.data(), w.rows() * w.cols()), 0.0, 1.0 / std::sqrt(w.cols()));
  }

 private:
  // Uniform, with this mean and standard deviation. Nothing here but square roots
  // and products, which IEEE 754 rounds in one way: no logarithm or cosine, which
  // each libm has its own way with.
  void Fill(absl::Span<float> tensor, double mean, double deviation) {
    const double half_width = std::sqrt(3.0) * deviation;
    for (float& out : tensor) {
      const double uniform = static_cast<double>(random_() >> 11) * 0x1p-52 - 1.0;  // [-1, 1)
      out = static_cast<float>(mean + half_width * uniform);
    }
  }

  std::mt19937_64 random_;  // the standard says which numbers it gives
};

}  // namespace

Weights TinyModel::weights() const { return WeightsAt(config, storage.data()); }

TinyModel MakeTinyModel(const Config& config, uint64_t seed) {
  CHECK(Validate(config).ok());
  TinyModel model = {config, AlignedBuffer<float>(config.parameters())};
  const MutableWeights weights = WeightsAt(config, model.storage.data());
  Filler filler(seed);
  filler.Matrix(weights.token_embedding);
  for (const auto& layer : weights.layers) {
    filler.Vector(layer.attention_norm);
    filler.Matrix(layer.wq);
    filler.Matrix(layer.wk);
    filler.Matrix(layer.wv);
    filler.Matrix(layer.wo);
    filler.Vector(layer.feed_forward_norm);
    filler.Matrix(layer.w1);
    filler.Matrix(layer.w2);
    filler.Matrix(layer.w3);
  }
  filler.Vector(weights.final_norm);
  if (!config.shared_classifier) filler.Matrix(weights.classifier);
  return model;
}

std::vector<Config> AwkwardConfigs() {
  const auto shape = [](int64_t dim, int64_t hidden_dim, int64_t n_layers, int64_t n_heads,
                        int64_t n_kv_heads, int64_t vocab_size, int64_t seq_len,
                        bool shared_classifier) {
    return Config{.dim = dim,
                  .hidden_dim = hidden_dim,
                  .n_layers = n_layers,
                  .n_heads = n_heads,
                  .n_kv_heads = n_kv_heads,
                  .vocab_size = vocab_size,
                  .seq_len = seq_len,
                  .shared_classifier = shared_classifier};
  };
  return {
      // D, H, L, NH, NKV, V, S, shared
      shape(64, 172, 2, 8, 4, 65, 40, true),     // grouped heads, as stories260K
      shape(64, 20, 2, 8, 1, 50, 16, false),     // one key-value head for all
      shape(48, 96, 3, 6, 6, 33, 24, true),      // a key-value head for each
      shape(96, 172, 2, 2, 1, 260, 33, true),    // head dimension 48
      shape(128, 172, 1, 2, 2, 300, 64, false),  // 64, and one layer
      shape(36, 100, 2, 6, 3, 100, 20, false),   // 6, and dim no multiple of 16
      shape(18, 7, 2, 3, 1, 9, 17, true),        // everything odd
      shape(16, 20, 2, 8, 2, 17, 1, true),       // 2, and one position
      shape(2, 1, 1, 1, 1, 3, 5, false),         // the smallest there is
      shape(32, 64, 2, 4, 2, 300, 256, true),    // room for a long context
      shape(16, 1024, 1, 2, 1, 20, 12, true),    // rows as long as a page
  };
}

std::string ConfigName(const Config& config) {
  return absl::StrCat("D", config.dim, "_H", config.hidden_dim, "_L", config.n_layers, "_NH",
                      config.n_heads, "_NKV", config.n_kv_heads, "_V", config.vocab_size, "_S",
                      config.seq_len, config.shared_classifier ? "_shared" : "_separate");
}

}  // namespace llama2
