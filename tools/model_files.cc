#include "tools/model_files.h"

#include "base/status_macros.h"
#include "models/default_model.h"
#include "tools/run_config.h"

namespace llama2 {

std::string CheckpointName(const RunConfig& config) {
  return config.has_checkpoint() ? config.checkpoint() : kDefaultModelName;
}

absl::StatusOr<Checkpoint> OpenCheckpoint(const RunConfig& config) {
  if (config.has_checkpoint()) return Checkpoint::Open(config.checkpoint());
  return Checkpoint::Parse(DefaultModel().checkpoint, kDefaultModelName);
}

absl::StatusOr<Vocabulary> OpenVocabulary(const RunConfig& config, int vocab_size) {
  if (!config.has_checkpoint() && !config.has_tokenizer()) {
    return Vocabulary::Parse(DefaultModel().tokenizer, kDefaultModelName, vocab_size);
  }
  ASSIGN_OR_RETURN(const std::string path, TokenizerPath(config));
  return Vocabulary::Load(path, vocab_size);
}

}  // namespace llama2
