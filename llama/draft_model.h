// A model that drafts the texts of another at a fraction of the cost: the other's layers in
// int8, and its own embeddings and classifier, which is asked for about what each token's
// logit is.
//
//   ASSIGN_OR_RETURN(Checkpoint layers, Int8Layers(checkpoint, path));   // tools/int8_copy.h
//   ASSIGN_OR_RETURN(auto drafting, MakeDraftModel(*model, std::move(layers), team));
//   ASSIGN_OR_RETURN(auto drafter,
//                    SelfDrafter::Create(std::move(drafting), session, team, sampler));
#ifndef LLAMA2_LLAMA_DRAFT_MODEL_H_
#define LLAMA2_LLAMA_DRAFT_MODEL_H_

#include <memory>

#include "absl/status/statusor.h"
#include "kernels/thread_team.h"
#include "llama/checkpoint.h"
#include "llama/transformer.h"

namespace llama2 {

// `int8` is_int8() and has the layers of `model`, which outlives the result; nothing else of it
// is read. `team` makes ready what the classifier reads (Linear::PrepareAbout). Errors: those
// of MakeInt8Transformer.
absl::StatusOr<std::unique_ptr<const Transformer>> MakeDraftModel(const Transformer& model,
                                                                  Checkpoint int8,
                                                                  ThreadTeam& team);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_DRAFT_MODEL_H_
