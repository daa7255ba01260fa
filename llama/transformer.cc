#include "llama/transformer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace llama2 {

// One forward pass over one batch. Every member of the team calls Run; each step
// shares its work out and ends when all of it is done.
//
// Touvron et al., "Llama 2: Open Foundation and Fine-Tuned Chat Models", 2023, and
// "LLaMA: Open and Efficient Foundation Language Models", 2023, section 2.2.
class ForwardPass {
 public:
  ForwardPass(const Transformer& model, absl::Span<const BatchRow> rows,
              absl::Span<const int64_t> logit_rows, Workspace& workspace)
      : model_(model),
        config_(model.config()),
        kernels_(model.kernels()),
        rows_(rows),
        logit_rows_(logit_rows),
        residual_(View(workspace.residual_, config_.dim)),
        normed_(View(workspace.normed_, config_.dim)),
        qkv_(View(workspace.qkv_, config_.dim + 2 * config_.kv_dim())),
        attention_(View(workspace.attention_, config_.dim)),
        gate_up_(View(workspace.gate_up_, 2 * config_.hidden_dim)),
        cosines_(View(workspace.cosines_, config_.head_dim())),
        sines_(View(workspace.sines_, config_.head_dim())),
        logits_(workspace.logits_.data(), logit_rows.size(), config_.vocab_size),
        scores_(workspace.scores_.span()),
        scores_per_thread_(workspace.scores_.size() / workspace.max_threads_),
        scratch_(workspace.scratch_.span()) {}

  void Run(ThreadTeam::Member& me) {
    Embed(me);
    for (size_t l = 0; l < model_.parts().layers.size(); ++l) {
      const Layer& layer = model_.parts().layers[l];
      Attend(me, layer, l);
      FeedForward(me, layer);
    }
    Classify(me);
  }

  MatrixView<float> logits() const { return logits_; }

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
    Normalise(me, layer.attention_norm);
    layer.qkv->Apply(me, normed_, qkv_, Store::kReplace, scratch_);
    RotateAndRemember(me, l);
    AttendHeads(me, l);
    layer.attention_out->Apply(me, attention_, residual_, Store::kAdd, scratch_);
  }

  // x += W_2 (silu(W_1 RMSNorm(x)) * W_3 RMSNorm(x)).
  void FeedForward(ThreadTeam::Member& me, const Layer& layer) {
    Normalise(me, layer.feed_forward_norm);
    layer.gate_up->Apply(me, normed_, gate_up_, Store::kReplace, scratch_);
    const MatrixView<float> gate = gate_up_.Columns(0, config_.hidden_dim);
    const MatrixView<float> up = gate_up_.Columns(config_.hidden_dim, config_.hidden_dim);
    const Range columns = me.Share(config_.hidden_dim, kFloatsPerLine);
    for (int64_t b = 0; b < batch(); ++b) {
      kernels_.SiluGate(gate.Row(b).subspan(columns.begin, columns.size()),
                        up.Row(b).subspan(columns.begin, columns.size()));
    }
    me.Wait();
    layer.down->Apply(me, gate, residual_, Store::kAdd, scratch_);
  }

  // logits = W_cls RMSNorm(x), for the rows that were asked for.
  void Classify(ThreadTeam::Member& me) {
    if (logit_rows_.empty()) return;
    me.ForEach(logit_rows_.size(), [&](int64_t i) {
      kernels_.RmsNorm(residual_.Row(logit_rows_[i]), model_.parts().final_norm,
                       config_.norm_epsilon, normed_.Row(i));
    });
    model_.parts().classifier->Apply(me, normed_.Rows(0, logit_rows_.size()), logits_,
                                     Store::kReplace, scratch_);
  }

  void Normalise(ThreadTeam::Member& me, absl::Span<const float> weight) {
    me.ForEach(batch(), [&](int64_t b) {
      kernels_.RmsNorm(residual_.Row(b), weight, config_.norm_epsilon, normed_.Row(b));
    });
  }

  // Rotates queries and keys by their positions; stores keys and values.
  void RotateAndRemember(ThreadTeam::Member& me, int64_t l) {
    const int64_t head_dim = config_.head_dim();
    me.ForEach(batch() * config_.n_kv_heads, [&](int64_t i) {
      const int64_t b = i / config_.n_kv_heads;
      const int64_t kv_head = i % config_.n_kv_heads;
      const absl::Span<float> row = qkv_.Row(b);
      const absl::Span<float> queries = row.subspan(kv_head * group_width(), group_width());
      const absl::Span<float> key = row.subspan(config_.dim + kv_head * head_dim, head_dim);
      const absl::Span<const float> value =
          row.subspan(config_.dim + config_.kv_dim() + kv_head * head_dim, head_dim);
      kernels_.Rope(queries, cosines_.Row(b), sines_.Row(b));
      kernels_.Rope(key, cosines_.Row(b), sines_.Row(b));
      rows_[b].cache->Store(l, kv_head, rows_[b].position, key, value);
    });
  }

  // Each group of query heads attends over what its key-value head has stored.
  void AttendHeads(ThreadTeam::Member& me, int64_t l) {
    const int64_t head_dim = config_.head_dim();
    const float scale = 1.0f / std::sqrt(static_cast<float>(head_dim));
    const absl::Span<float> scores =
        scores_.subspan(me.index() * scores_per_thread_, scores_per_thread_);
    me.ForEach(batch() * config_.n_kv_heads, [&](int64_t i) {
      const int64_t b = i / config_.n_kv_heads;
      const int64_t kv_head = i % config_.n_kv_heads;
      const auto group = [&](absl::Span<float> row) {
        return MatrixView<float>(row.data() + kv_head * group_width(), config_.group_size(),
                                 head_dim);
      };
      kernels_.Attention(group(qkv_.Row(b)), rows_[b].cache->Head(l, kv_head),
                         rows_[b].position + 1, scale, scores, group(attention_.Row(b)));
    });
  }

  static constexpr int64_t kFloatsPerLine = kCacheLineBytes / sizeof(float);

  int64_t batch() const { return rows_.size(); }
  // The width of the query heads that share a key-value head.
  int64_t group_width() const { return config_.group_size() * config_.head_dim(); }

  MatrixView<float> View(AlignedBuffer<float>& buffer, int64_t cols) const {
    return MatrixView<float>(buffer.data(), batch(), cols);
  }

  const Transformer& model_;
  const Config& config_;
  const Kernels& kernels_;
  const absl::Span<const BatchRow> rows_;
  const absl::Span<const int64_t> logit_rows_;
  const MatrixView<float> residual_;   // x (B, D)
  const MatrixView<float> normed_;     // (B, D)
  const MatrixView<float> qkv_;        // (B, D + KV + KV)
  const MatrixView<float> attention_;  // (B, D)
  const MatrixView<float> gate_up_;    // (B, H + H)
  const MatrixView<float> cosines_;    // (B, HD)
  const MatrixView<float> sines_;      // (B, HD)
  const MatrixView<float> logits_;     // (logit_rows, V)
  const absl::Span<float> scores_;
  const int64_t scores_per_thread_;
  const absl::Span<uint8_t> scratch_;
};

