#include "llama/speculative_session.h"

#include <algorithm>

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

absl::Span<float> SpeculativeSession::Append(absl::Span<const int> tokens) {
  Follow(tokens);
  if (tokens.size() == 1 && pass_.accepted < pass_.drafted &&
      tokens[0] == batch_[pass_.accepted + 1]) {
    ++pass_.accepted;
    ++stats_.accepted;
    return logits_.Row(pass_.accepted);
  }
  EndPass();
  if (tokens.size() == 1 && options_.drafter != nullptr) return BeginPass(tokens[0]);
  const absl::Span<float> logits = session_.Append(tokens);
  if (options_.drafter != nullptr) options_.drafter->CatchUp();
  return logits;
}

int64_t SpeculativeSession::position() const {
  return session_.position() - (pass_.drafted - pass_.accepted);
}

absl::Span<float> SpeculativeSession::BeginPass(int token) {
  Drafter& drafter = *options_.drafter;
  const Stopwatch watch;
  batch_.assign({token});
  if (const int64_t most = DraftMost(); most > 0) {
    drafter.CatchUp();
    pass_.catch_up_seconds = watch.Seconds();
    const absl::Span<const int> draft =
        drafter.Propose({.most = most, .coins = options_.sampler->rng(), .history = history_});
    CHECK_LE(static_cast<int64_t>(draft.size()), most);
    batch_.insert(batch_.end(), draft.begin(), draft.end());
  }
  logits_ = session_.AppendForAll(batch_);
  pass_.drafted = batch_.size() - 1;
  pass_.seconds = watch.Seconds() - pass_.catch_up_seconds;
  stats_.drafted += pass_.drafted;
  stats_.passes += pass_.drafted > 0;
  return logits_.Row(0);
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

int64_t SpeculativeSession::DraftMost() const {
  return std::min({static_cast<int64_t>(
                       options_.drafter->length().Next(options_.drafter->CatchUpSeconds())),
                   options_.limit - session_.position() - 1, session_.chunk() - 1});
}

}  // namespace llama2
