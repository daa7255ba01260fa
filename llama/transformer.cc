#include "llama/transformer.h"

#include <cmath>
#include <initializer_list>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "base/aligned_buffer.h"
#include "base/check.h"
#include "llama/kv_cache.h"
#include "llama/workspace.h"

namespace llama2 {

// One forward pass over one batch. Every member of the team calls Run, and does its share
// of each step; where a step reads what other members have written, all wait first.
//
// Touvron et al., "Llama 2: Open Foundation and Fine-Tuned Chat Models", 2023, and
// "LLaMA: Open and Efficient Foundation Language Models", 2023, section 2.2.
class ForwardPass {
 public:
  ForwardPass(const Transformer& model, absl::Span<const BatchRow> rows,
              absl::Span<const int64_t> logit_rows, WhichLogits which, Workspace& workspace,
              ForwardObserver* observer)
      : model_(model),
        config_(model.config()),
        kernels_(model.kernels()),
        logit_rows_(logit_rows),
        which_logits_(which),
        workspace_(workspace),
        observer_(observer) {
    SetRows(rows);
  }

  void Run(ThreadTeam::Member& me) {
    Embed(me);
    ShowResidual(me, ForwardObserver::After::kEmbedding, 0);
    const int64_t layers = model_.parts().layers.size();
    for (int64_t l = 0; l < layers; ++l) {
      const Layer& layer = model_.parts().layers[l];
      // Of a row whose logits nobody wants, all that is ever read of the last layer is keys
      // and values. Whoever looks sees the others too.
      if (l == layers - 1 && observer_ == nullptr && NotAllLogitsWanted()) {
        RememberAll(me, layer, l);
        GoOnWithLogitRows(me);
        if (batch() == 0) return;
      }
      Attend(me, layer, l);
      ShowResidual(me, ForwardObserver::After::kAttention, l);
      FeedForward(me, layer);
      ShowResidual(me, ForwardObserver::After::kFeedForward, l);
    }
    Classify(me, logit_rows_.size(), [&](int64_t i) { return LogitRow(i); });
  }

  // logits = W_cls RMSNorm(x), for the vectors x(0), x(1), ...
  template <typename Vector>
  void Classify(ThreadTeam::Member& me, int64_t rows, Vector x) {
    if (rows == 0) return;
    const Linear& classifier = *model_.parts().classifier;
    const LinearInput normed = Normalise(me, model_.parts().final_norm, classifier, rows, x);
    const Range mine = OutputsOf(me, classifier);
    if (which_logits_ == WhichLogits::kLargest) {
      classifier.MultiplyForLargest(normed, mine, Logits(rows));
    } else {
      classifier.Multiply(normed, mine, Logits(rows), Store::kReplace);
    }
  }

  MatrixView<float> Logits(int64_t rows) const {
    return MatrixView<float>(workspace_.logits_.data(), rows, config_.vocab_size);
  }

 private:
  // x = the embedding of each row's token. The angles of its position, too, are the
  // same for all layers and heads.
  void Embed(ThreadTeam::Member& me) {
    me.ForEach(batch(), [&](int64_t b) {
      model_.parts().embedding->Read(rows_[b].token, residual_.Row(b));
      model_.rope_.Angles(rows_[b].position, cosines_.Row(b), sines_.Row(b));
    });
  }

  // x += W_o attention(RMSNorm(x)).
  void Attend(ThreadTeam::Member& me, const Layer& layer, int64_t l) {
    const LinearInput x = Normalise(me, layer.attention_norm, *layer.wq, batch(),
                                    [&](int64_t b) { return residual_.Row(b); });
    layer.wq->Multiply(x, ColumnsOf(me, config_.dim), queries_, Store::kReplace);
    MultiplyKeysAndValues(me, layer, x);
    RotateAndRemember(me, l, {queries_, keys_});
    if (!HeadsShareEvenly(me)) me.Wait();
    AttendHeads(me, l);
    me.Wait();
    ShowAttention(me, l);
    const LinearInput attended = Convert(me, *layer.wo, attention_);
    layer.wo->Multiply(attended, OutputsOf(me, *layer.wo), residual_, Store::kAdd);
    me.Wait();
  }

