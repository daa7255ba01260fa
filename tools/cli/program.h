// What every program does around its work: it goes where its user stands, reads flags
// and files of configuration, prints help, and turns errors into messages and exit codes.
//
//   int main(int argc, char** argv) {
//     llama2::ExportConfig config;
//     return llama2::ProgramMain(
//         argc, argv,
//         {.name = "export",
//          .help = {.summary = ..., .usage = ..., .examples = ...},
//          .config = &config,
//          .validate = [&] { return Validate(config); },
//          .run = [&](const llama2::Messages& messages) { return Run(config, messages); }});
//   }
#ifndef LLAMA2_TOOLS_CLI_PROGRAM_H_
#define LLAMA2_TOOLS_CLI_PROGRAM_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "tools/cli/help.h"
#include "tools/cli/messages.h"

namespace llama2 {

enum ExitCode {
  kSuccess = 0,
  kFailure = 1,     // a file that cannot be read or is malformed, a full disk, ...
  kUsageError = 2,  // a command line that is wrong, whatever the files are
  kSignal = 128,    // and the number of the signal that ended the work
};

struct Program {
  absl::string_view name;  // in front of messages
  ProgramHelp help;
  // Set to the schema's defaults, the files that --config names and the flags, each
  // stronger than what is before it. Its fields are the flags, with those of
  // common_flags.proto.
  google::protobuf::Message* config;
  // Whether `config` makes sense; an error is a usage error.
  std::function<absl::Status()> validate;
  // The work; returns an exit code.
  std::function<int(const Messages& messages)> run;
};

// Does what the command line says and returns the exit code. Each error is one line on
// stderr. The flag --version prints the program's version, unless the configuration has
// a field of that name.
//
// The process is its own: this ignores SIGPIPE and, under `bazel run`, changes to the
// folder in which the user stands ($BUILD_WORKING_DIRECTORY).
int ProgramMain(int argc, char** argv, const Program& program);

// Prints the status' message; returns `code`.
int Fail(const Messages& messages, const absl::Status& status, ExitCode code);

// Prints `text` on stdout; returns kSuccess, or kFailure and says why.
int PrintOnStdout(const Messages& messages, absl::string_view text);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_PROGRAM_H_
