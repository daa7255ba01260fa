#include "tools/cli/json_text.h"

#include "base/check.h"
#include "google/protobuf/util/json_util.h"

namespace llama2 {

std::string JsonText(const google::protobuf::Message& message, JsonLayout layout) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = layout == JsonLayout::kIndented;
  options.preserve_proto_field_names = true;
  std::string json;
  CHECK(google::protobuf::util::MessageToJsonString(message, &json, options).ok());
  return json;
}

}  // namespace llama2
