// Other programs, run to their end.
//
//   ASSIGN_OR_RETURN(ProcessOutput output, RunProcess({"/bin/sh", "-c", command}));
//   if (output.exit_code != 0) ...
#ifndef LLAMA2_TOOLS_BENCH_PROCESS_H_
#define LLAMA2_TOOLS_BENCH_PROCESS_H_

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

// Reads the files that are named in the words of `command`, so that they are in memory when
// it runs. A word that names none is passed over.
void ReadFilesNamedIn(absl::string_view command);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_BENCH_PROCESS_H_
