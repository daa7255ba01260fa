// A command line whose flags are the fields of configuration messages: what exists, of
// which type and within which limits stands in their schemas (flag_options.proto).
//
//   CommonFlags common;
//   RunConfig config;
//   RETURN_IF_ERROR(ParseCommandLine({"model.bin", "-t", "0.8", "--steps=64"},
//                                    {&common, &config}));
//   // config: checkpoint "model.bin", temperature 0.8, steps 64, all else unset
//
// Abseil's flags would be global variables, end the process by themselves, and repeat
// the list of fields; this is a parser of a screen or two.
#ifndef LLAMA2_TOOLS_CLI_COMMAND_LINE_H_
#define LLAMA2_TOOLS_CLI_COMMAND_LINE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/message.h"

namespace llama2 {

// Sets the fields of `messages` that `args` (without the program's name) give. Their
// names must not clash. What is not on the command line stays as it was.
//
//   --name=value, --name value      a field by its name
//   -x value, -x=value              by its letter
//   --name, --name=false            a bool; it never takes the next argument
//   value                           the next positional field, anywhere
//   --                              after it no argument is a flag
//
// The argument after a flag is its value, whatever it looks like (`-i "-- he said"`).
// The last of several values of a field counts; a repeated field takes all of them; a
// positional field, which is a text, takes only one, unless it is repeated.
// InvalidArgument, naming the flag as it was written, what was found and what was
// expected, with the nearest flag or value where one is near.
absl::Status ParseCommandLine(absl::Span<const absl::string_view> args,
                              absl::Span<google::protobuf::Message* const> messages);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_COMMAND_LINE_H_
