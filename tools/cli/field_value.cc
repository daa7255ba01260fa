#include "tools/cli/field_value.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "google/protobuf/text_format.h"
#include "tools/cli/flag_options.pb.h"
#include "tools/cli/nearest.h"

namespace llama2 {
namespace {

using ::google::protobuf::EnumDescriptor;
using ::google::protobuf::EnumValueDescriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;
using ::google::protobuf::TextFormat;

const FlagOptions& Options(const FieldDescriptor* field) {
  return field->options().GetExtension(as_flag);
}

// Abseil's number parsers pass over spaces at either end.
bool HasSpace(absl::string_view text) {
  return std::any_of(text.begin(), text.end(), absl::ascii_isspace);
}

template <typename T>
bool ParseValue(absl::string_view text, T* value) {
  return !HasSpace(text) && absl::SimpleAtoi(text, value);
}
bool ParseValue(absl::string_view text, float* value) {
  return !HasSpace(text) && absl::SimpleAtof(text, value);
}
bool ParseValue(absl::string_view text, double* value) {
  return !HasSpace(text) && absl::SimpleAtod(text, value);
}
bool ParseValue(absl::string_view text, bool* value) {
  return !HasSpace(text) && absl::SimpleAtob(text, value);
}
bool ParseValue(absl::string_view text, std::string* value) {
  *value = std::string(text);
  return true;
}

// Parses `text` as a T and hands it to the accessor of T's name.
template <typename T, typename Set, typename Add>
bool Store(absl::string_view text, Set set, Add add, const FieldDescriptor* field,
           Message* message) {
  T value{};
  if (!ParseValue(text, &value)) return false;
  const Reflection* reflection = message->GetReflection();
  if (field->is_repeated()) {
    (reflection->*add)(message, field, std::move(value));
  } else {
    (reflection->*set)(message, field, std::move(value));
  }
  return true;
}

bool StoreEnum(absl::string_view text, const FieldDescriptor* field, Message* message) {
  const EnumValueDescriptor* value =
      field->enum_type()->FindValueByName(absl::AsciiStrToUpper(text));
  if (value == nullptr) return false;
  if (field->is_repeated()) {
    message->GetReflection()->AddEnum(message, field, value);
  } else {
    message->GetReflection()->SetEnum(message, field, value);
  }
  return true;
}

bool StoreText(absl::string_view text, const FieldDescriptor* field, Message* message) {
  using R = Reflection;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return Store<int32_t>(text, &R::SetInt32, &R::AddInt32, field, message);
    case FieldDescriptor::CPPTYPE_INT64:
      return Store<int64_t>(text, &R::SetInt64, &R::AddInt64, field, message);
    case FieldDescriptor::CPPTYPE_UINT32:
      return Store<uint32_t>(text, &R::SetUInt32, &R::AddUInt32, field, message);
    case FieldDescriptor::CPPTYPE_UINT64:
      return Store<uint64_t>(text, &R::SetUInt64, &R::AddUInt64, field, message);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Store<float>(text, &R::SetFloat, &R::AddFloat, field, message);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Store<double>(text, &R::SetDouble, &R::AddDouble, field, message);
    case FieldDescriptor::CPPTYPE_BOOL:
      return Store<bool>(text, &R::SetBool, &R::AddBool, field, message);
    case FieldDescriptor::CPPTYPE_STRING:
      return Store<std::string>(text, &R::SetString, &R::AddString, field, message);
    case FieldDescriptor::CPPTYPE_ENUM:
      return StoreEnum(text, field, message);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  CHECK(false);  // a configuration is flat
  return false;
}

// Whether a value, given as text format prints it, keeps to the limits of `field`.
bool IsAllowed(absl::string_view printed, const FieldDescriptor* field) {
  const FlagOptions& options = Options(field);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
    case FieldDescriptor::CPPTYPE_ENUM:
      return true;
    case FieldDescriptor::CPPTYPE_STRING:
      return !options.not_empty() || printed != "\"\"";
    default:
      break;
  }
  double number = 0;
  return absl::SimpleAtod(printed, &number) && std::isfinite(number) &&
         (!options.has_minimum() || number >= options.minimum()) &&
         (!options.has_exclusive_minimum() || number > options.exclusive_minimum()) &&
         (!options.has_maximum() || number <= options.maximum());
}

std::string Mismatch(absl::string_view found, const FieldDescriptor* field) {
  return absl::StrCat("found ", found, ", expected ", ExpectedValue(field));
}

std::string Printed(const Message& message, const FieldDescriptor* field, int index) {
  std::string text;
  TextFormat::PrintFieldValueToString(message, field, index, &text);
  return text;
}

template <typename T>
std::string WholeNumber(const FlagOptions& options) {
  const auto limit = [](bool given, double value, T otherwise) {
    return given ? absl::StrCat(value) : absl::StrCat(otherwise);
  };
  return absl::StrCat(
      "a whole number from ",
      limit(options.has_minimum(), options.minimum(), std::numeric_limits<T>::min()), " to ",
      limit(options.has_maximum(), options.maximum(), std::numeric_limits<T>::max()));
}

std::string RealNumber(const FlagOptions& options) {
  const std::string number = "a finite number";
  if (options.has_minimum() && options.has_maximum()) {
    return absl::StrCat(number, " from ", options.minimum(), " to ", options.maximum());
  }
  if (options.has_minimum()) return absl::StrCat(number, ", ", options.minimum(), " or more");
  if (options.has_exclusive_minimum()) {
    return absl::StrCat(number, " above ", options.exclusive_minimum());
  }
  return number;
}

}  // namespace

