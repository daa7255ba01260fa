// The version of the project's programs, as --version prints it.
#ifndef LLAMA2_TOOLS_CLI_VERSION_H_
#define LLAMA2_TOOLS_CLI_VERSION_H_

namespace llama2 {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_VERSION_H_
