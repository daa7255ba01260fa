// The text of --help, from the schemas whose fields are the flags.
//
//   std::cout << HelpText({.summary = "Tells a story.", .usage = "run CHECKPOINT [flags]"},
//                         {&run_config, &common_flags});
#ifndef LLAMA2_TOOLS_CLI_HELP_H_
#define LLAMA2_TOOLS_CLI_HELP_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/message.h"

namespace llama2 {

// What a program says about itself; lines of at most 80 columns, each ending in "\n".
struct ProgramHelp {
  absl::string_view summary;
  absl::string_view usage;
  absl::string_view examples;
};

// Summary and usage, then every flag of `messages` (whose values do not matter) under its
// heading with its default, then the examples.
std::string HelpText(const ProgramHelp& program,
                     absl::Span<const google::protobuf::Message* const> messages);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_HELP_H_
