// Drafts with another model, a smaller one that has the same vocabulary.
//
//   ASSIGN_OR_RETURN(auto model, MakeTransformer(std::move(smaller_checkpoint), kernels));
//   ASSIGN_OR_RETURN(auto drafter, ModelDrafter::Create(std::move(model), team, {}, sampler));
//   Generate(prompt, {.drafter = drafter.get()}, vocabulary, sampler, session, print);
#ifndef LLAMA2_LLAMA_MODEL_DRAFTER_H_
#define LLAMA2_LLAMA_MODEL_DRAFTER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "kernels/thread_team.h"
#include "llama/draft_sampler.h"
#include "llama/drafter.h"
#include "llama/session.h"
#include "llama/transformer.h"
#include "sampling/sampler.h"

namespace llama2 {

// Has a session of its own, with its KV cache and workspace, which follows the text: it
// reads what was sampled and forgets what it guessed in vain.
//
// Where the text outgrows the session it guesses nothing; nor does it ever again once its
// logits have not been numbers.
class ModelDrafter : public Drafter {
 public:
  // `team` outlives the drafter; it may be the team of the text's session, for the two do not
  // run at once. `sampler` is the text's, whose options guesses are sampled with. Puts some
  // tokens through the model, which brings its file's pages into memory.
  // ResourceExhausted: as Session::Create.
  static absl::StatusOr<std::unique_ptr<ModelDrafter>> Create(
      std::unique_ptr<const Transformer> model, ThreadTeam& team, Session::Options options,
      const Sampler& sampler);

  void CatchUp() override;
  double CatchUpSeconds() const override;
  void Begin(const Request& request) override;
  std::optional<Guess> Next() override;

 private:
  ModelDrafter(std::unique_ptr<const Transformer> model, Session session,
               const Sampler& sampler, double seconds_per_token);

  // Forgets what the session has read beyond where it agrees with the text, and at least
  // the text's last token, whose logits are still needed.
  void ForgetWhatDiffers();
  absl::Span<const int> Unread() const;
  // How many tokens CatchUp reads.
  int64_t Backlog() const;

  std::unique_ptr<const Transformer> model_;
  Session session_;
  DraftSampler sampler_;
  std::vector<int> read_;     // what is in the session: text, then perhaps guesses
  int64_t agreed_ = 0;        // of those, the first ones that are known to be the text's
  std::vector<int> next_;     // what Next reads
  double seconds_per_token_;  // of a text that is read and not continued
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_MODEL_DRAFTER_H_
