// Llama 2 on one page. Touvron et al., "Llama 2: Open Foundation and Fine-Tuned Chat
// Models", 2023, section 2.2, says what it is made of; the papers named below say
// what each part is.
//
// A token is a vector of D numbers. L layers each add to it, first what attention
// fetches from the tokens before it, then what a feed-forward network makes of it.
// What stands there in the end scores every token of the vocabulary.
//
// Letters: T tokens, D dim, H hidden dim, V vocabulary, NH query heads, NKV key-value
// heads, HD = D / NH head dim. Matrices are (out, in): y = W x, y_i = sum_j W_ij x_j.
#include "testing/oracle.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "kernels/tensor_view.h"

namespace llama2 {
namespace {

using Vector = std::vector<double>;
using Matrix = MatrixView<const float>;

Vector ToDouble(absl::Span<const float> x) { return Vector(x.begin(), x.end()); }

// y = W x.
Vector Multiply(const Matrix& w, const Vector& x) {
  CHECK_EQ(w.cols(), x.size());
  Vector y(w.rows(), 0.0);
  for (int64_t i = 0; i < w.rows(); ++i) {
    const absl::Span<const float> row = w.Row(i);
    for (int64_t j = 0; j < w.cols(); ++j) y[i] += row[j] * x[j];
  }
  return y;
}

// x += y: the residual connection.
void Add(Vector& x, const Vector& y) {
  for (size_t i = 0; i < x.size(); ++i) x[i] += y[i];
}

// y_i = g_i x_i / sqrt(eps + 1/D sum_j x_j^2).
// Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019, equation 4.
Vector RmsNorm(const Vector& x, absl::Span<const float> gain, double epsilon) {
  double sum_of_squares = 0.0;
  for (const double value : x) sum_of_squares += value * value;
  const double root_mean_square = std::sqrt(epsilon + sum_of_squares / x.size());
  Vector y(x.size());
  for (size_t i = 0; i < x.size(); ++i) y[i] = gain[i] * x[i] / root_mean_square;
  return y;
}

// Rotary position embedding. Each head's numbers are pairs, points of a plane; at
// position t, pair i of a head turns by the angle t theta^(-2i / HD). The product of
// a query and a key, both turned, depends only on how far apart they stand.
// Su et al., "RoFormer", 2021, equations 14, 15 and 34.
void RotateHeads(Vector& x, int64_t head_dim, int64_t position, double theta) {
  for (size_t head = 0; head < x.size(); head += head_dim) {
    for (int64_t j = 0; j < head_dim; j += 2) {
      const double angle = position * std::pow(theta, -static_cast<double>(j) / head_dim);
      double& a = x[head + j];
      double& b = x[head + j + 1];
      const double turned_a = a * std::cos(angle) - b * std::sin(angle);
      const double turned_b = a * std::sin(angle) + b * std::cos(angle);
      a = turned_a;
      b = turned_b;
    }
  }
}

// softmax(x)_i = exp(x_i) / sum_j exp(x_j). Subtracting the maximum from each x
// changes nothing and keeps exp from overflowing.
Vector Softmax(Vector x) {
  const double max = *std::max_element(x.begin(), x.end());
  double sum = 0.0;
  for (double& value : x) sum += value = std::exp(value - max);
  for (double& value : x) value /= sum;
  return x;
}

// SiLU(a) = a / (1 + exp(-a)).
double Silu(double a) { return a / (1.0 + std::exp(-a)); }

// softmax(q K^T / sqrt(HD)) V for one query vector of each head and the keys and
// values (NKV * HD each) of all positions that it may see: its own and earlier ones.
// Vaswani et al., "Attention Is All You Need", 2017, equation 1. Several query heads
// share a key-value head: Ainslie et al., "GQA", 2023.
Vector Attend(const Config& config, const Vector& query, absl::Span<const Vector> keys,
              absl::Span<const Vector> values) {
  const int64_t head_dim = config.dim / config.n_heads;
  const int64_t queries_per_key = config.n_heads / config.n_kv_heads;
  Vector out(query.size(), 0.0);
  for (int64_t head = 0; head < config.n_heads; ++head) {
    const int64_t q = head * head_dim;                     // where this head begins,
    const int64_t kv = head / queries_per_key * head_dim;  // and the one that it reads
    Vector scores(keys.size(), 0.0);
    for (size_t t = 0; t < keys.size(); ++t) {
      for (int64_t i = 0; i < head_dim; ++i) scores[t] += query[q + i] * keys[t][kv + i];
      scores[t] /= std::sqrt(static_cast<double>(head_dim));
    }
    const Vector weights = Softmax(scores);
    for (size_t t = 0; t < values.size(); ++t) {
      for (int64_t i = 0; i < head_dim; ++i) out[q + i] += weights[t] * values[t][kv + i];
    }
  }
  return out;
}

// x_t += Wo Attention(Wq n_t, Wk n_0..t, Wv n_0..t), where n = RMSNorm(x), for the
// whole sequence x (T, D).
void AddAttention(const Config& config, const LayerWeights& layer, std::vector<Vector>& x) {
  const int64_t head_dim = config.dim / config.n_heads;
  std::vector<Vector> keys;
  std::vector<Vector> values;
  for (size_t t = 0; t < x.size(); ++t) {
    const Vector normed = RmsNorm(x[t], layer.attention_norm, config.norm_epsilon);
    Vector query = Multiply(layer.wq, normed);
    keys.push_back(Multiply(layer.wk, normed));
    values.push_back(Multiply(layer.wv, normed));
    RotateHeads(query, head_dim, t, config.rope_theta);
    RotateHeads(keys.back(), head_dim, t, config.rope_theta);
    Add(x[t], Multiply(layer.wo, Attend(config, query, keys, values)));
  }
}

// x_t += W2 (SiLU(W1 n) * W3 n), where n = RMSNorm(x_t): SwiGLU, with no bias.
// Shazeer, "GLU Variants Improve Transformer", 2020, equation 6.
void AddFeedForward(const Config& config, const LayerWeights& layer, std::vector<Vector>& x) {
  for (Vector& x_t : x) {
    const Vector normed = RmsNorm(x_t, layer.feed_forward_norm, config.norm_epsilon);
    Vector hidden = Multiply(layer.w1, normed);
    const Vector up = Multiply(layer.w3, normed);
    for (size_t i = 0; i < hidden.size(); ++i) hidden[i] = Silu(hidden[i]) * up[i];
    Add(x_t, Multiply(layer.w2, hidden));
  }
}

}  // namespace

std::vector<std::vector<double>> OracleLogits(const Config& config, const Weights& weights,
                                              absl::Span<const int> tokens) {
  std::vector<Vector> x;  // (T, D), the residual stream
  for (const int token : tokens) {
    CHECK_GE(token, 0);
    CHECK_LT(token, config.vocab_size);
    x.push_back(ToDouble(weights.token_embedding.Row(token)));
  }
  for (const LayerWeights& layer : weights.layers) {
    AddAttention(config, layer, x);
    AddFeedForward(config, layer, x);
  }
  std::vector<Vector> logits;  // (T, V)
  for (const Vector& x_t : x) {
    const Vector normed = RmsNorm(x_t, weights.final_norm, config.norm_epsilon);
    logits.push_back(Multiply(weights.classifier, normed));
  }
  return logits;
}

std::vector<double> OracleLosses(const Config& config, const Weights& weights,
                                 absl::Span<const int> tokens) {
  std::vector<double> losses;
  const auto logits = OracleLogits(config, weights, tokens.first(tokens.size() - 1));
  for (size_t t = 0; t < logits.size(); ++t) {
    const double target = logits[t][tokens[t + 1]];
    double sum = 0;
    for (double logit : logits[t]) sum += std::exp(logit - target);
    losses.push_back(std::log(sum));
  }
  return losses;
}

}  // namespace llama2
