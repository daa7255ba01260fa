// Makes multiple-choice questions out of stories, for `eval --choices`.
#include "analysis/make_choices.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analysis/choice_file.h"
#include "analysis/choice_task.pb.h"
#include "base/atomic_file_writer.h"
#include "base/status_macros.h"
#include "tools/cli/field_value.h"
#include "tools/cli/messages.h"
#include "tools/cli/output_file.h"
#include "tools/cli/program.h"
#include "tools/eval/make_choices_config.pb.h"
#include "training/corpus.h"

namespace llama2 {
namespace {

constexpr absl::string_view kSummary =
    "Makes questions out of stories: how does this one go on? The right ending is the next\n"
    "sentence, the wrong ones are sentences of other stories. The same stories give the same\n"
    "questions. `eval MODEL --choices=FILE` answers them.\n";

constexpr absl::string_view kUsage = "make_choices INPUT... OUTPUT.jsonl [flags]\n";

constexpr absl::string_view kExamples =
    R"(  make_choices held_out.txt choices.jsonl
  make_choices held_out.txt choices.jsonl --count=50 --endings=2 --seed=7
)";

// The last argument is the output where no flag gives one.
absl::Status Validate(MakeChoicesConfig* config) {
  RETURN_IF_ERROR(CheckFields(*config));
  if (!config->has_output() && !config->input().empty()) {
    config->set_output(*config->input().rbegin());
    config->mutable_input()->RemoveLast();
  }
  if (!config->has_output()) {
    return absl::InvalidArgumentError(
        "input: missing, expected text files, and last the file to write");
  }
  if (config->input().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("input: missing, expected text files in front of ", config->output()));
  }
  return absl::OkStatus();
}

absl::Status Make(const MakeChoicesConfig& config) {
  const std::vector<std::string> inputs(config.input().begin(), config.input().end());
  for (const std::string& input : inputs) {
    RETURN_IF_ERROR(CheckOutput(input, config.output(), config.force()));
  }
  ASSIGN_OR_RETURN(const Corpus corpus, Corpus::Open(inputs));
  ASSIGN_OR_RETURN(const std::vector<ChoiceTask> tasks,
                   MakeChoices(corpus.stories(), {.count = config.count(),
                                                  .endings = config.endings(),
                                                  .seed = config.seed()}));
  ASSIGN_OR_RETURN(AtomicFileWriter file, AtomicFileWriter::Create(config.output()));
  for (const ChoiceTask& task : tasks) RETURN_IF_ERROR(file.Append(QuestionLine(task)));
  return file.Commit();
}

int Run(const MakeChoicesConfig& config, const Messages& messages) {
  const absl::Status status = Make(config);
  if (!status.ok()) return Fail(messages, status, kFailure);
  return PrintOnStdout(messages,
                       absl::StrCat(config.output(), ": ", config.count(), " questions of ",
                                    config.endings(), " endings\n"));
}

int MakeChoicesMain(int argc, char** argv) {
  MakeChoicesConfig config;
  return ProgramMain(argc, argv,
                     {.name = "make_choices",
                      .help = {.summary = kSummary, .usage = kUsage, .examples = kExamples},
                      .config = &config,
                      .validate = [&] { return Validate(&config); },
                      .run = [&](const Messages& messages) { return Run(config, messages); }});
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) { return llama2::MakeChoicesMain(argc, argv); }
