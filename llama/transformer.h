// The Llama 2 transformer: the forward pass, written once, for a batch of positions
// of any sequences. Read transformer.cc beside the paper.
//
//   ASSIGN_OR_RETURN(KvCache cache, KvCache::Create(model->config(), 512));
//   ASSIGN_OR_RETURN(Workspace workspace, Workspace::Create(*model, team, 32, 512));
//   BatchRow rows[] = {{.token = 1, .position = 0, .cache = &cache},
//                      {.token = 403, .position = 1, .cache = &cache}};
//   MatrixView<const float> logits = model->Forward(rows, /*logit_rows=*/{1}, team, workspace);
//
// For one sequence, llama/session.h is simpler.
#ifndef LLAMA2_LLAMA_TRANSFORMER_H_
#define LLAMA2_LLAMA_TRANSFORMER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/aligned_buffer.h"
#include "kernels/kernels.h"
#include "kernels/rope.h"
#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"
#include "llama/batch_row.h"
#include "llama/config.h"
#include "llama/forward_observer.h"
#include "llama/linear.h"

namespace llama2 {

// One layer: attention, then the feed-forward network, each behind an RMSNorm and
// added to the residual stream.
struct Layer {
  absl::Span<const float> attention_norm;     // (D)
  std::unique_ptr<Linear> wq;                 // D -> D: queries
  std::unique_ptr<Linear> wk;                 // D -> KV: keys
  std::unique_ptr<Linear> wv;                 // D -> KV: values
  std::unique_ptr<Linear> wo;                 // D -> D
  absl::Span<const float> feed_forward_norm;  // (D)
  std::unique_ptr<Linear> w1;                 // D -> H: the gate
  std::unique_ptr<Linear> w2;                 // H -> D
  std::unique_ptr<Linear> w3;                 // D -> H: what the gate lets through
};

// What a transformer is made of, in whatever number format its linear layers have.
struct Parts {
  Config config;
  std::unique_ptr<Embedding> embedding;
  std::vector<Layer> layers;
  absl::Span<const float> final_norm;  // (D)
  std::unique_ptr<Linear> classifier;  // D -> V
  // Keeps alive what the spans and the linear layers point into.
  std::shared_ptr<const void> storage;
};

class Workspace;

// Which logits of a row a forward pass computes.
enum class WhichLogits {
  kAll,
  // The largest, and those that equal it; in place of others there may be -infinity. For who
  // takes the most probable token: a float32 classifier is then hardly read
  // (quant/int8_screen.h).
  kLargest,
};

// Immutable: any number of threads may run forward passes over one transformer, each
// with a team, a workspace and caches of its own.
class Transformer {
 public:
  // Shapes in `parts` are those of `parts.config`, which Validate accepts.
  Transformer(Parts parts, Kernels kernels);

  const Config& config() const { return parts_.config; }
  const Kernels& kernels() const { return kernels_; }
  const Parts& parts() const { return parts_; }

  // Runs the rows through the model, stores their keys and values, and returns the
  // logits (logit_rows.size(), V) of the rows asked for, by index and increasing. They
  // lie in the workspace until its next use. At most workspace.max_batch() rows;
  // tokens in 0 .. V - 1. Rows not asked for cost less: of the last layer they take part in
  // keys and values alone.
  //
  // Deterministic to the bit: a position's logits do not depend on the team's size,
  // on the instruction set, on how the sequence is cut into batches, nor on what else
  // is in the batch. An `observer` sees the steps as they are made; it changes nothing, and
  // without one nothing is done for it. (Of WhichLogits::kLargest all this is true of the
  // largest logit and its equals.)
  MatrixView<float> Forward(absl::Span<const BatchRow> rows,
                            absl::Span<const int64_t> logit_rows, ThreadTeam& team,
                            Workspace& workspace, ForwardObserver* observer = nullptr,
                            WhichLogits which = WhichLogits::kAll) const;

  // The logits (B, V) of a residual stream (B, D), B = 0 .. workspace.max_batch(): after the
  // last layer those of Forward, to the bit; after an earlier one, what the model would say
  // if it ended there (the logit lens: nostalgebraist, "interpreting GPT: the logit lens",
  // 2020). They lie in the workspace until its next use.
  MatrixView<float> Classify(MatrixView<const float> residual, ThreadTeam& team,
                             Workspace& workspace) const;

 private:
  friend class ForwardPass;

  Parts parts_;
  Kernels kernels_;
  RopeFrequencies rope_;
};

// The activations of a forward pass, and scratch. One pass at a time.
class Workspace {
 public:
  // For batches of up to `max_batch` rows, at positions below `max_positions`, by
  // teams of up to team.size(). ResourceExhausted where the memory cannot be had.
  static absl::StatusOr<Workspace> Create(const Transformer& model, const ThreadTeam& team,
                                          int64_t max_batch, int64_t max_positions);

  int64_t max_batch() const { return max_batch_; }

 private:
  friend class ForwardPass;
  Workspace() = default;

  // What a member of a team needs for itself. A batch of one row is so little work that
  // each member prepares the input of a linear layer for itself, rather than wait.
  struct Own {
    AlignedBuffer<float> normed;       // (1, D)
    AlignedBuffer<uint8_t> converted;  // of a linear layer, for one row
    AlignedBuffer<float> scores;       // of attention
  };

  int64_t max_batch_ = 0;
  AlignedBuffer<float> residual_;     // (B, D): the residual stream
  AlignedBuffer<float> normed_;       // (B, D)
  AlignedBuffer<uint8_t> converted_;  // of a linear layer
  AlignedBuffer<float> queries_;      // (B, D)
  AlignedBuffer<float> keys_;         // (B, KV)
  AlignedBuffer<float> values_;       // (B, KV)
  AlignedBuffer<float> attention_;    // (B, D)
  AlignedBuffer<float> gate_;         // (B, H)
  AlignedBuffer<float> up_;           // (B, H)
  AlignedBuffer<float> logits_;       // (B, V), touched only as far as asked for
  AlignedBuffer<float> cosines_;      // (B, HD)
  AlignedBuffer<float> sines_;        // (B, HD)
  std::vector<BatchRow> left_;        // the rows whose logits are wanted
  std::vector<Range> runs_;           // rows at consecutive positions of one sequence
  std::vector<Own> own_;              // of each member
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_TRANSFORMER_H_