  // Stores the keys and values of every row. Those that go on store theirs again, the same: of
  // a prompt that is one row, and attention is written once.
  void RememberAll(ThreadTeam::Member& me, const Layer& layer, int64_t l) {
    MultiplyKeysAndValues(me, layer,
                          Normalise(me, layer.attention_norm, *layer.wk, batch(),
                                    [&](int64_t b) { return residual_.Row(b); }));
    RotateAndRemember(me, l, {keys_});
    me.Wait();
  }

  // Leaves the rows whose logits are wanted, one behind the other.
  void GoOnWithLogitRows(ThreadTeam::Member& me) {
    if (me.index() == 0) {
      std::vector<BatchRow>& left = workspace_.left_;
      left.clear();
      for (int64_t from : logit_rows_) {
        const int64_t to = left.size();
        left.push_back(rows_[from]);
        if (from == to) continue;
        for (const auto& rows : {residual_, cosines_, sines_}) {
          absl::c_copy(rows.Row(from), rows.Row(to).begin());
        }
      }
      SetRows(left);
    }
    me.Wait();
  }

  // x += W_2 (silu(W_1 RMSNorm(x)) * W_3 RMSNorm(x)).
  void FeedForward(ThreadTeam::Member& me, const Layer& layer) {
    const LinearInput x = Normalise(me, layer.feed_forward_norm, *layer.w1, batch(),
                                    [&](int64_t b) { return residual_.Row(b); });
    const Range mine = OutputsOf(me, *layer.w1);
    layer.w1->Multiply(x, mine, gate_, Store::kReplace);
    layer.w3->Multiply(x, mine, up_, Store::kReplace);
    for (int64_t b = 0; b < batch(); ++b) {
      kernels_.SiluGate(gate_.Row(b).subspan(mine.begin, mine.size()),
                        up_.Row(b).subspan(mine.begin, mine.size()));
    }
    me.Wait();
    const LinearInput gated = Convert(me, *layer.w2, gate_);
    layer.w2->Multiply(gated, OutputsOf(me, *layer.w2), residual_, Store::kAdd);
    me.Wait();
  }

  // What an observer sees is written again only behind a wait that this member, too, has yet
  // to come to. So the others need not wait for an observer.
  void ShowResidual(const ThreadTeam::Member& me, ForwardObserver::After after, int64_t l) {
    if (observer_ == nullptr || me.index() != 0) return;
    observer_->OnResidual(after, l, rows_, residual_);
  }

  void ShowAttention(const ThreadTeam::Member& me, int64_t l) {
    if (observer_ == nullptr || me.index() != 0) return;
    observer_->OnAttention(l, rows_, queries_, attention_);
  }

  void MultiplyKeysAndValues(ThreadTeam::Member& me, const Layer& layer, const LinearInput& x) {
    const Range mine = ColumnsOf(me, config_.kv_dim());
    layer.wk->Multiply(x, mine, keys_, Store::kReplace);
    layer.wv->Multiply(x, mine, values_, Store::kReplace);
  }

  // Rotates queries and keys, or keys alone, by their positions, along the rows as they lie in
  // memory; stores keys and values, a head's one after the other as they lie in the cache.
  void RotateAndRemember(ThreadTeam::Member& me, int64_t l,
                         std::initializer_list<MatrixView<float>> rotated) {
    const bool by_heads = HeadsShareEvenly(me);
    if (!by_heads) me.Wait();  // for columns that others have projected
    const int64_t head_dim = config_.head_dim();
    Range heads = {0, config_.n_kv_heads}, rows = {0, batch()};
    if (by_heads || batch() == 1) {
      heads = me.Share(heads.end);
    } else {
      rows = me.Share(rows.end);
    }
    for (int64_t b = rows.begin; b < rows.end; ++b) {
      for (const MatrixView<float>& x : rotated) {
        kernels_.Rope(Groups(x, heads).Row(b), cosines_.Row(b), sines_.Row(b));
      }
    }
    for (int64_t h = heads.begin; h < heads.end; ++h) {
      for (int64_t b = rows.begin; b < rows.end; ++b) {
        rows_[b].cache->Store(l, h, rows_[b].position,
                              keys_.Row(b).subspan(h * head_dim, head_dim),
                              values_.Row(b).subspan(h * head_dim, head_dim));
      }
    }
  }

