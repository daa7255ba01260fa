#include "tools/study/study_models.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "llama/make_transformer.h"
#include "tools/int8_copy.h"
#include "tools/model_files.h"
#include "tools/run_config.pb.h"

namespace llama2 {
namespace {

// What `run` would take these files from.
std::vector<RunConfig> FilesOf(const StudyConfig& config) {
  std::vector<RunConfig> files;
  for (const std::string& checkpoint : config.checkpoint()) {
    files.emplace_back();
    if (checkpoint != "default") files.back().set_checkpoint(checkpoint);
  }
  if (files.empty()) files.emplace_back();
  if (config.has_tokenizer()) files[0].set_tokenizer(config.tokenizer());
  return files;
}

}  // namespace

absl::StatusOr<StudyModels> StudyModels::Load(const StudyConfig& config, Kernels kernels) {
  const std::vector<RunConfig> files = FilesOf(config);
  std::vector<Checkpoint> checkpoints;
  for (const RunConfig& file : files) {
    ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenCheckpoint(file));
    checkpoints.push_back(std::move(checkpoint));
  }
  const int vocab_size = checkpoints[0].config().vocab_size;
  ASSIGN_OR_RETURN(Vocabulary vocabulary, OpenVocabulary(files[0], vocab_size));
  StudyModels models(std::move(vocabulary));
  for (size_t i = 0; i < files.size(); ++i) {
    const std::string name = CheckpointName(files[i]);
    Checkpoint& checkpoint = checkpoints[i];
    if (checkpoint.config().vocab_size != vocab_size) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": vocab_size: found ", checkpoint.config().vocab_size,
                       ", expected ", vocab_size, " as ", CheckpointName(files[0])));
    }
    if (!config.int8()) {
      RETURN_IF_ERROR(models.Add(name, std::move(checkpoint), kernels));
      continue;
    }
    if (checkpoint.is_int8()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": found int8, expected float32, for --int8 makes a copy"));
    }
    ASSIGN_OR_RETURN(Checkpoint copy, Int8Copy(checkpoint, name));
    const std::string prefix = files.size() == 1 ? "" : absl::StrCat(name, ", ");
    RETURN_IF_ERROR(
        models.Add(absl::StrCat(prefix, "float32"), std::move(checkpoint), kernels));
    RETURN_IF_ERROR(models.Add(absl::StrCat(prefix, "int8"), std::move(copy), kernels));
  }
  return models;
}

absl::Status StudyModels::Add(const std::string& name, Checkpoint checkpoint, Kernels kernels) {
  ASSIGN_OR_RETURN(std::unique_ptr<const Transformer> transformer,
                   MakeTransformer(std::move(checkpoint), kernels));
  models_.push_back({name, transformer.get()});
  transformers_.push_back(std::move(transformer));
  return absl::OkStatus();
}

}  // namespace llama2