Transformer::Transformer(Parts parts, Kernels kernels)
    : parts_(std::move(parts)),
      kernels_(kernels),
      rope_(parts_.config.head_dim(), parts_.config.rope_theta) {}

MatrixView<float> Transformer::Forward(absl::Span<const BatchRow> rows,
                                       absl::Span<const int64_t> logit_rows, ThreadTeam& team,
                                       Workspace& workspace) const {
  CHECK_LE(static_cast<int64_t>(rows.size()), workspace.max_batch());
  for (const BatchRow& row : rows) {
    CHECK(row.token >= 0 && row.token < config().vocab_size);
    CHECK(row.position >= 0 && row.position < row.cache->capacity());
  }
  ForwardPass pass(*this, rows, logit_rows, workspace);
  team.Run([&](ThreadTeam::Member& me) { pass.Run(me); });
  return pass.logits();
}

absl::StatusOr<Workspace> Workspace::Create(const Transformer& model, const ThreadTeam& team,
                                            int64_t max_batch, int64_t max_positions) {
  CHECK_GT(max_batch, 0);
  CHECK_GT(max_positions, 0);
  const Config& c = model.config();
  Workspace w;
  w.max_batch_ = max_batch;
  w.max_positions_ = max_positions;
  w.max_threads_ = team.size();

  int64_t scratch = model.parts().classifier->ScratchBytes(max_batch);
  for (const Layer& layer : model.parts().layers) {
    for (const auto* linear : {&layer.qkv, &layer.attention_out, &layer.gate_up, &layer.down}) {
      scratch = std::max(scratch, (*linear)->ScratchBytes(max_batch));
    }
  }
  const bool there =
      w.residual_.TryResize(max_batch * c.dim) && w.normed_.TryResize(max_batch * c.dim) &&
      w.qkv_.TryResize(max_batch * (c.dim + 2 * c.kv_dim())) &&
      w.attention_.TryResize(max_batch * c.dim) &&
      w.gate_up_.TryResize(max_batch * 2 * c.hidden_dim) &&
      w.logits_.TryResize(max_batch * c.vocab_size) &&
      w.cosines_.TryResize(max_batch * c.head_dim()) &&
      w.sines_.TryResize(max_batch * c.head_dim()) &&
      w.scores_.TryResize(team.size() * AttentionScratchSize(c.group_size(), max_positions)) &&
      w.scratch_.TryResize(scratch);
  if (!there) {
    return absl::ResourceExhaustedError(absl::StrCat("workspace: no memory for a batch of ",
                                                     max_batch, " at ", max_positions,
                                                     " positions; a smaller one needs less"));
  }
  return w;
}

}  // namespace llama2
