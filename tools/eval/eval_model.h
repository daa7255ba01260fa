// What `eval` does: opens what its configuration names, judges the model, and says what it
// found.
//
//   ASSIGN_OR_RETURN(const std::string text, EvalModel(config, progress));
#ifndef LLAMA2_TOOLS_EVAL_EVAL_MODEL_H_
#define LLAMA2_TOOLS_EVAL_EVAL_MODEL_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "analysis/session_pool.h"
#include "tools/eval/eval_config.pb.h"

namespace llama2 {

// InvalidArgument, naming the field, where `config` makes no sense whatever the files are.
absl::Status Validate(const EvalConfig& config);

// The report that a valid `config` asks for, as text for a person or as JSON.
// Errors name the file or the field: those of Checkpoint::Open, Vocabulary::Load, Corpus::Open
// and analysis/; InvalidArgument for a window, a stride or another model that do not go with
// the model.
absl::StatusOr<std::string> EvalModel(const EvalConfig& config, Progress progress);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_EVAL_EVAL_MODEL_H_
