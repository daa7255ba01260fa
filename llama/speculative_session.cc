#include "llama/speculative_session.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "base/stopwatch.h"

namespace llama2 {

SpeculativeSession::SpeculativeSession(Session* session, const Options& options)
    : session_(*session), options_(options) {
  CHECK_LE(options.limit, session->capacity());
  CHECK(options.drafter == nullptr || options.sampler != nullptr);
}

SpeculativeSession::~SpeculativeSession() { session_.Rewind(position()); }

void SpeculativeSession::Feed(absl::Span<const int> tokens) {
  EndPass();
  Follow(tokens);
  session_.Feed(tokens);
  if (options_.drafter != nullptr) options_.drafter->CatchUp();
}

absl::Span<float> SpeculativeSession::Append(absl::Span<const int> tokens, WhichLogits which) {
  Follow(tokens);
  if (tokens.size() == 1 && pass_.accepted < drafted() &&
      tokens[0] == batch_[pass_.accepted + 1]) {
    ++pass_.accepted;
    ++stats_.accepted;
    return logits_.Row(pass_.accepted);
  }
  EndPass();
  if (tokens.size() == 1 && options_.drafter != nullptr) return BeginPass(tokens[0], which);
  const absl::Span<float> logits = session_.Append(tokens, which);
  if (options_.drafter != nullptr) options_.drafter->CatchUp();
  return logits;
}

int64_t SpeculativeSession::position() const {
  return session_.position() - (drafted() - pass_.accepted);
}

absl::Span<float> SpeculativeSession::BeginPass(int token, WhichLogits which) {
  batch_.assign({token});
  Draft();
  const Stopwatch watch;
  logits_ = session_.AppendForAll(batch_, which);
  pass_.check_seconds = watch.Seconds();
  stats_.drafted += drafted();
  stats_.passes += drafted() > 0;
  return logits_.Row(0);
}

void SpeculativeSession::Draft() {
  Drafter& drafter = *options_.drafter;
  const int64_t most = std::min(options_.limit - session_.position() - 1, session_.chunk() - 1);
  if (most <= 0 || !drafter.length().More(drafter.CatchUpSeconds())) return;
  const Stopwatch watch;
  drafter.CatchUp();
  pass_.catch_up_seconds = watch.Seconds();
  drafter.Begin({.coins = options_.sampler->rng(), .history = history_});
  do {
    const std::optional<Drafter::Guess> guess = drafter.Next();
    if (!guess.has_value()) break;
    batch_.push_back(guess->token);
    drafter.length().Add(guess->sureness);
  } while (drafted() < most && drafter.length().More());
  pass_.draft_seconds = watch.Seconds() - pass_.catch_up_seconds;
}

void SpeculativeSession::EndPass() {
  if (batch_.empty()) return;
  session_.Rewind(position());
  options_.drafter->length().Record(pass_);
  pass_ = {};
  batch_.clear();
}

void SpeculativeSession::Follow(absl::Span<const int> tokens) {
  history_ += tokens.size();
  if (options_.drafter != nullptr) options_.drafter->Append(tokens);
}

}  // namespace llama2
