// Trains a model on stories.
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/messages.h"
#include "tools/cli/program.h"
#include "tools/train_config.h"
#include "tools/train_config.pb.h"
#include "tools/train_model.h"

namespace llama2 {
namespace {

constexpr absl::string_view kSummary =
    "Trains a Llama 2 on text files of stories. A run that was stopped, however, goes on\n"
    "when the same command is given again, and ends with the same weights.\n";

constexpr absl::string_view kUsage = "train --config=FILE [flags]\n";

constexpr absl::string_view kExamples =
    R"(  train --config=models/stories1M.textproto --output=stories1M
  train --text=stories.txt --tokenizer=tokenizer.bin --output=tiny --dim=64 --n_heads=8
  train --config=models/stories1M.textproto --output=stories1M --eval_only
)";

int Run(const TrainConfig& config, const Messages& messages) {
  const Interrupt interrupt;
  if (config.eval_only()) {
    const absl::StatusOr<std::string> line = EvaluateModel(config, interrupt, messages);
    if (line.ok()) return PrintOnStdout(messages, *line);
    if (!absl::IsCancelled(line.status())) return Fail(messages, line.status(), kFailure);
  } else {
    const absl::Status status = TrainModel(config, interrupt, messages);
    if (!status.ok() && !absl::IsCancelled(status)) return Fail(messages, status, kFailure);
  }
  return interrupt.signal() == 0 ? kSuccess : kSignal + interrupt.signal();
}

int TrainMain(int argc, char** argv) {
  TrainConfig config;
  return ProgramMain(argc, argv,
                     {.name = "train",
                      .help = {.summary = kSummary, .usage = kUsage, .examples = kExamples},
                      .config = &config,
                      .validate = [&] { return Validate(config); },
                      .run = [&](const Messages& messages) { return Run(config, messages); }});
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) { return llama2::TrainMain(argc, argv); }
