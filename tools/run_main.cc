#include "tools/run_main.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/status_macros.h"
#include "tools/command_line.h"
#include "tools/common_flags.pb.h"
#include "tools/config_file.h"
#include "tools/help.h"
#include "tools/interrupt.h"
#include "tools/messages.h"
#include "tools/run_config.h"
#include "tools/text_output.h"
#include "tools/version.h"

namespace llama2 {
namespace {

enum ExitCode { kSuccess = 0, kFailure = 1, kUsageError = 2, kSignal = 128 };

constexpr absl::string_view kExamples =
    R"(  PROGRAM model.bin -i "Once upon a time"
  PROGRAM model.bin -t 0.8 -p 0.9 -s 42 -n 256 -z tokenizer.bin
  PROGRAM model.bin -t 0 --stop="The end" --threads=1 --quiet > story.txt
  PROGRAM chat_model.bin -m chat -y "Answer in rhyme." -n 0
  PROGRAM --config=bedtime.textproto --seed=7
  PROGRAM model.bin -t 0.8 --print_config > bedtime.textproto
)";

// `bazel run` starts a program in a folder of its own.
absl::Status GoWhereTheUserStands() {
  const char* folder = std::getenv("BUILD_WORKING_DIRECTORY");
  if (folder == nullptr || chdir(folder) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, absl::StrCat(folder, ": cannot change to this folder"));
}

// Lays the files that `common` names and then `flags` over the schema's defaults.
absl::StatusOr<RunConfig> OverlayAll(const CommonFlags& common, const RunConfig& flags) {
  RunConfig config;
  for (const std::string& path : common.config()) {
    RunConfig layer;
    RETURN_IF_ERROR(LoadConfigFile(path, &layer));
    Overlay(layer, &config);
  }
  Overlay(flags, &config);
  return config;
}

std::string Help(const RunProgram& program) {
  const std::string examples = absl::StrReplaceAll(kExamples, {{"PROGRAM", program.name}});
  return HelpText({.summary = program.summary,
                   .usage = absl::StrCat(program.name, " CHECKPOINT [flags]\n"),
                   .examples = examples},
                  {&RunConfig::default_instance(), &CommonFlags::default_instance()});
}

int Fail(const Messages& messages, const absl::Status& status, ExitCode code) {
  messages.Print(status.message());
  return code;
}

int Print(const Messages& messages, absl::string_view text) {
  TextOutput out(STDOUT_FILENO, "stdout");
  out.Write(text);
  return out.status().ok() ? kSuccess : Fail(messages, out.status(), kFailure);
}

int Run(const RunProgram& program, const RunConfig& config, const Messages& messages) {
  const Interrupt interrupt;
  TextOutput out(STDOUT_FILENO, "stdout");
  const absl::Status status = RunModel(config, program.load_model, interrupt, messages, out);
  if (!status.ok()) return Fail(messages, status, kFailure);
  return interrupt.signal() == 0 ? kSuccess : kSignal + interrupt.signal();
}

}  // namespace

int RunMain(int argc, char** argv, const RunProgram& program) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of write
  const Messages messages(program.name);
  absl::Status status = GoWhereTheUserStands();
  if (!status.ok()) return Fail(messages, status, kFailure);

  CommonFlags common;
  RunConfig flags;
  status = ParseCommandLine(std::vector<absl::string_view>(argv + 1, argv + argc),
                            {&flags, &common});
  if (!status.ok()) return Fail(messages, status, kUsageError);
  if (common.help()) return Print(messages, Help(program));
  if (common.version()) {
    return Print(messages, absl::StrCat(program.name, " ", kVersion, "\n"));
  }

  const absl::StatusOr<RunConfig> config = OverlayAll(common, flags);
  if (!config.ok()) return Fail(messages, config.status(), kFailure);
  status = Validate(*config);
  if (!status.ok()) return Fail(messages, status, kUsageError);
  if (common.print_config()) return Print(messages, PrintConfig(*config));
  if (!config->has_checkpoint()) {
    messages.Print(absl::StrCat("no checkpoint given; expected one, as in: ", program.name,
                                " model.bin; --help says more"));
    return kUsageError;
  }
  return Run(program, *config, messages);
}

}  // namespace llama2