  // Each group of query heads attends over what its key-value head has stored.
  void AttendHeads(ThreadTeam::Member& me, int64_t l) {
    const float scale = 1.0f / std::sqrt(static_cast<float>(config_.head_dim()));
    const int64_t runs = workspace_.runs_.size();
    const Range mine = me.Share(config_.n_kv_heads * runs);
    for (int64_t i = mine.begin; i < mine.end; ++i) {
      const int64_t kv_head = i / runs;
      const Range run = workspace_.runs_[i % runs];
      const Range group = {kv_head, kv_head + 1};
      const BatchRow& first = rows_[run.begin];
      kernels_.Attention(Groups(queries_, group).Rows(run.begin, run.size()),
                         first.cache->Head(l, kv_head), config_.head_dim(), first.position + 1,
                         scale, workspace_.own_[me.index()].scores.span(),
                         Groups(attention_, group).Rows(run.begin, run.size()));
    }
  }

  // RMSNorm of `rows` vectors, x(0), x(1), ..., as `linear` reads them.
  template <typename Vector>
  LinearInput Normalise(ThreadTeam::Member& me, absl::Span<const float> weight,
                        const Linear& linear, int64_t rows, Vector x) {
    Workspace::Own& own = workspace_.own_[me.index()];
    float* memory = rows == 1 ? own.normed.data() : workspace_.normed_.data();
    const MatrixView<float> normed(memory, rows, config_.dim,
                                   Workspace::RowStride(config_.dim));
    return Prepare(me, linear, normed, [&](int64_t b) {
      kernels_.RmsNorm(x(b), weight, config_.norm_epsilon, normed.Row(b));
    });
  }

  // x as `linear` reads it.
  LinearInput Convert(ThreadTeam::Member& me, const Linear& linear, MatrixView<const float> x) {
    return Prepare(me, linear, x, [](int64_t) {});
  }

  // Makes the rows of x by make(b), and converts them. A single row each member makes for
  // itself; several are shared out.
  template <typename Make>
  LinearInput Prepare(ThreadTeam::Member& me, const Linear& linear, MatrixView<const float> x,
                      Make make) {
    const bool single = x.rows() == 1;
    const LinearInput in = {x, single ? workspace_.own_[me.index()].converted.span()
                                      : workspace_.converted_.span()};
    const Range mine = single ? Range{0, 1} : me.Share(x.rows());
    for (int64_t b = mine.begin; b < mine.end; ++b) {
      make(b);
      linear.Convert(in, b);
    }
    if (!single) me.Wait();
    return in;
  }

  // The member's outputs of a linear layer.
  Range OutputsOf(const ThreadTeam::Member& me, const Linear& linear) const {
    return me.Share(linear.outputs(), Linear::kOutputGrain);
  }

  // The member's columns of queries, keys or values. Where the heads can be shared out evenly,
  // it projects those that it goes on with, and waits for nobody until all heads are done.
  Range ColumnsOf(const ThreadTeam::Member& me, int64_t columns) const {
    return me.Share(columns, HeadsShareEvenly(me) ? 1 : Linear::kOutputGrain);
  }

  // Whether the members' shares of the key-value heads are equal, and also shares of the
  // outputs that a linear layer can be asked for.
  bool HeadsShareEvenly(const ThreadTeam::Member& me) const {
    return config_.n_kv_heads % me.size() == 0 &&
           config_.kv_dim() / me.size() % Linear::kOutputGrain == 0;
  }

  void SetRows(absl::Span<const BatchRow> rows) {
    rows_ = rows;
    residual_ = View(workspace_.residual_, config_.dim);
    queries_ = View(workspace_.queries_, config_.dim);
    keys_ = View(workspace_.keys_, config_.kv_dim());
    values_ = View(workspace_.values_, config_.kv_dim());
    attention_ = View(workspace_.attention_, config_.dim);
    gate_ = View(workspace_.gate_, config_.hidden_dim);
    up_ = View(workspace_.up_, config_.hidden_dim);
    cosines_ = View(workspace_.cosines_, config_.head_dim());
    sines_ = View(workspace_.sines_, config_.head_dim());
    FindRuns();
  }