std::vector<std::string> EnumValueNames(const EnumDescriptor* type) {
  std::vector<std::string> names;
  for (int i = 0; i < type->value_count(); ++i) {
    names.push_back(absl::AsciiStrToLower(type->value(i)->name()));
  }
  return names;
}

std::string ExpectedValue(const FieldDescriptor* field) {
  const FlagOptions& options = Options(field);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return WholeNumber<int32_t>(options);
    case FieldDescriptor::CPPTYPE_INT64:
      return WholeNumber<int64_t>(options);
    case FieldDescriptor::CPPTYPE_UINT32:
      return WholeNumber<uint32_t>(options);
    case FieldDescriptor::CPPTYPE_UINT64:
      return WholeNumber<uint64_t>(options);
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return RealNumber(options);
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return absl::StrJoin(EnumValueNames(field->enum_type()), " or ");
    case FieldDescriptor::CPPTYPE_STRING:
      return options.not_empty() ? "a text that is not empty" : "a text";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  CHECK(false);  // a configuration is flat
  return "";
}

absl::Status SetField(absl::string_view text, const FieldDescriptor* field, Message* message) {
  if (StoreText(text, field, message)) {
    const int index =
        field->is_repeated() ? message->GetReflection()->FieldSize(*message, field) - 1 : -1;
    if (IsAllowed(Printed(*message, field, index), field)) return absl::OkStatus();
  }
  std::string mismatch = Mismatch(absl::StrCat("\"", text, "\""), field);
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    mismatch += DidYouMean(text, EnumValueNames(field->enum_type()));
  }
  return absl::InvalidArgumentError(mismatch);
}

absl::Status CheckFields(const Message& message) {
  return CheckFields(message, [](const FieldDescriptor* field, int) { return field->name(); });
}

absl::Status CheckFields(const Message& message, NameOfValue name) {
  const Reflection* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int begin = field->is_repeated() ? 0 : -1;
    const int end = field->is_repeated() ? reflection->FieldSize(message, field) : 0;
    for (int i = begin; i < end; ++i) {
      const std::string printed = Printed(message, field, i);
      if (IsAllowed(printed, field)) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(name(field, i), ": ", Mismatch(printed, field)));
    }
  }
  return absl::OkStatus();
}

}  // namespace llama2
