// A length of time for a person.
//
//   Duration(125);   // "2 min"
#ifndef LLAMA2_TOOLS_CLI_DURATION_H_
#define LLAMA2_TOOLS_CLI_DURATION_H_

#include <string>

namespace llama2 {

// "45 s", "12 min", "3 h 05 min", "2 d 04 h".
std::string Duration(double seconds);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_DURATION_H_
