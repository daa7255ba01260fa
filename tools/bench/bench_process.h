// Other programs, run to their end.
//
//   ASSIGN_OR_RETURN(ProcessOutput output, RunProcess({"/bin/sh", "-c", command}));
//   if (output.exit_code != 0) ...
#ifndef LLAMA2_TOOLS_BENCH_BENCH_PROCESS_H_
#define LLAMA2_TOOLS_BENCH_BENCH_PROCESS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace llama2 {

struct ProcessOutput {
  int exit_code = 0;  // 128 and the signal's number where one ended it
  std::string out;    // what it wrote on stdout
  std::string err;
};

// Runs the program at args[0] with these arguments, this process' environment and nothing on
// stdin. Unavailable where it cannot be started.
absl::StatusOr<ProcessOutput> RunProcess(const std::vector<std::string>& args);

// The last line of `text` that is not blank.
absl::string_view LastLine(absl::string_view text);

// Reads a file, so that it is in memory when a program needs it: systems page out what was
// idle for some time. Does nothing where there is no such file.
void ReadAhead(absl::string_view path);

// The same for the files that are named in the words of `command`.
void ReadFilesNamedIn(absl::string_view command);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_BENCH_BENCH_PROCESS_H_
