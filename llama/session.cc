#include "llama/session.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "base/status_macros.h"

namespace llama2 {

absl::StatusOr<Session> Session::Create(const Transformer& model, ThreadTeam& team,
                                        Options options) {
  const int64_t capacity = options.capacity > 0 ? options.capacity : model.config().seq_len;
  const int64_t chunk = std::min(options.chunk, capacity);
  ASSIGN_OR_RETURN(KvCache cache, KvCache::Create(model.config(), capacity));
  ASSIGN_OR_RETURN(Workspace workspace, Workspace::Create(model, team, chunk, capacity));
  return Session(model, team, std::move(cache), std::move(workspace));
}

Session::Session(const Transformer& model, ThreadTeam& team, KvCache cache, Workspace workspace)
    : model_(&model),
      team_(&team),
      cache_(std::move(cache)),
      workspace_(std::move(workspace)) {}

absl::Span<float> Session::Append(absl::Span<const int> tokens, WhichLogits which) {
  CHECK(!tokens.empty());
  // All but the last chunk, which is never empty.
  const size_t fed = (tokens.size() - 1) / chunk() * chunk();
  Feed(tokens.first(fed));
  return Forward(tokens.subspan(fed), /*wanted=*/1, which).Row(0);
}

void Session::Feed(absl::Span<const int> tokens) {
  while (!tokens.empty()) {
    const absl::Span<const int> head = tokens.subspan(0, chunk());
    Forward(head, /*wanted=*/0);
    tokens.remove_prefix(head.size());
  }
}

MatrixView<float> Session::AppendForAll(absl::Span<const int> tokens, WhichLogits which) {
  CHECK(!tokens.empty() && static_cast<int64_t>(tokens.size()) <= chunk());
  return Forward(tokens, tokens.size(), which);
}

MatrixView<float> Session::Forward(absl::Span<const int> chunk, int64_t wanted,
                                   WhichLogits which) {
  CHECK_LE(static_cast<int64_t>(chunk.size()), capacity() - position_);
  rows_.clear();
  for (int token : chunk) {
    rows_.push_back({.token = token, .position = position_++, .cache = &cache_});
  }
  logit_rows_.resize(wanted);
  std::iota(logit_rows_.begin(), logit_rows_.end(), rows_.size() - wanted);
  return model_->Forward(rows_, logit_rows_, *team_, workspace_, observer_, which);
}

void Session::Rewind(int64_t position) {
  CHECK(position >= 0 && position <= position_);
  position_ = position;
}

}  // namespace llama2
