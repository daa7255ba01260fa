// A training run from its config to the files in its output folder.
//
//   const Interrupt interrupt;
//   absl::Status status = TrainModel(config, interrupt, messages);
#ifndef LLAMA2_TOOLS_TRAIN_MODEL_H_
#define LLAMA2_TOOLS_TRAIN_MODEL_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/messages.h"
#include "tools/train_config.pb.h"

namespace llama2 {

// Trains until step config.steps, from where the output folder's last state stands, or
// until a signal comes, after which everything is saved and the status is OK. `config` is
// one that Validate accepts. Prints lines on stderr, and on a terminal a progress bar.
//
// A run that is at its end stays as it is.
//
// Errors name the file or the field: FailedPrecondition (the folder has a run of another
// config or beyond config.steps, or is in use; a loss is not finite); Cancelled (a signal
// came before the first step); those of the texts and the vocabulary; a full disk. The
// last state that was saved stays whole.
absl::Status TrainModel(const TrainConfig& config, const Interrupt& interrupt,
                        const Messages& messages);

// The validation loss of the output folder's last state, in a line for a person. Errors: as
// TrainModel's, and NotFound where there is no state.
absl::StatusOr<std::string> EvaluateModel(const TrainConfig& config, const Interrupt& interrupt,
                                          const Messages& messages);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_TRAIN_MODEL_H_
