// Shows what happens inside a model while it tells a text: a page for the browser.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analysis/inspect_report.pb.h"
#include "analysis/inspect_text.h"
#include "base/atomic_file_writer.h"
#include "base/status_macros.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/checkpoint.h"
#include "llama/make_transformer.h"
#include "llama/transformer.h"
#include "sampling/sampler.h"
#include "tokenizer/vocabulary.h"
#include "tools/cli/field_value.h"
#include "tools/cli/json_text.h"
#include "tools/cli/messages.h"
#include "tools/cli/output_file.h"
#include "tools/cli/program.h"
#include "tools/inspect/inspect_config.pb.h"
#include "tools/inspect/inspect_page.h"
#include "tools/model_files.h"
#include "tools/run_config.h"
#include "tools/run_config.pb.h"

namespace llama2 {
namespace {

constexpr absl::string_view kSummary =
    "Continues a text as run does, and makes a page that shows what happened inside the\n"
    "model: what it foretold at each position, layer by layer, where each head looked, and\n"
    "how each token was chosen. The text goes to stdout.\n";

constexpr absl::string_view kUsage = "inspect [MODEL] [flags]\n";

constexpr absl::string_view kExamples =
    R"(  inspect --prompt="Once upon a time" --seed=42 --output=story.html
  inspect stories260K.bin -z tok512.bin -i "The little dragon" -t 0
  inspect model_q8.bin -n 100 --json=story.json --quiet
)";

SamplerOptions SamplerOf(const InspectConfig& config) {
  return {.temperature = config.temperature(),
          .top_p = config.top_p(),
          .top_k = config.top_k(),
          .min_p = config.min_p(),
          .repetition_penalty = config.repetition_penalty(),
          .repetition_window = config.repetition_window(),
          .seed = config.seed()};
}

absl::Status Validate(const InspectConfig& config) {
  RETURN_IF_ERROR(CheckFields(config));
  if (config.has_isa()) RETURN_IF_ERROR(ParseIsa(config.isa()).status());
  if (config.has_json() && config.json() == config.output()) {
    return absl::InvalidArgumentError(
        absl::StrCat("json: found ", config.json(), ", expected another file than the output"));
  }
  return Validate(SamplerOf(config));
}

// The model and the vocabulary, as run_config.h names them.
RunConfig FilesOf(const InspectConfig& config) {
  RunConfig files;
  if (config.checkpoint() != "default") files.set_checkpoint(config.checkpoint());
  if (config.has_tokenizer()) files.set_tokenizer(config.tokenizer());
  return files;
}

// Neither output may be a file that is read.
absl::Status CheckOutputs(const InspectConfig& config, const RunConfig& files) {
  std::vector<std::string> read;
  if (files.has_checkpoint()) read.push_back(files.checkpoint());
  if (files.has_checkpoint() || files.has_tokenizer()) {
    // Where there is none, who opens it says so.
    const absl::StatusOr<std::string> tokenizer = TokenizerPath(files);
    if (tokenizer.ok()) read.push_back(*tokenizer);
  }
  for (const std::string& input : read) {
    RETURN_IF_ERROR(CheckOutput(input, config.output(), /*force=*/true));
    if (config.has_json()) {
      RETURN_IF_ERROR(CheckOutput(input, config.json(), /*force=*/true));
    }
  }
  return absl::OkStatus();
}

// A file's last name; what the default model is called.
std::string ShortName(const RunConfig& files) {
  const std::string name = CheckpointName(files);
  return name.substr(name.rfind('/') + 1);
}

absl::StatusOr<InspectReport> Inspect(const InspectConfig& config, const RunConfig& files) {
  ASSIGN_OR_RETURN(const Isa isa, config.has_isa() ? ParseIsa(config.isa()) : BestIsa());
  ASSIGN_OR_RETURN(Checkpoint checkpoint, OpenCheckpoint(files));
  ASSIGN_OR_RETURN(const Vocabulary vocabulary,
                   OpenVocabulary(files, checkpoint.config().vocab_size));
  const std::string format = checkpoint.is_int8() ? "int8" : "float32";
  ASSIGN_OR_RETURN(const std::unique_ptr<const Transformer> model,
                   MakeTransformer(std::move(checkpoint), Kernels(isa)));
  InspectOptions options = {.sampler = SamplerOf(config), .positions = config.steps()};
  if (config.seed() == 0) {
    options.sampler.seed =
        std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  }
  ThreadTeam team(config.threads() > 0 ? config.threads() : AvailableProcessors());
  absl::StatusOr<InspectReport> report =
      InspectText(config.prompt(), vocabulary, *model, options, team);
  if (absl::IsDataLoss(report.status())) {
    return absl::DataLossError(
        absl::StrCat(CheckpointName(files), ": ", report.status().message()));
  }
  RETURN_IF_ERROR(report.status());
  report->mutable_model()->set_checkpoint(ShortName(files));
  report->mutable_model()->set_format(format);
  return report;
}

absl::Status WriteFile(const std::string& path, absl::string_view content) {
  ASSIGN_OR_RETURN(AtomicFileWriter writer, AtomicFileWriter::Create(path));
  RETURN_IF_ERROR(writer.Append(content));
  return writer.Commit();
}

struct Made {
  std::string text;
  std::string page;  // in words
};

absl::StatusOr<Made> MakePage(const InspectConfig& config) {
  const RunConfig files = FilesOf(config);
  RETURN_IF_ERROR(CheckOutputs(config, files));
  ASSIGN_OR_RETURN(const InspectReport report, Inspect(config, files));
  const std::string page = InspectPage(report);
  RETURN_IF_ERROR(WriteFile(config.output(), page));
  if (config.has_json()) {
    RETURN_IF_ERROR(WriteFile(config.json(), JsonText(report, JsonLayout::kIndented)));
  }
  return Made{
      .text = report.text() + "\n",
      .page = absl::StrCat(config.output(), ": ", report.positions_size(), " positions, ",
                           report.model().layers(), " layers of ", report.model().heads(),
                           " heads, ", (page.size() + 999) / 1000, " kB")};
}

int Run(const InspectConfig& config, const Messages& messages) {
  const absl::StatusOr<Made> made = MakePage(config);
  if (!made.ok()) return Fail(messages, made.status(), kFailure);
  const int code = PrintOnStdout(messages, made->text);
  if (code == kSuccess && !config.quiet()) messages.Print(made->page);
  return code;
}

int InspectMain(int argc, char** argv) {
  InspectConfig config;
  return ProgramMain(argc, argv,
                     {.name = "inspect",
                      .help = {.summary = kSummary, .usage = kUsage, .examples = kExamples},
                      .config = &config,
                      .validate = [&] { return Validate(config); },
                      .run = [&](const Messages& messages) { return Run(config, messages); }});
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) { return llama2::InspectMain(argc, argv); }
