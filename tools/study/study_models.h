// The models of a study, and the vocabulary that they share.
//
//   ASSIGN_OR_RETURN(const StudyModels models, StudyModels::Load(config, kernels));
//   RunStudy(plan, models.models(), models.vocabulary(), ...);
#ifndef LLAMA2_TOOLS_STUDY_STUDY_MODELS_H_
#define LLAMA2_TOOLS_STUDY_STUDY_MODELS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "analysis/study.h"
#include "kernels/kernels.h"
#include "llama/checkpoint.h"
#include "llama/transformer.h"
#include "tokenizer/vocabulary.h"
#include "tools/study/study_config.pb.h"

namespace llama2 {

// Move-only.
class StudyModels {
 public:
  // config.checkpoint, each followed by its copy in int8 where config.int8 says so; the
  // default model where there is none. They are named by their paths; a single model and its
  // copy "float32" and "int8".
  // InvalidArgument: a copy is wanted of a model that is int8 already, or a model's
  // vocabulary is not as large as the first one's. Also what opening them says.
  static absl::StatusOr<StudyModels> Load(const StudyConfig& config, Kernels kernels);

  absl::Span<const StudyModel> models() const { return models_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }

 private:
  explicit StudyModels(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}

  absl::Status Add(const std::string& name, Checkpoint checkpoint, Kernels kernels);

  Vocabulary vocabulary_;
  std::vector<std::unique_ptr<const Transformer>> transformers_;
  std::vector<StudyModel> models_;
};

}  // namespace llama2

#endif  // LLAMA2_TOOLS_STUDY_STUDY_MODELS_H_
