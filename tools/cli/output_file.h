// Whether a program that reads one file and writes another may do so.
//
//   RETURN_IF_ERROR(CheckOutput(config.input(), config.output(), config.force()));
#ifndef LLAMA2_TOOLS_CLI_OUTPUT_FILE_H_
#define LLAMA2_TOOLS_CLI_OUTPUT_FILE_H_

#include <string>

#include "absl/status/status.h"

namespace llama2 {

// InvalidArgument where `output` is the file `input`, by whatever name or link;
// AlreadyExists where it is another that exists, unless `force`. Messages name it.
absl::Status CheckOutput(const std::string& input, const std::string& output, bool force);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_OUTPUT_FILE_H_
