#include "training/sequence_gradient.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "kernels/rope.h"
#include "llama/cross_entropy.h"

namespace llama2 {
namespace {

// Positions whose logits are there at once: a vocabulary of 32000 takes 8 MB.
constexpr int64_t kLogitRows = 64;

}  // namespace

// One window's way through the model and back.
class SequencePass {
 public:
  SequencePass(SequenceGradient& s, const Weights& weights, absl::Span<const int32_t> inputs,
               const Dropout& dropout, int64_t window_index)
      : s_(s),
        config_(s.config_),
        kernels_(s.kernels_),
        weights_(weights),
        inputs_(inputs),
        dropout_(dropout),
        window_index_(window_index),
        output_(View(s.output_, config_.dim)),
        normed_(View(s.normed_, config_.dim)),
        hidden_(View(s.hidden_, config_.hidden_dim)),
        dresidual_(View(s.dresidual_, config_.dim)),
        dnormed_(View(s.dnormed_, config_.dim)) {
    CHECK(length() > 0 && length() <= s.max_length_);
    for (int32_t token : inputs) CHECK(token >= 0 && token < config_.vocab_size);
  }

  // Leaves the activations of every layer, and the final norm's output in normed_.
  void Forward() {
    for (int64_t t = 0; t < length(); ++t) {
      Copy(weights_.token_embedding.Row(inputs_[t]), Input(0).Row(t));
    }
    Drop(0, DropoutPlace::kEmbedding, Input(0));
    for (int64_t l = 0; l < config_.n_layers; ++l) {
      Attend(l);
      FeedForward(l);
    }
    Normalise(output_, weights_.final_norm);
  }

  // The logits of positions begin .. begin + logits.rows() - 1, after Forward.
  void Classify(int64_t begin, MatrixView<float> logits) {
    kernels_.Matmul(weights_.classifier, normed_.Rows(begin, logits.rows()), logits);
  }

  // The sum of the losses; where there is a gradient to add to, also that of the classifier,
  // and in dnormed_ that of its input.
  double Classify(absl::Span<const int32_t> targets, float scale,
                  const MutableWeights* gradient) {
    double loss = 0;
    for (int64_t begin = 0; begin < length(); begin += kLogitRows) {
      const int64_t rows = std::min(kLogitRows, length() - begin);
      const MatrixView<float> logits(s_.logits_.data(), rows, config_.vocab_size);
      Classify(begin, logits);
      for (int64_t r = 0; r < rows; ++r) {
        const int32_t target = targets[begin + r];
        CHECK(target >= 0 && target < config_.vocab_size);
        loss += CrossEntropy(kernels_, target, logits.Row(r));
        if (gradient == nullptr) continue;
        // The gradient by the logits: the probabilities, less 1 at the target.
        logits.Row(r)[target] -= 1;
        for (float& logit : logits.Row(r)) logit *= scale;
      }
      if (gradient == nullptr) continue;
      kernels_.MatmulNN(logits, weights_.classifier, dnormed_.Rows(begin, rows));
      kernels_.MatmulTN(logits, normed_.Rows(begin, rows), gradient->classifier, Store::kAdd);
    }
    return loss;
  }

  // From dnormed_, the gradient of the final norm's output, back to every weight.
  void Backward(const MutableWeights& gradient) {
    for (int64_t t = 0; t < length(); ++t) {
      std::fill(dresidual_.Row(t).begin(), dresidual_.Row(t).end(), 0.0f);
    }
    NormaliseBackward(output_, weights_.final_norm, gradient.final_norm);
    for (int64_t l = config_.n_layers - 1; l >= 0; --l) {
      FeedForwardBackward(l, gradient);
      AttendBackward(l, gradient);
    }
    Drop(0, DropoutPlace::kEmbedding, dresidual_);
    for (int64_t t = 0; t < length(); ++t) {
      kernels_.Add(gradient.token_embedding.Row(inputs_[t]), dresidual_.Row(t));
    }
  }

