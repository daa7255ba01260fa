// One run of a model, as a configuration describes it: a text, or a conversation over
// standard input.
//
//   const Interrupt interrupt;
//   TextOutput out(STDOUT_FILENO, "stdout");
//   RETURN_IF_ERROR(RunModel(config, LoadFp32Model, interrupt, Messages("run"), out));
#ifndef LLAMA2_TOOLS_RUN_MODEL_H_
#define LLAMA2_TOOLS_RUN_MODEL_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernels/kernels.h"
#include "llama/checkpoint.h"
#include "llama/transformer.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/messages.h"
#include "tools/cli/text_output.h"
#include "tools/run_config.pb.h"

namespace llama2 {

// Makes a transformer of the checkpoint that `config` names (CheckpointName). The one thing
// in which programs differ that run models of different number formats. Errors name it.
using ModelLoader = std::function<absl::StatusOr<std::unique_ptr<const Transformer>>(
    Checkpoint checkpoint, const RunConfig& config, Kernels kernels, const Messages& messages)>;

// Runs the model that `config` (which Validate accepts) names, or the default model, until the
// text is at its end or a signal comes. Generated text, and an end of line after it, go to
// `out`; statistics, unless config.quiet, go to stderr, with the seed where the clock gave it.
//
// A conversation reads standard input: a line is a message. The first line is the
// system prompt, unless config has one, as llama2.c does it. Answers go to `out`, each
// with an end of line; questions ("User: ") are shown on stderr, and only where standard
// input is a terminal. It ends with the input, or when the context is full, which is
// said. A message that has no room left is an error, but one who types may try again.
//
// Errors name the file where there is one. What was generated before an error stands.
absl::Status RunModel(const RunConfig& config, const ModelLoader& load_model,
                      const Interrupt& interrupt, const Messages& messages, TextOutput& out);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_RUN_MODEL_H_
