#include "llama/session.h"

#include <algorithm>
#include <utility>
#include <vector>

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

absl::Span<float> Session::Append(absl::Span<const int> tokens) {
  CHECK(!tokens.empty());
  CHECK_LE(static_cast<int64_t>(tokens.size()), capacity() - position_);
  std::vector<BatchRow> rows;
  MatrixView<float> logits;
  while (!tokens.empty()) {
    const auto chunk = tokens.subspan(0, workspace_.max_batch());
    tokens.remove_prefix(chunk.size());
    rows.clear();
    for (int token : chunk) {
      rows.push_back({.token = token, .position = position_++, .cache = &cache_});
    }
    // Only the last token of the last chunk is asked what may follow it.
    const int64_t last = rows.size() - 1;
    const auto asked = tokens.empty() ? absl::MakeConstSpan(&last, 1) : absl::Span<const int64_t>();
    logits = model_->Forward(rows, asked, *team_, workspace_);
  }
  return logits.Row(0);
}

void Session::Rewind(int64_t position) {
  CHECK(position >= 0 && position <= position_);
  position_ = position;
}

}  // namespace llama2
