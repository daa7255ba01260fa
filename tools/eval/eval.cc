// Measures how well a model foretells texts, beside another model or by questions.
#include <unistd.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/messages.h"
#include "tools/cli/program.h"
#include "tools/cli/progress_bar.h"
#include "tools/eval/eval_config.pb.h"
#include "tools/eval/eval_model.h"

namespace llama2 {
namespace {

constexpr absl::string_view kSummary =
    "Measures how well a model foretells texts: the mean negative log-likelihood of a\n"
    "token, perplexity, and bits per byte, which do not depend on the vocabulary; how far\n"
    "another model is from it; and how often it finds the right ending of several.\n";

constexpr absl::string_view kUsage =
    "eval MODEL TEXT... [flags]\n"
    "       eval MODEL TEXT... --compare=OTHER [flags]\n"
    "       eval MODEL --choices=FILE [flags]\n";

constexpr absl::string_view kExamples =
    R"(  eval default stories.txt
  eval stories260K.bin stories.txt -z tok512.bin --cut
  eval model_q8.bin stories.txt --json
  eval default stories.txt --compare=int8
  eval default --choices=choices.jsonl
  eval run/best.bin stories.txt --windows=100 --held_out=0.01
)";

int Run(const EvalConfig& config, const Messages& messages) {
  const Interrupt interrupt;
  absl::StatusOr<std::string> report;
  {
    ProgressBar bar(STDERR_FILENO, "eval");  // its end takes it off the terminal
    report = EvalModel(config, [&](int64_t done, int64_t total) {
      if (!config.quiet()) bar.Show(done, total);
      return interrupt.signal() == 0;
    });
  }
  if (absl::IsCancelled(report.status())) {
    return Fail(messages, report.status(), kSignal) + interrupt.signal();
  }
  if (!report.ok()) return Fail(messages, report.status(), kFailure);
  return PrintOnStdout(messages, *report);
}

int EvalMain(int argc, char** argv) {
  EvalConfig config;
  return ProgramMain(argc, argv,
                     {.name = "eval",
                      .help = {.summary = kSummary, .usage = kUsage, .examples = kExamples},
                      .config = &config,
                      .validate = [&] { return Validate(config); },
                      .run = [&](const Messages& messages) { return Run(config, messages); }});
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) { return llama2::EvalMain(argc, argv); }
