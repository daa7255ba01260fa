#include "tools/eval/eval_model.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analysis/choice_file.h"
#include "analysis/evaluate_passages.h"
#include "analysis/evaluation.pb.h"
#include "analysis/multiple_choice.h"
#include "analysis/passage.h"
#include "base/status_macros.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/checkpoint.h"
#include "llama/config.h"
#include "llama/make_transformer.h"
#include "llama/transformer.h"
#include "tokenizer/vocabulary.h"
#include "tools/cli/field_value.h"
#include "tools/cli/json_text.h"
#include "tools/eval/eval_report.h"
#include "tools/eval/validation_windows.h"
#include "tools/int8_copy.h"
#include "tools/model_files.h"
#include "tools/run_config.pb.h"
#include "training/corpus.h"

namespace llama2 {
namespace {

constexpr absl::string_view kInt8 = "int8";

using Model = std::unique_ptr<const Transformer>;

// MODEL and what judges it.
struct Subject {
  std::string name;
  Vocabulary vocabulary;
  Model model;
  Model other;  // with --compare
  std::string other_name;
};

// What run would open for this checkpoint.
RunConfig FilesOf(const EvalConfig& config, const std::string& checkpoint) {
  RunConfig files;
  if (checkpoint != "default") files.set_checkpoint(checkpoint);
  if (config.has_tokenizer()) files.set_tokenizer(config.tokenizer());
  return files;
}

// The model that --compare names; `checkpoint` is MODEL's.
absl::StatusOr<Checkpoint> OpenOther(const EvalConfig& config, const Checkpoint& checkpoint,
                                     absl::string_view name) {
  if (config.compare() != kInt8) {
    ASSIGN_OR_RETURN(Checkpoint other, OpenCheckpoint(FilesOf(config, config.compare())));
    const int64_t found = other.config().vocab_size;
    const int64_t expected = checkpoint.config().vocab_size;
    if (found == expected) return other;
    return absl::InvalidArgumentError(
        absl::StrCat(config.compare(), ": vocab_size: found ", found, ", expected ", expected,
                     ", that of ", name, ": models are compared token by token"));
  }
  if (!checkpoint.is_int8()) return Int8Copy(checkpoint, name);
  return absl::InvalidArgumentError(absl::StrCat(
      "compare: found int8, expected a checkpoint, for ", name, " is in int8 itself"));
}

absl::StatusOr<Subject> Open(const EvalConfig& config) {
  const RunConfig files = FilesOf(config, config.checkpoint());
  ASSIGN_OR_RETURN(const Isa isa, config.has_isa() ? ParseIsa(config.isa()) : BestIsa());
  const Kernels kernels(isa);
  ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenCheckpoint(files));
  ASSIGN_OR_RETURN(Vocabulary vocabulary,
                   OpenVocabulary(files, checkpoint.config().vocab_size));
  Subject subject = {.name = CheckpointName(files), .vocabulary = std::move(vocabulary)};
  if (config.has_compare()) {
    ASSIGN_OR_RETURN(Checkpoint other, OpenOther(config, checkpoint, subject.name));
    ASSIGN_OR_RETURN(subject.other, MakeTransformer(std::move(other), kernels));
    subject.other_name = config.compare() == kInt8
                             ? absl::StrCat(subject.name, ", int8")
                             : CheckpointName(FilesOf(config, config.compare()));
  }
  ASSIGN_OR_RETURN(subject.model, MakeTransformer(std::move(checkpoint), kernels));
  return subject;
}

// Tokens that both models can read in one go.
int64_t ContextOf(const Subject& subject) {
  const int64_t context = subject.model->config().seq_len;
  if (subject.other == nullptr) return context;
  return std::min(context, subject.other->config().seq_len);
}

// The stride must not skip a token.
absl::StatusOr<EvalOptions> OptionsOf(const EvalConfig& config, int64_t context) {
  const int64_t window = config.has_window() ? config.window() : context;
  if (window > context) {
    return absl::InvalidArgumentError(absl::StrCat(
        "window: found ", window, ", expected up to ", context, ", the model's context"));
  }
  if (config.has_stride() && config.stride() > window) {
    return absl::InvalidArgumentError(absl::StrCat("stride: found ", config.stride(),
                                                   ", expected up to the window, ", window));
  }
  return EvalOptions{
      .window = window,
      .stride = config.has_stride() ? config.stride() : std::max<int64_t>(window / 2, 1),
      .batch = config.batch(),
      .threads = config.threads() > 0 ? config.threads() : AvailableProcessors()};
}

absl::StatusOr<std::vector<Passage>> PassagesOf(const EvalConfig& config,
                                                const Vocabulary& vocabulary, int64_t window) {
  ASSIGN_OR_RETURN(const Corpus corpus, Corpus::Open(std::vector<std::string>(
                                            config.text().begin(), config.text().end())));
  if (config.has_windows()) {
    return ValidationWindows(corpus.stories(), vocabulary, window, config.windows(),
                             config.held_out());
  }
  if (config.cut()) return StoryPassages(corpus.stories(), vocabulary, window);
  return StoryPassages(corpus.stories(), vocabulary);
}

// Says which model a report is of, and what its passages were.
void Label(const EvalConfig& config, const std::string& name, EvalReport& report) {
  report.set_checkpoint(name);
  if (!config.has_windows()) return;
  report.set_windows(report.stories());
  report.clear_stories();
}

// What is said of the logits, is said of the checkpoints.
absl::Status NameModels(const absl::Status& status, const Subject& subject) {
  if (!absl::IsDataLoss(status)) return status;
  const std::string names =
      subject.other == nullptr
          ? subject.name
          : absl::StrCat("P is ", subject.name, ", Q is ", subject.other_name);
  return absl::DataLossError(absl::StrCat(names, ": ", status.message()));
}

template <typename Report>
std::string Print(const EvalConfig& config, const Report& report) {
  return config.json() ? JsonText(report, JsonLayout::kIndented) : ReportText(report);
}

absl::StatusOr<std::string> Choose(const EvalConfig& config, const Subject& subject,
                                   const EvalOptions& options, Progress progress) {
  ASSIGN_OR_RETURN(const std::vector<Question> questions, ReadQuestions(config.choices()));
  ASSIGN_OR_RETURN(
      ChoicesReport report,
      AnswerQuestions(
          questions, subject.vocabulary, *subject.model,
          {.window = options.window, .batch = options.batch, .threads = options.threads},
          progress));
  report.set_checkpoint(subject.name);
  return Print(config, report);
}

absl::StatusOr<std::string> EvalSubject(const EvalConfig& config, const Subject& subject,
                                        Progress progress) {
  ASSIGN_OR_RETURN(const EvalOptions options, OptionsOf(config, ContextOf(subject)));
  if (config.has_choices()) return Choose(config, subject, options, progress);
  ASSIGN_OR_RETURN(const std::vector<Passage> passages,
                   PassagesOf(config, subject.vocabulary, options.window));
  if (subject.other == nullptr) {
    ASSIGN_OR_RETURN(EvalReport report,
                     EvaluatePassages(passages, *subject.model, options, progress));
    Label(config, subject.name, report);
    return Print(config, report);
  }
  ASSIGN_OR_RETURN(ComparisonReport report, ComparePassages(passages, *subject.model,
                                                            *subject.other, options, progress));
  Label(config, subject.name, *report.mutable_reference());
  Label(config, subject.other_name, *report.mutable_other());
  return Print(config, report);
}

}  // namespace

