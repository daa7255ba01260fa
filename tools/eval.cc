// Measures how well a model foretells texts: perplexity, and bits per byte.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analysis/evaluate_stories.h"
#include "analysis/evaluation.pb.h"
#include "base/status_macros.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/checkpoint.h"
#include "llama/config.h"
#include "llama/make_transformer.h"
#include "llama/transformer.h"
#include "tokenizer/vocabulary.h"
#include "tools/eval_config.pb.h"
#include "tools/eval_report.h"
#include "tools/field_value.h"
#include "tools/interrupt.h"
#include "tools/messages.h"
#include "tools/model_files.h"
#include "tools/program.h"
#include "tools/progress_bar.h"
#include "tools/run_config.pb.h"
#include "training/corpus.h"

namespace llama2 {
namespace {

constexpr absl::string_view kSummary =
    "Measures how well a model foretells texts: the mean negative log-likelihood of a\n"
    "token, perplexity, and bits per byte, which do not depend on the vocabulary.\n";

constexpr absl::string_view kUsage = "eval MODEL TEXT... [flags]\n";

constexpr absl::string_view kExamples =
    R"(  eval default stories.txt
  eval stories260K.bin stories.txt -z tok512.bin --cut
  eval model_q8.bin stories.txt --json
)";

absl::Status Validate(const EvalConfig& config) {
  RETURN_IF_ERROR(CheckFields(config));
  if (!config.has_checkpoint()) {
    return absl::InvalidArgumentError("checkpoint: missing, expected a file or default");
  }
  if (config.text().empty()) {
    return absl::InvalidArgumentError("text: missing, expected files to read");
  }
  if (config.has_isa()) return ParseIsa(config.isa()).status();
  return absl::OkStatus();
}

// What `config` says of a model with this context; the stride must not skip a token.
absl::StatusOr<EvalOptions> OptionsOf(const EvalConfig& config, const Config& model) {
  const int64_t window = config.has_window() ? config.window() : model.seq_len;
  if (window > model.seq_len) {
    return absl::InvalidArgumentError(absl::StrCat(
        "window: found ", window, ", expected up to ", model.seq_len, ", the model's context"));
  }
  if (config.has_stride() && config.stride() > window) {
    return absl::InvalidArgumentError(absl::StrCat("stride: found ", config.stride(),
                                                   ", expected up to the window, ", window));
  }
  return EvalOptions{
      .window = window,
      .stride = config.has_stride() ? config.stride() : std::max<int64_t>(window / 2, 1),
      .cut = config.cut(),
      .threads = config.threads() > 0 ? config.threads() : AvailableProcessors()};
}

absl::StatusOr<EvalReport> Evaluate(const EvalConfig& config, const Interrupt& interrupt) {
  RunConfig files;
  if (config.checkpoint() != "default") files.set_checkpoint(config.checkpoint());
  if (config.has_tokenizer()) files.set_tokenizer(config.tokenizer());
  ASSIGN_OR_RETURN(const Isa isa, config.has_isa() ? ParseIsa(config.isa()) : BestIsa());
  ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenCheckpoint(files));
  ASSIGN_OR_RETURN(const Vocabulary vocabulary,
                   OpenVocabulary(files, checkpoint.config().vocab_size));
  ASSIGN_OR_RETURN(const Corpus corpus, Corpus::Open(std::vector<std::string>(
                                            config.text().begin(), config.text().end())));
  const Kernels kernels(isa);
  ASSIGN_OR_RETURN(const std::unique_ptr<const Transformer> model,
                   MakeTransformer(std::move(checkpoint), kernels));
  ASSIGN_OR_RETURN(const EvalOptions options, OptionsOf(config, model->config()));
  ProgressBar bar(STDERR_FILENO, "eval");
  const auto progress = [&](int64_t done, int64_t total) {
    if (!config.quiet()) bar.Show(done, total);
    return interrupt.signal() == 0;
  };
  ASSIGN_OR_RETURN(EvalReport report,
                   EvaluateStories(corpus.stories(), vocabulary, *model, options, progress));
  report.set_checkpoint(CheckpointName(files));
  return report;
}

int Run(const EvalConfig& config, const Messages& messages) {
  const Interrupt interrupt;
  const absl::StatusOr<EvalReport> report = Evaluate(config, interrupt);
  if (absl::IsCancelled(report.status())) {
    return Fail(messages, report.status(), kSignal) + interrupt.signal();
  }
  if (!report.ok()) return Fail(messages, report.status(), kFailure);
  return PrintOnStdout(messages, config.json() ? ReportJson(*report) : ReportText(*report));
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
