// A session that looks ahead: seen from outside it does what llama/session.h does, bit for
// bit, but where its drafter has foretold the tokens that it is then given, it has computed
// their logits already, all in one pass.
//
//   SpeculativeSession ahead(&session, {.limit = session.capacity(),
//                                       .drafter = &drafter,
//                                       .sampler = &sampler});
//   ahead.Feed(first_chunk);
//   absl::Span<float> logits = ahead.Append(last_chunk);
//   logits = ahead.Append({token});      // a pass over token and what may come after it
//   logits = ahead.Append({foretold});   // no pass at all
//
// That is exact because logits depend on the tokens alone, not on how they are cut into
// batches (llama/transformer.h): a pass that was made for nothing is forgotten.
#ifndef LLAMA2_LLAMA_SPECULATIVE_SESSION_H_
#define LLAMA2_LLAMA_SPECULATIVE_SESSION_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "kernels/tensor_view.h"
#include "llama/draft_length.h"
#include "llama/drafter.h"
#include "llama/session.h"
#include "llama/transformer.h"
#include "sampling/sampler.h"

namespace llama2 {

// While it lives, nobody else uses the session, which may be ahead of position(); at its end
// the session is there. Thread-safety: one thread at a time.
class SpeculativeSession {
 public:
  struct Options {
    // No position from here on is computed. At most the session's capacity.
    int64_t limit = 0;
    // Who foretells; nobody where null: then this is the session and nothing more.
    Drafter* drafter = nullptr;
    // Who chooses the tokens, and draws a coin for each: where there is a drafter. The
    // tokens that go through this are its history.
    const Sampler* sampler = nullptr;
  };

  // What is pointed to outlives this.
  SpeculativeSession(Session* session, const Options& options);
  ~SpeculativeSession();
  SpeculativeSession(const SpeculativeSession&) = delete;
  SpeculativeSession& operator=(const SpeculativeSession&) = delete;

  // As Session has them.
  void Feed(absl::Span<const int> tokens);
  // Append's `which` also holds for the tokens that are foretold to follow.
  absl::Span<float> Append(absl::Span<const int> tokens, WhichLogits which = WhichLogits::kAll);
  int64_t position() const;
  int64_t chunk() const { return session_.chunk(); }

  const DraftStats& stats() const { return stats_; }

 private:
  // Puts `token` through the model, and what the drafter guesses to follow it.
  absl::Span<float> BeginPass(int token, WhichLogits which);
  // Puts guesses behind the token in batch_, while they are worth it.
  void Draft();
  // Tokens of the pass under way that have not come go; the drafter learns what it took.
  void EndPass();
  void Follow(absl::Span<const int> tokens);
  int64_t drafted() const { return batch_.empty() ? 0 : batch_.size() - 1; }

  Session& session_;
  const Options options_;
  int64_t history_ = 0;  // tokens that went through this
  DraftStats stats_;

  // The pass under way, if there is one: `batch_` is a token and what was drafted to follow
  // it, `logits_` those after each of them, and pass_.accepted of the drafted have come.
  std::vector<int> batch_;
  MatrixView<float> logits_;
  DraftLength::Pass pass_;
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_SPECULATIVE_SESSION_H_