  // Cuts the batch where the sequence changes, and so that there is enough to share out.
  void FindRuns() {
    constexpr int64_t kLongestRun = 16;
    std::vector<Range>& runs = workspace_.runs_;
    runs.clear();
    for (int64_t b = 0; b < batch(); ++b) {
      const bool follows = b > 0 && rows_[b].cache == rows_[b - 1].cache &&
                           rows_[b].position == rows_[b - 1].position + 1;
      if (follows && runs.back().size() < kLongestRun) {
        ++runs.back().end;
      } else {
        runs.push_back({b, b + 1});
      }
    }
  }

  int64_t batch() const { return rows_.size(); }

  // Whether there are rows whose logits nobody wants, among those that the pass goes on with.
  bool NotAllLogitsWanted() const { return logit_rows_.size() < rows_.size(); }

  // The residual stream of the i-th of the rows whose logits are wanted.
  absl::Span<float> LogitRow(int64_t i) const {
    return residual_.Row(NotAllLogitsWanted() ? logit_rows_[i] : i);
  }

  // The columns of the heads that belong to key-value heads: all that share one, or it itself.
  MatrixView<float> Groups(MatrixView<float> heads, Range kv_heads) const {
    const int64_t width = heads.cols() / config_.n_kv_heads;
    return heads.Columns(kv_heads.begin * width, kv_heads.size() * width);
  }

  MatrixView<float> View(AlignedBuffer<float>& buffer, int64_t cols) const {
    return MatrixView<float>(buffer.data(), batch(), cols, Workspace::RowStride(cols));
  }

  const Transformer& model_;
  const Config& config_;
  const Kernels& kernels_;
  const absl::Span<const int64_t> logit_rows_;
  const WhichLogits which_logits_;
  Workspace& workspace_;
  ForwardObserver* const observer_;  // or null

  // The rows that the pass goes on with, B of them, and their activations.
  absl::Span<const BatchRow> rows_;
  MatrixView<float> residual_;   // x (B, D)
  MatrixView<float> queries_;    // (B, D)
  MatrixView<float> keys_;       // (B, KV)
  MatrixView<float> values_;     // (B, KV)
  MatrixView<float> attention_;  // (B, D)
  MatrixView<float> gate_;       // (B, H)
  MatrixView<float> up_;         // (B, H)
  MatrixView<float> cosines_;    // (B, HD)
  MatrixView<float> sines_;      // (B, HD)
};

Transformer::Transformer(Parts parts, Kernels kernels)
    : parts_(std::move(parts)),
      kernels_(kernels),
      rope_(parts_.config.head_dim(), parts_.config.rope_theta) {}

MatrixView<float> Transformer::Forward(absl::Span<const BatchRow> rows,
                                       absl::Span<const int64_t> logit_rows, ThreadTeam& team,
                                       Workspace& workspace, ForwardObserver* observer,
                                       WhichLogits which) const {
  CHECK_LE(static_cast<int64_t>(rows.size()), workspace.max_batch());
  for (const BatchRow& row : rows) {
    CHECK(row.token >= 0 && row.token < config().vocab_size);
    CHECK(row.position >= 0 && row.position < row.cache->capacity());
  }
  ForwardPass pass(*this, rows, logit_rows, which, workspace, observer);
  team.Run([&](ThreadTeam::Member& me) { pass.Run(me); });
  return pass.Logits(logit_rows.size());
}

MatrixView<float> Transformer::Classify(MatrixView<const float> residual, ThreadTeam& team,
                                        Workspace& workspace) const {
  CHECK_LE(residual.rows(), workspace.max_batch());
  CHECK_EQ(residual.cols(), config().dim);
  ForwardPass pass(*this, {}, {}, WhichLogits::kAll, workspace, nullptr);
  team.Run([&](ThreadTeam::Member& me) {
    pass.Classify(me, residual.rows(), [&](int64_t b) { return residual.Row(b); });
  });
  return pass.Logits(residual.rows());
}

}  // namespace llama2