 private:
  // middle = input + W_o attention(RMSNorm(input)).
  void Attend(int64_t l) {
    const LayerWeights& w = weights_.layers[l];
    const MatrixView<float> qkv = Qkv(s_.layers_[l].qkv);
    const MatrixView<float> attended = View(s_.layers_[l].attended, config_.dim);
    Normalise(Input(l), w.attention_norm);
    kernels_.Matmul(w.wq, normed_, Queries(qkv));
    kernels_.Matmul(w.wk, normed_, Keys(qkv));
    kernels_.Matmul(w.wv, normed_, Values(qkv));
    Rotate(qkv, s_.sines_);
    for (int64_t head = 0; head < config_.n_kv_heads; ++head) {
      s_.attention_.Forward(OfHead<const float>(qkv, head), dropout_, ProbabilitiesKey(l, head),
                            Group(attended, head));
    }
    AddBranch(l, DropoutPlace::kAttention, w.wo, attended, Input(l), Middle(l));
  }

  // The next layer's input = middle + W_2 (silu(W_1 RMSNorm(middle)) * W_3 RMSNorm(middle)).
  void FeedForward(int64_t l) {
    const LayerWeights& w = weights_.layers[l];
    Normalise(Middle(l), w.feed_forward_norm);
    kernels_.Matmul(w.w1, normed_, Gate(l));
    kernels_.Matmul(w.w3, normed_, Up(l));
    for (int64_t t = 0; t < length(); ++t) {
      Copy(Gate(l).Row(t), hidden_.Row(t));
      kernels_.SiluGate(hidden_.Row(t), Up(l).Row(t));
    }
    AddBranch(l, DropoutPlace::kFeedForward, w.w2, hidden_, Middle(l), Input(l + 1));
  }

  // to = from + dropout(x W^T).
  void AddBranch(int64_t l, DropoutPlace place, const MatrixView<const float>& w,
                 MatrixView<const float> x, MatrixView<const float> from,
                 MatrixView<float> to) {
    if (!dropout_.active()) {
      for (int64_t t = 0; t < length(); ++t) Copy(from.Row(t), to.Row(t));
      kernels_.Matmul(w, x, to, Store::kAdd);
      return;
    }
    kernels_.Matmul(w, x, to);
    Drop(l, place, to);
    for (int64_t t = 0; t < length(); ++t) kernels_.Add(to.Row(t), from.Row(t));
  }

  // dresidual_, as what a branch added to the stream sees it.
  MatrixView<const float> BranchGradient(int64_t l, DropoutPlace place) {
    if (!dropout_.active()) return dresidual_;
    const MatrixView<float> branch = View(s_.dbranch_, config_.dim);
    for (int64_t t = 0; t < length(); ++t) Copy(dresidual_.Row(t), branch.Row(t));
    Drop(l, place, branch);
    return branch;
  }

  void FeedForwardBackward(int64_t l, const MutableWeights& gradient) {
    const LayerWeights& w = weights_.layers[l];
    const auto& dw = gradient.layers[l];
    const MatrixView<const float> dbranch = BranchGradient(l, DropoutPlace::kFeedForward);
    // hidden_ holds the gradient of the hidden layer, and then the hidden layer.
    kernels_.MatmulNN(dbranch, w.w2, hidden_);
    const MatrixView<float> dgate = Gate(l), dup = Up(l);
    for (int64_t t = 0; t < length(); ++t) {
      kernels_.SiluGateBackward(dgate.Row(t), dup.Row(t), hidden_.Row(t));
    }
    kernels_.MatmulTN(dbranch, hidden_, dw.w2, Store::kAdd);
    Normalise(Middle(l), w.feed_forward_norm);
    kernels_.MatmulTN(dgate, normed_, dw.w1, Store::kAdd);
    kernels_.MatmulTN(dup, normed_, dw.w3, Store::kAdd);
    kernels_.MatmulNN(dgate, w.w1, dnormed_);
    kernels_.MatmulNN(dup, w.w3, dnormed_, Store::kAdd);
    NormaliseBackward(Middle(l), w.feed_forward_norm, dw.feed_forward_norm);
  }

