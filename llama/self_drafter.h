// Drafts with a cheaper copy of the text's own model, the same weights in int8, over the
// text's own keys and values (self-speculation).
//
//   ASSIGN_OR_RETURN(auto model, MakeInt8Transformer(std::move(int8_checkpoint), kernels));
//   ASSIGN_OR_RETURN(auto drafter,
//                    SelfDrafter::Create(std::move(model), session, team, sampler));
//   Generate(prompt, {.drafter = drafter.get()}, vocabulary, sampler, session, print);
//
// What the copy would remember of the text is what its model does, but for rounding: it
// attends over the session's keys and values, which are better, and has none of its own. So
// it reads no prompt, has never to catch up, and needs no cache. The keys and values of its
// guesses lie behind the text's, where the pass that checks them puts the model's own.
#ifndef LLAMA2_LLAMA_SELF_DRAFTER_H_
#define LLAMA2_LLAMA_SELF_DRAFTER_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "kernels/thread_team.h"
#include "llama/draft_sampler.h"
#include "llama/drafter.h"
#include "llama/session.h"
#include "llama/transformer.h"
#include "llama/workspace.h"
#include "sampling/sampler.h"

namespace llama2 {

// Guesses nothing beyond the session's capacity, nor ever again once its logits have not been
// numbers.
class SelfDrafter : public Drafter {
 public:
  // `model` has the shape of the session's. `session` and `team` outlive the drafter; `team`
  // may be the session's, for the two do not run at once. `sampler` is the text's, whose
  // options guesses are sampled with. ResourceExhausted: as Workspace::Create.
  static absl::StatusOr<std::unique_ptr<SelfDrafter>> Create(
      std::unique_ptr<const Transformer> model, Session& session, ThreadTeam& team,
      const Sampler& sampler);

  void Begin(const Request& request) override;
  std::optional<Guess> Next() override;

 private:
  SelfDrafter(std::unique_ptr<const Transformer> model, Session& session, ThreadTeam& team,
              Workspace workspace, const Sampler& sampler);

  std::unique_ptr<const Transformer> model_;
  Session& session_;
  ThreadTeam& team_;
  Workspace workspace_;
  DraftSampler sampler_;

  // What Next puts through the model, and where.
  int token_ = 0;
  int64_t position_ = 0;
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_SELF_DRAFTER_H_
