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

#include "absl/types/span.h"
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

}  // namespace llama2

#endif  // LLAMA2_LLAMA_TRANSFORMER_H_
