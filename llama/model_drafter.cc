#include "llama/model_drafter.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/status_macros.h"
#include "base/stopwatch.h"

namespace llama2 {
namespace {

// What CatchUp leaves for Next: at least what a pass of the text's model adds beyond what
// was guessed, and the first tokens after a prompt.
constexpr int64_t kLeftForNext = 4;

// From so many on, the time that tokens took says what others will take.
constexpr int64_t kEnoughToMeasure = 8;

}  // namespace

absl::StatusOr<std::unique_ptr<ModelDrafter>> ModelDrafter::Create(
    std::unique_ptr<const Transformer> model, ThreadTeam& team, Session::Options options,
    const Sampler& sampler) {
  ASSIGN_OR_RETURN(Session session, Session::Create(*model, team, options));
  session.Append({0});
  session.Rewind(0);
  const std::vector<int> tokens(std::min(kEnoughToMeasure, session.capacity()), 0);
  const Stopwatch watch;
  session.Feed(tokens);
  const double seconds_per_token = watch.Seconds() / tokens.size();
  session.Rewind(0);
  return std::unique_ptr<ModelDrafter>(
      new ModelDrafter(std::move(model), std::move(session), sampler, seconds_per_token));
}

ModelDrafter::ModelDrafter(std::unique_ptr<const Transformer> model, Session session,
                           const Sampler& sampler, double seconds_per_token)
    : model_(std::move(model)),
      session_(std::move(session)),
      sampler_(sampler),
      seconds_per_token_(seconds_per_token) {}

void ModelDrafter::CatchUp() {
  ForgetWhatDiffers();
  const int64_t backlog = Backlog();
  if (backlog == 0) return;
  const Stopwatch watch;
  const absl::Span<const int> tokens = Unread().first(backlog);
  session_.Feed(tokens);
  read_.insert(read_.end(), tokens.begin(), tokens.end());
  if (backlog >= kEnoughToMeasure) seconds_per_token_ = watch.Seconds() / backlog;
}

double ModelDrafter::CatchUpSeconds() const { return Backlog() * seconds_per_token_; }

void ModelDrafter::Begin(const Request& request) {
  CHECK(!text().empty());
  ForgetWhatDiffers();
  sampler_.Begin(request.coins, absl::MakeConstSpan(text()).last(request.history));
  next_.assign(Unread().begin(), Unread().end());
}

std::optional<Drafter::Guess> ModelDrafter::Next() {
  const int64_t room = session_.capacity() - session_.position();
  if (sampler_.broken() || room < static_cast<int64_t>(next_.size())) return std::nullopt;
  read_.insert(read_.end(), next_.begin(), next_.end());
  const std::optional<Guess> guess = sampler_.Choose(session_.Append(next_));
  if (guess.has_value()) next_.assign({guess->token});
  return guess;
}

void ModelDrafter::ForgetWhatDiffers() {
  if (text().empty()) return;
  const int64_t most = std::min(read_.size(), text().size() - 1);
  while (agreed_ < most && read_[agreed_] == text()[agreed_]) ++agreed_;
  agreed_ = std::min(agreed_, most);
  session_.Rewind(agreed_);
  read_.resize(agreed_);
}

absl::Span<const int> ModelDrafter::Unread() const {
  return absl::MakeConstSpan(text()).subspan(read_.size());
}

int64_t ModelDrafter::Backlog() const {
  const int64_t size = text().size();
  if (sampler_.broken() || size > session_.capacity()) return 0;
  return std::max<int64_t>(0, size - static_cast<int64_t>(read_.size()) - kLeftForNext);
}

}  // namespace llama2
