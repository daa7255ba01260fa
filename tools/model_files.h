// The checkpoint and the vocabulary that a run's configuration names, or those of the model
// that ships with the project.
//
//   ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenCheckpoint(config));
//   ASSIGN_OR_RETURN(Vocabulary vocabulary,
//                    OpenVocabulary(config, checkpoint.config().vocab_size));
#ifndef LLAMA2_TOOLS_MODEL_FILES_H_
#define LLAMA2_TOOLS_MODEL_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "llama/checkpoint.h"
#include "tokenizer/vocabulary.h"
#include "tools/run_config.pb.h"

namespace llama2 {

// The checkpoint's path, or what the default model is called: for messages.
std::string CheckpointName(const RunConfig& config);

// config.checkpoint, or the default model without it. Errors: those of Checkpoint::Open.
absl::StatusOr<Checkpoint> OpenCheckpoint(const RunConfig& config);

// The vocabulary at TokenizerPath(config); the default model's where neither a tokenizer nor
// a checkpoint is given. Errors: those of TokenizerPath and Vocabulary::Load.
absl::StatusOr<Vocabulary> OpenVocabulary(const RunConfig& config, int vocab_size);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_MODEL_FILES_H_
