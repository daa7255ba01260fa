// Who foretells tokens for a run, as its configuration says.
//
//   ASSIGN_OR_RETURN(const std::unique_ptr<Drafter> drafter,
//                    OpenDrafter(config, session, team, sampler, messages));
//   Generate(prompt, {.drafter = drafter.get()}, ...);
#ifndef LLAMA2_TOOLS_OPEN_DRAFTER_H_
#define LLAMA2_TOOLS_OPEN_DRAFTER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "kernels/thread_team.h"
#include "llama/drafter.h"
#include "llama/session.h"
#include "sampling/sampler.h"
#include "tools/cli/messages.h"
#include "tools/run_config.pb.h"

namespace llama2 {

// The drafter that config.draft asks for; null where it asks for none. "int8" is the model
// itself with its layers in int8 (llama/draft_model.h): those of the checkpoint that `config`
// names, or a copy where it is not int8; "prompt" is a PromptDrafter; all else is a
// checkpoint's path. A model that drafts computes with the session's kernels and `team`, and
// samples as `sampler` does. What memory its weights take is said in a message. `session`, of
// the model that `config` names, and `team` outlive the drafter.
//
// Errors begin with "draft: ": those of Checkpoint::Open, Int8Layers, SelfDrafter::Create and
// ModelDrafter::Create; InvalidArgument where a file's vocabulary is not as large as the
// session's model's.
absl::StatusOr<std::unique_ptr<Drafter>> OpenDrafter(const RunConfig& config, Session& session,
                                                     ThreadTeam& team, const Sampler& sampler,
                                                     const Messages& messages);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_OPEN_DRAFTER_H_
