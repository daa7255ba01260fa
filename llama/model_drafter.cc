#include "llama/model_drafter.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/status_macros.h"

namespace llama2 {

absl::StatusOr<std::unique_ptr<ModelDrafter>> ModelDrafter::Create(
    std::unique_ptr<const Transformer> model, ThreadTeam& team, Session::Options options,
    const Sampler& sampler) {
  ASSIGN_OR_RETURN(Session session, Session::Create(*model, team, options));
  session.Append({0});
  session.Rewind(0);
  return std::unique_ptr<ModelDrafter>(
      new ModelDrafter(std::move(model), std::move(session), sampler));
}

ModelDrafter::ModelDrafter(std::unique_ptr<const Transformer> model, Session session,
                           const Sampler& sampler)
    : model_(std::move(model)), session_(std::move(session)), sampler_(sampler) {}

void ModelDrafter::CatchUp() {
  // What a pass of the text's model adds at most beyond what was proposed.
  constexpr int64_t kLeftForPropose = 2;
  ForgetWhatDiffers();
  if (broken_ || static_cast<int64_t>(text().size()) > session_.capacity()) return;
  const absl::Span<const int> unread = Unread();
  if (unread.size() > kLeftForPropose) Feed(unread.first(unread.size() - kLeftForPropose));
}

absl::Span<const int> ModelDrafter::Propose(const Request& request) {
  proposal_.clear();
  ForgetWhatDiffers();
  // The last token that is proposed is not read.
  const int64_t room = session_.capacity() - static_cast<int64_t>(text().size()) + 1;
  const int64_t wanted = std::min(request.most, room);
  if (broken_ || text().empty() || wanted <= 0) return {};

  sampler_.set_rng(request.coins);
  absl::Span<const int> next = Unread();
  while (true) {
    read_.insert(read_.end(), next.begin(), next.end());
    const absl::Span<float> logits = session_.Append(next);
    const int64_t history = request.history + static_cast<int64_t>(proposal_.size());
    const absl::StatusOr<int> token =
        sampler_.Sample(logits, absl::MakeConstSpan(read_).last(history));
    broken_ = !token.ok();
    if (broken_) return {};
    proposal_.push_back(*token);
    if (static_cast<int64_t>(proposal_.size()) == wanted) return proposal_;
    next = absl::MakeConstSpan(proposal_).last(1);
  }
}

void ModelDrafter::ForgetWhatDiffers() {
  const int64_t most =
      std::min(read_.size(), text().size() - std::min<size_t>(1, text().size()));
  while (agreed_ < most && read_[agreed_] == text()[agreed_]) ++agreed_;
  agreed_ = std::min(agreed_, most);
  session_.Rewind(agreed_);
  read_.resize(agreed_);
}

absl::Span<const int> ModelDrafter::Unread() const {
  return absl::MakeConstSpan(text()).subspan(read_.size());
}

void ModelDrafter::Feed(absl::Span<const int> tokens) {
  session_.Feed(tokens);
  read_.insert(read_.end(), tokens.begin(), tokens.end());
}

}  // namespace llama2
