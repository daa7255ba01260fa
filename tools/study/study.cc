// Studies what a model writes: prompts, temperatures, top-p and seeds against each other.
#include "analysis/study.h"

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analysis/study.pb.h"
#include "base/atomic_file_writer.h"
#include "base/status_macros.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "tools/cli/config_file.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/json_text.h"
#include "tools/cli/messages.h"
#include "tools/cli/program.h"
#include "tools/cli/progress_bar.h"
#include "tools/study/study_config.pb.h"
#include "tools/study/study_figures.h"
#include "tools/study/study_models.h"
#include "tools/study/study_page.h"
#include "tools/study/study_plan.h"
#include "tools/study/study_table.h"

namespace llama2 {
namespace {

constexpr absl::string_view kSummary =
    "Studies what a model writes: samples texts for all combinations of prompts,\n"
    "temperatures, values of top-p and models, with many seeds each, and makes a page of\n"
    "figures, numbers and texts.\n";

constexpr absl::string_view kUsage = "study [MODEL...] --config=FILE --output=FOLDER [flags]\n";

constexpr absl::string_view kExamples =
    R"(  study --config=docs/studies/settings.textproto --output=/tmp/settings
  study -i "Once upon a time" -t 0.5 -t 1 --seeds=16 --output=/tmp/study
  study stories260K.bin -z tok512.bin -i "One day" -t 0.8 --int8 --output=/tmp/study
)";

absl::StatusOr<StudyReport> Study(const StudyConfig& config, const Interrupt& interrupt) {
  ASSIGN_OR_RETURN(const Isa isa, config.has_isa() ? ParseIsa(config.isa()) : BestIsa());
  ASSIGN_OR_RETURN(const StudyModels models, StudyModels::Load(config, Kernels(isa)));
  ProgressBar bar(STDERR_FILENO, "study");
  const auto progress = [&](int64_t done, int64_t total) {
    if (!config.quiet()) bar.Show(done, total);
    return interrupt.signal() == 0;
  };
  const int threads = config.threads() > 0 ? config.threads() : AvailableProcessors();
  ASSIGN_OR_RETURN(StudyReport report, RunStudy(PlanOf(config), models.models(),
                                                models.vocabulary(), threads, progress));
  report.set_title(config.title());
  return report;
}

absl::Status MakeFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return absl::ErrnoToStatus(error.value(), absl::StrCat(folder, ": cannot make this folder"));
}

absl::Status Write(absl::string_view folder, absl::string_view name,
                   absl::string_view content) {
  ASSIGN_OR_RETURN(AtomicFileWriter file,
                   AtomicFileWriter::Create(absl::StrCat(folder, "/", name)));
  RETURN_IF_ERROR(file.Append(content));
  return file.Commit();
}

// What could be written elsewhere without the study being another.
std::string ConfigOf(const StudyConfig& config) {
  StudyConfig study = config;
  study.clear_output();
  study.clear_quiet();
  study.clear_threads();
  study.clear_isa();
  return PrintConfig(study);
}

absl::StatusOr<std::string> WriteReport(const StudyConfig& config, const StudyReport& report) {
  const std::string& folder = config.output();
  const std::vector<StudyFigure> figures = StudyFigures(report);
  for (const StudyFigure& figure : figures) {
    RETURN_IF_ERROR(Write(folder, absl::StrCat(figure.name, ".svg"), figure.svg));
  }
  RETURN_IF_ERROR(Write(folder, "study.json", JsonText(report, JsonLayout::kIndented)));
  RETURN_IF_ERROR(Write(folder, "index.html", StudyPage(report, figures, ConfigOf(config))));
  return absl::StrCat(folder, ": index.html, study.json, ", figures.size(), " figures\n");
}

int Run(const StudyConfig& config, const Messages& messages) {
  const Interrupt interrupt;
  // First, so that nobody waits for texts that have no place to go.
  const absl::Status folder = MakeFolder(config.output());
  if (!folder.ok()) return Fail(messages, folder, kFailure);
  const absl::StatusOr<StudyReport> report = Study(config, interrupt);
  if (absl::IsCancelled(report.status())) {
    return Fail(messages, report.status(), kSignal) + interrupt.signal();
  }
  if (!report.ok()) return Fail(messages, report.status(), kFailure);
  const absl::StatusOr<std::string> written = WriteReport(config, *report);
  if (!written.ok()) return Fail(messages, written.status(), kFailure);
  return PrintOnStdout(messages, absl::StrCat(StudySize(*report), "; means over the seeds\n\n",
                                              StudyTable(*report), "\n", *written));
}

int StudyMain(int argc, char** argv) {
  StudyConfig config;
  return ProgramMain(argc, argv,
                     {.name = "study",
                      .help = {.summary = kSummary, .usage = kUsage, .examples = kExamples},
                      .config = &config,
                      .validate = [&] { return Validate(config); },
                      .run = [&](const Messages& messages) { return Run(config, messages); }});
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) { return llama2::StudyMain(argc, argv); }
