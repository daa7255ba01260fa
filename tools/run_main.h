// The whole of a program that runs a model, but for the number format of its weights.
//
//   int main(int argc, char** argv) {
//     return llama2::RunMain(argc, argv, {.name = "run",
//                                         .summary = "Runs a Llama 2 model.\n",
//                                         .load_model = LoadFp32Model});
//   }
#ifndef LLAMA2_TOOLS_RUN_MAIN_H_
#define LLAMA2_TOOLS_RUN_MAIN_H_

#include "absl/strings/string_view.h"
#include "tools/run_model.h"

namespace llama2 {

struct RunProgram {
  absl::string_view name;     // in front of messages, and in the help
  absl::string_view summary;  // of the help: lines of at most 80 columns
  ModelLoader load_model;
};

// Does what the command line says (run_config.proto, common_flags.proto), and returns the
// exit code: 0; 1 for a file that cannot be read or is malformed, or a text that cannot
// be written; 2 for a command line that is wrong, before any model is loaded; 128 and
// the signal where one ended the run (130: Ctrl-C). Each error is one line on stderr.
//
// The process is its own: this ignores SIGPIPE and, under `bazel run`, changes to the
// folder in which the user stands ($BUILD_WORKING_DIRECTORY).
int RunMain(int argc, char** argv, const RunProgram& program);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_RUN_MAIN_H_
