#include "llama/self_drafter.h"

#include <utility>

#include "absl/types/span.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "llama/batch_row.h"
#include "llama/config.h"

namespace llama2 {

absl::StatusOr<std::unique_ptr<SelfDrafter>> SelfDrafter::Create(
    std::unique_ptr<const Transformer> model, Session& session, ThreadTeam& team,
    const Sampler& sampler) {
  const Config& mine = model->config();
  const Config& texts = session.model().config();
  CHECK_EQ(mine.n_layers, texts.n_layers);
  CHECK_EQ(mine.n_kv_heads, texts.n_kv_heads);
  CHECK_EQ(mine.head_dim(), texts.head_dim());
  CHECK_EQ(mine.vocab_size, texts.vocab_size);
  ASSIGN_OR_RETURN(Workspace workspace,
                   Workspace::Create(*model, team, /*max_batch=*/1, session.capacity()));
  return std::unique_ptr<SelfDrafter>(
      new SelfDrafter(std::move(model), session, team, std::move(workspace), sampler));
}

SelfDrafter::SelfDrafter(std::unique_ptr<const Transformer> model, Session& session,
                         ThreadTeam& team, Workspace workspace, const Sampler& sampler)
    : model_(std::move(model)),
      session_(session),
      team_(team),
      workspace_(std::move(workspace)),
      sampler_(sampler) {}

void SelfDrafter::Begin(const Request& request) {
  CHECK(!text().empty());
  sampler_.Begin(request.coins, absl::MakeConstSpan(text()).last(request.history));
  token_ = text().back();
  position_ = session_.position();
}

std::optional<Drafter::Guess> SelfDrafter::Next() {
  if (sampler_.broken() || position_ >= session_.capacity()) return std::nullopt;
  const BatchRow row = {.token = token_, .position = position_, .cache = &session_.cache()};
  const MatrixView<float> logits = model_->Forward({&row, 1}, {0}, team_, workspace_);
  const std::optional<Guess> guess = sampler_.Choose(logits.Row(0));
  if (guess.has_value()) token_ = guess->token;
  ++position_;
  return guess;
}

}  // namespace llama2