absl::Status Validate(const EvalConfig& config) {
  RETURN_IF_ERROR(CheckFields(config));
  const auto refuse = [](absl::string_view what) { return absl::InvalidArgumentError(what); };
  if (!config.has_checkpoint()) {
    return refuse("checkpoint: missing, expected a file or default");
  }
  if (config.has_choices()) {
    if (!config.text().empty()) return refuse("text: found one, expected none with choices");
    if (config.has_compare()) return refuse("compare: found one, expected none with choices");
    if (config.has_windows() || config.cut() || config.has_stride()) {
      return refuse("windows, cut or stride: found with choices, but they are of text");
    }
  } else if (config.text().empty()) {
    return refuse("text: missing, expected files to read");
  }
  if (config.has_windows() && (config.cut() || config.has_stride())) {
    return refuse("windows: found with cut or stride, which are of stories by themselves");
  }
  if (config.has_held_out() && !config.has_windows()) {
    return refuse("held_out: found without windows, the ones of train's validation loss");
  }
  if (config.has_isa()) return ParseIsa(config.isa()).status();
  return absl::OkStatus();
}

absl::StatusOr<std::string> EvalModel(const EvalConfig& config, Progress progress) {
  ASSIGN_OR_RETURN(const Subject subject, Open(config));
  absl::StatusOr<std::string> report = EvalSubject(config, subject, progress);
  if (!report.ok()) return NameModels(report.status(), subject);
  return report;
}

}  // namespace llama2