  void AttendBackward(int64_t l, const MutableWeights& gradient) {
    const LayerWeights& w = weights_.layers[l];
    const auto& dw = gradient.layers[l];
    const MatrixView<float> qkv = Qkv(s_.layers_[l].qkv), dqkv = Qkv(s_.dqkv_);
    const MatrixView<float> dattended = View(s_.dattended_, config_.dim);
    const MatrixView<const float> dbranch = BranchGradient(l, DropoutPlace::kAttention);
    kernels_.MatmulNN(dbranch, w.wo, dattended);
    kernels_.MatmulTN(dbranch, View(s_.layers_[l].attended, config_.dim), dw.wo, Store::kAdd);
    for (int64_t head = 0; head < config_.n_kv_heads; ++head) {
      s_.attention_.Backward(OfHead<const float>(qkv, head), Group(dattended, head), dropout_,
                             ProbabilitiesKey(l, head), OfHead<float>(dqkv, head));
    }
    Rotate(dqkv, s_.back_sines_);  // a rotation's transpose turns back
    Normalise(Input(l), w.attention_norm);
    kernels_.MatmulTN(Queries(dqkv), normed_, dw.wq, Store::kAdd);
    kernels_.MatmulTN(Keys(dqkv), normed_, dw.wk, Store::kAdd);
    kernels_.MatmulTN(Values(dqkv), normed_, dw.wv, Store::kAdd);
    kernels_.MatmulNN(Queries(dqkv), w.wq, dnormed_);
    kernels_.MatmulNN(Keys(dqkv), w.wk, dnormed_, Store::kAdd);
    kernels_.MatmulNN(Values(dqkv), w.wv, dnormed_, Store::kAdd);
    NormaliseBackward(Input(l), w.attention_norm, dw.attention_norm);
  }

  void Normalise(MatrixView<const float> x, absl::Span<const float> weight) {
    for (int64_t t = 0; t < length(); ++t) {
      kernels_.RmsNorm(x.Row(t), weight, config_.norm_epsilon, normed_.Row(t));
    }
  }

  // dresidual_ += the gradient of x, given that of RmsNorm(x) in dnormed_.
  void NormaliseBackward(MatrixView<const float> x, absl::Span<const float> weight,
                         absl::Span<float> dweight) {
    for (int64_t t = 0; t < length(); ++t) {
      kernels_.RmsNormBackward(x.Row(t), weight, dnormed_.Row(t), config_.norm_epsilon,
                               dresidual_.Row(t), dweight);
    }
  }

  // Rotates queries and keys.
  void Rotate(MatrixView<float> qkv, AlignedBuffer<float>& sines) {
    for (int64_t t = 0; t < length(); ++t) {
      kernels_.Rope(qkv.Row(t).subspan(0, config_.dim + config_.kv_dim()),
                    View(s_.cosines_, config_.head_dim()).Row(t),
                    View(sines, config_.head_dim()).Row(t));
    }
  }

  void Drop(int64_t l, DropoutPlace place, MatrixView<float> values) const {
    if (!dropout_.active()) return;
    const uint64_t key = dropout_.Key(window_index_, l, place);
    for (int64_t t = 0; t < length(); ++t) {
      dropout_.Apply(key, t * values.cols(), values.Row(t));
    }
  }

  uint64_t ProbabilitiesKey(int64_t l, int64_t head) const {
    return dropout_.Key(window_index_, l * config_.n_kv_heads + head,
                        DropoutPlace::kProbabilities);
  }

  static void Copy(absl::Span<const float> from, absl::Span<float> to) {
    std::copy(from.begin(), from.end(), to.begin());
  }

  int64_t length() const { return inputs_.size(); }
  int64_t group_width() const { return config_.group_size() * config_.head_dim(); }

  MatrixView<float> View(AlignedBuffer<float>& buffer, int64_t cols) const {
    return MatrixView<float>(buffer.data(), length(), cols);
  }
  // The residual stream before layer l; of layer L, behind the last.
  MatrixView<float> Input(int64_t l) {
    return l == config_.n_layers ? output_ : View(s_.layers_[l].input, config_.dim);
  }
  MatrixView<float> Middle(int64_t l) { return View(s_.layers_[l].middle, config_.dim); }
  MatrixView<float> Gate(int64_t l) {
    return View(s_.layers_[l].gate_up, 2 * config_.hidden_dim).Columns(0, config_.hidden_dim);
  }
  MatrixView<float> Up(int64_t l) {
    return View(s_.layers_[l].gate_up, 2 * config_.hidden_dim)
        .Columns(config_.hidden_dim, config_.hidden_dim);
  }
  MatrixView<float> Qkv(AlignedBuffer<float>& buffer) {
    return View(buffer, config_.dim + 2 * config_.kv_dim());
  }
  MatrixView<float> Queries(MatrixView<float> qkv) { return qkv.Columns(0, config_.dim); }
  MatrixView<float> Keys(MatrixView<float> qkv) {
    return qkv.Columns(config_.dim, config_.kv_dim());
  }
  MatrixView<float> Values(MatrixView<float> qkv) {
    return qkv.Columns(config_.dim + config_.kv_dim(), config_.kv_dim());
  }
  // The columns of the query heads that share key-value head `head`.
  MatrixView<float> Group(MatrixView<float> queries, int64_t head) {
    return queries.Columns(head * group_width(), group_width());
  }
  template <typename T>
  AttentionInputs<T> OfHead(MatrixView<float> qkv, int64_t head) {
    const int64_t head_dim = config_.head_dim();
    return {.queries = Group(Queries(qkv), head),
            .keys = Keys(qkv).Columns(head * head_dim, head_dim),
            .values = Values(qkv).Columns(head * head_dim, head_dim)};
  }

