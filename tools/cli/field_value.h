// The values of a configuration's fields, as its schema describes them (see
// flag_options.proto): taken from a flag's text, and held to their limits.
//
//   RunConfig config;
//   const FieldDescriptor* field = config.GetDescriptor()->FindFieldByName("top_p");
//   RETURN_IF_ERROR(SetField("0.8", field, &config));
//   absl::Status status = CheckFields(config);   // also what came from elsewhere
//
// A configuration is flat: none of its fields is a message.
#ifndef LLAMA2_TOOLS_CLI_FIELD_VALUE_H_
#define LLAMA2_TOOLS_CLI_FIELD_VALUE_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace llama2 {

// Sets `field` of `message` to the value that `text` writes out; adds it, where the
// field is repeated. The whole text must be the value: no spaces around a number, no
// unit after it. The names of an enum may be in small letters.
// InvalidArgument: `found "0.8x", expected a finite number, 0 or more`; `message` may
// then have an unusable value in the field.
absl::Status SetField(absl::string_view text, const google::protobuf::FieldDescriptor* field,
                      google::protobuf::Message* message);

// Whether all values that are set in `message` keep to the limits of the schema. Every
// number must be finite.
// InvalidArgument: `top_p: found 1.5, expected a finite number from 0 to 1`.
absl::Status CheckFields(const google::protobuf::Message& message);

// Names a value in an error: the field's name, or something like "file:3:1: top_p".
// `index` is the value's in a repeated field, otherwise -1.
using NameOfValue =
    absl::FunctionRef<std::string(const google::protobuf::FieldDescriptor* field, int index)>;

// CheckFields whose errors begin with `name` of the value and a colon.
absl::Status CheckFields(const google::protobuf::Message& message, NameOfValue name);

// What a value of `field` may be, in words: "a whole number from 0 to 1024".
std::string ExpectedValue(const google::protobuf::FieldDescriptor* field);

// The values of an enum as flags and help write them: in small letters.
std::vector<std::string> EnumValueNames(const google::protobuf::EnumDescriptor* type);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_FIELD_VALUE_H_
