// Writes a checkpoint in another version of the file format, or says what one is.
#include <unistd.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_layout.h"
#include "llama/config.h"
#include "tools/checkpoint_report.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/messages.h"
#include "tools/cli/program.h"
#include "tools/cli/progress_bar.h"
#include "tools/export_checkpoint.h"
#include "tools/export_config.pb.h"
#include "tools/inspect_checkpoint.h"

namespace llama2 {
namespace {

constexpr absl::string_view kSummary =
    "Writes a checkpoint of llama2.c in another version of the file format, tensor by\n"
    "tensor, or says what one is.\n";

constexpr absl::string_view kUsage =
    "export INPUT OUTPUT --version=0|1|2|3 [flags]\n"
    "       export --inspect FILE\n";

constexpr absl::string_view kExamples =
    R"(  export stories15M.bin stories15M_q80.bin --version=2
  export stories15M.bin small.bin --version=2 --group_size=32 --report
  export stories15M_q80.bin mapped.bin --version=3
  export mapped.bin back.bin --version=0 --force
  export --inspect stories15M_q80.bin
)";

int Inspect(const ExportConfig& config, const Messages& messages) {
  const absl::StatusOr<Inspection> inspection = InspectCheckpoint(config.input());
  if (!inspection.ok()) return Fail(messages, inspection.status(), kFailure);
  const int printed = PrintOnStdout(messages, inspection->text);
  if (!inspection->damage.ok()) return Fail(messages, inspection->damage, kFailure);
  return printed;
}

// Says so where llama2.c would go wrong with what was written.
absl::Status WarnOfStraddlingRows(const ExportConfig& config, const Messages& messages) {
  ASSIGN_OR_RETURN(const Checkpoint output, Checkpoint::Open(config.output()));
  if (output.format().version != CheckpointVersion::kV2) return absl::OkStatus();
  const int64_t group_size = output.format().group_size;
  for (const int64_t width : {output.config().dim, output.config().hidden_dim}) {
    if (width % group_size == 0) continue;
    messages.Print(absl::StrCat("note: ", config.output(), ": rows of ", width,
                                " are no whole groups of ", group_size,
                                "; llama2.c's own runq computes such a model wrongly"));
    break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Report(const ExportConfig& config) {
  ASSIGN_OR_RETURN(const Checkpoint before, Checkpoint::Open(config.input()));
  ASSIGN_OR_RETURN(const Checkpoint after, Checkpoint::Open(config.output()));
  const CheckpointReport report = CompareCheckpoints(before, after);
  return config.report_json() ? ReportJson(report) : ReportTable(report);
}

int Export(const ExportConfig& config, const Messages& messages) {
  const Interrupt interrupt;
  absl::Status status;
  {
    ProgressBar bar(STDERR_FILENO, "export");  // its end takes it off the terminal
    status = ExportCheckpoint(config, [&](int64_t done, int64_t total) {
      if (!config.quiet()) bar.Show(done, total);
      return interrupt.signal() == 0;
    });
  }
  if (absl::IsCancelled(status)) return Fail(messages, status, kSignal) + interrupt.signal();
  if (status.ok()) status = WarnOfStraddlingRows(config, messages);
  return status.ok() ? kSuccess : Fail(messages, status, kFailure);
}

int PrintReport(const ExportConfig& config, const Messages& messages) {
  const absl::StatusOr<std::string> report = Report(config);
  if (!report.ok()) return Fail(messages, report.status(), kFailure);
  return PrintOnStdout(messages, *report);
}

int Run(const ExportConfig& config, const Messages& messages) {
  if (config.inspect()) return Inspect(config, messages);
  const int exit_code = Export(config, messages);
  if (exit_code != kSuccess) return exit_code;
  return config.report() || config.report_json() ? PrintReport(config, messages) : kSuccess;
}

int ExportMain(int argc, char** argv) {
  ExportConfig config;
  return ProgramMain(argc, argv,
                     {.name = "export",
                      .help = {.summary = kSummary, .usage = kUsage, .examples = kExamples},
                      .config = &config,
                      .validate = [&] { return Validate(config); },
                      .run = [&](const Messages& messages) { return Run(config, messages); }});
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) { return llama2::ExportMain(argc, argv); }