  SequenceGradient& s_;
  const Config& config_;
  const Kernels& kernels_;
  const Weights& weights_;
  const absl::Span<const int32_t> inputs_;
  const Dropout& dropout_;
  const int64_t window_index_;
  const MatrixView<float> output_;     // (T, D)
  const MatrixView<float> normed_;     // (T, D)
  const MatrixView<float> hidden_;     // (T, H)
  const MatrixView<float> dresidual_;  // (T, D)
  const MatrixView<float> dnormed_;    // (T, D)
};

absl::StatusOr<SequenceGradient> SequenceGradient::Create(const Config& config, Kernels kernels,
                                                          int64_t max_length) {
  CHECK_GT(max_length, 0);
  ASSIGN_OR_RETURN(
      CausalAttention attention,
      CausalAttention::Create(kernels, config.group_size(), config.head_dim(), max_length));
  SequenceGradient s(config, kernels, std::move(attention));
  s.max_length_ = max_length;
  const auto resize = [max_length](AlignedBuffer<float>& buffer, int64_t cols) {
    return buffer.TryResize(max_length * cols);
  };
  const int64_t qkv = config.dim + 2 * config.kv_dim();
  bool there = s.logits_.TryResize(kLogitRows * config.vocab_size);
  for (auto* buffer :
       {&s.output_, &s.normed_, &s.dresidual_, &s.dbranch_, &s.dnormed_, &s.dattended_}) {
    there = there && resize(*buffer, config.dim);
  }
  for (auto* buffer : {&s.cosines_, &s.sines_, &s.back_sines_}) {
    there = there && resize(*buffer, config.head_dim());
  }
  there = there && resize(s.hidden_, config.hidden_dim) && resize(s.dqkv_, qkv);
  s.layers_.resize(config.n_layers);
  for (LayerActivations& layer : s.layers_) {
    there = there && resize(layer.input, config.dim) && resize(layer.middle, config.dim) &&
            resize(layer.qkv, qkv) && resize(layer.attended, config.dim) &&
            resize(layer.gate_up, 2 * config.hidden_dim);
  }
  if (!there) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no memory for the activations of a window of ", max_length, " tokens"));
  }
  const RopeFrequencies frequencies(config.head_dim(), config.rope_theta);
  const int64_t head_dim = config.head_dim();
  for (int64_t t = 0; t < max_length; ++t) {
    frequencies.Angles(t, s.cosines_.span().subspan(t * head_dim, head_dim),
                       s.sines_.span().subspan(t * head_dim, head_dim));
  }
  for (size_t i = 0; i < s.sines_.size(); ++i) s.back_sines_[i] = -s.sines_[i];
  return s;
}

double SequenceGradient::Add(const Weights& weights, absl::Span<const int32_t> window,
                             float scale, const Dropout& dropout, int64_t window_index,
                             const MutableWeights& gradient) {
  SequencePass pass(*this, weights, window.first(window.size() - 1), dropout, window_index);
  pass.Forward();
  const double loss = pass.Classify(window.subspan(1), scale, &gradient);
  pass.Backward(gradient);
  return loss;
}

double SequenceGradient::Loss(const Weights& weights, absl::Span<const int32_t> window) {
  const Dropout none;
  SequencePass pass(*this, weights, window.first(window.size() - 1), none, 0);
  pass.Forward();
  return pass.Classify(window.subspan(1), /*scale=*/1, /*gradient=*/nullptr);
}

void SequenceGradient::Logits(const Weights& weights, absl::Span<const int32_t> inputs,
                              MatrixView<float> logits) {
  const Dropout none;
  SequencePass pass(*this, weights, inputs, none, 0);
  pass.Forward();
  pass.Classify(0, logits);
}

}  // namespace llama2
