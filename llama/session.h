// One sequence going through a model: its KV cache, its workspace, and where it is.
//
//   ThreadTeam team(2);
//   ASSIGN_OR_RETURN(Session session, Session::Create(*model, team, {.capacity = 256}));
//   absl::Span<float> logits = session.Append(prompt_tokens);   // of the last token
//   logits = session.Append({next_token});
#ifndef LLAMA2_LLAMA_SESSION_H_
#define LLAMA2_LLAMA_SESSION_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"
#include "llama/batch_row.h"
#include "llama/forward_observer.h"
#include "llama/kv_cache.h"
#include "llama/transformer.h"
#include "llama/workspace.h"

namespace llama2 {

// Belongs to one caller at a time; many sessions may share a model, and sessions that
// do not run at the same time may share a team.
class Session {
 public:
  struct Options {
    // The positions that there is room for, 1 .. kMaxConfigValue; 0: the model's
    // context, seq_len.
    int64_t capacity = 0;
    // How many tokens of a prompt go through the model together. Any number gives the
    // same bits; larger ones are faster and take more memory.
    int64_t chunk = 128;
  };

  // `model` and `team` outlive the session. ResourceExhausted where the memory cannot
  // be had.
  static absl::StatusOr<Session> Create(const Transformer& model, ThreadTeam& team,
                                        Options options);

  // Puts the tokens behind those that are there, and returns the logits (V) of the
  // last one: what may follow it. They may be overwritten, and stand until the next
  // call. At least one token, at most capacity() - position().
  absl::Span<float> Append(absl::Span<const int> tokens, WhichLogits which = WhichLogits::kAll);

  // The same without the logits, which saves computing them: for the first part of a
  // text. Any number of tokens up to capacity() - position().
  void Feed(absl::Span<const int> tokens);

  // The same with the logits (T, V) after each of the tokens, T = 1 .. chunk(): for a text
  // that is to be judged.
  MatrixView<float> AppendForAll(absl::Span<const int> tokens,
                                 WhichLogits which = WhichLogits::kAll);

  // Who looks at the passes from now on; nobody where null. Outlives them.
  void set_observer(ForwardObserver* observer) { observer_ = observer; }

  const Transformer& model() const { return *model_; }
  // Keys and values of the tokens that are there. What lies behind them is nobody's: a pass
  // stores its own before it reads them.
  KvCache& cache() { return cache_; }
  int64_t capacity() const { return cache_.capacity(); }
  int64_t chunk() const { return workspace_.max_batch(); }
  // How many tokens are there.
  int64_t position() const { return position_; }
  // Forgets all but the first `position` tokens; 0 <= position <= position().
  void Rewind(int64_t position);

 private:
  Session(const Transformer& model, ThreadTeam& team, KvCache cache, Workspace workspace);

  // Runs one chunk, and computes the logits of its last `wanted` rows.
  MatrixView<float> Forward(absl::Span<const int> chunk, int64_t wanted,
                            WhichLogits which = WhichLogits::kAll);

  const Transformer* model_;
  ThreadTeam* team_;
  KvCache cache_;
  Workspace workspace_;
  std::vector<BatchRow> rows_;       // of the chunk under way
  std::vector<int64_t> logit_rows_;  // of those, the ones whose logits are wanted
  int64_t position_ = 0;
  ForwardObserver* observer_ = nullptr;
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_SESSION_H_
