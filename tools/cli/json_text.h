// A report as JSON.
//
//   std::cout << JsonText(report, JsonLayout::kIndented);
#ifndef LLAMA2_TOOLS_CLI_JSON_TEXT_H_
#define LLAMA2_TOOLS_CLI_JSON_TEXT_H_

#include <string>

#include "google/protobuf/message.h"

namespace llama2 {

enum class JsonLayout {
  kIndented,  // for people: a line for each value, and one at the end
  kOneLine,   // without a line end
};

// One object, its members named as the fields of `message`; bytes are in base64.
std::string JsonText(const google::protobuf::Message& message, JsonLayout layout);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_JSON_TEXT_H_
