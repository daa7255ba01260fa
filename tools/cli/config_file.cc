#include "tools/cli/config_file.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "base/check.h"
#include "base/mapped_file.h"
#include "base/status_macros.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/text_format.h"
#include "tools/cli/field_value.h"
#include "tools/cli/nearest.h"

namespace llama2 {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::EnumDescriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::TextFormat;
using ::google::protobuf::io::ArrayInputStream;
using ::google::protobuf::io::Tokenizer;

// No configuration comes near; the parser's sizes are ints.
constexpr size_t kMaxFileBytes = 1 << 20;

// `name:line:column`, counted from 1 as editors do; protobuf counts from 0.
std::string Position(absl::string_view name, int line, int column) {
  return absl::StrCat(name, ":", line + 1, ":", column + 1);
}

// The token of `content` that ends before this position; empty where there is none.
Tokenizer::Token TokenBefore(absl::string_view content, int line, int column) {
  class Silent : public google::protobuf::io::ErrorCollector {
    void AddError(int, int, const std::string&) override {}
  } silent;
  ArrayInputStream input(content.data(), static_cast<int>(content.size()));
  Tokenizer tokenizer(&input, &silent);
  tokenizer.set_comment_style(Tokenizer::SH_COMMENT_STYLE);  // as the parser does
  while (tokenizer.Next() && std::pair(tokenizer.current().line, tokenizer.current().column) <
                                 std::pair(line, column)) {
  }
  return tokenizer.previous();
}

// Keeps the parser's first complaint; the later ones follow from it more often than not.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  FirstError(absl::string_view content, absl::string_view name, const Descriptor* type)
      : content_(content), name_(name), type_(type) {}

  void AddError(int line, int column, const std::string& message) override {
    if (!error_.empty()) return;
    // Of a name that it does not know, the parser complains one token too late.
    const Tokenizer::Token before = TokenBefore(content_, line, column);
    if (absl::StrContains(message, absl::StrCat("\"", before.text, "\""))) {
      line = before.line;
      column = before.column;
    }
    error_ = absl::StrCat(Position(name_, line, column), ": ", absl::StripSuffix(message, "."),
                          DidYouMean(before.text, KnownNames(message)));
  }

  const std::string& error() const { return error_; }

 private:
  // The names that are known where `message` complains of an unknown one.
  std::vector<std::string> KnownNames(absl::string_view message) const {
    const bool of_fields = absl::StrContains(message, "has no field named");
    const bool of_values = absl::StrContains(message, "Unknown enumeration value");
    std::vector<std::string> names;
    for (int i = 0; i < type_->field_count(); ++i) {
      const EnumDescriptor* values = type_->field(i)->enum_type();
      if (of_fields) names.push_back(type_->field(i)->name());
      for (int j = 0; of_values && values != nullptr && j < values->value_count(); ++j) {
        names.push_back(values->value(j)->name());
      }
    }
    return names;
  }

  const absl::string_view content_;
  const absl::string_view name_;
  const Descriptor* const type_;
  std::string error_;
};

bool HasValueOrDefault(const Message& config, const FieldDescriptor* field) {
  return !field->is_repeated() &&
         (config.GetReflection()->HasField(config, field) || field->has_default_value());
}

}  // namespace

absl::Status ParseConfig(absl::string_view content, absl::string_view name, Message* config) {
  if (content.size() > kMaxFileBytes) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": found ", content.size(),
                                                   " bytes, expected a configuration of at "
                                                   "most ",
                                                   kMaxFileBytes));
  }
  FirstError first_error(content, name, config->GetDescriptor());
  TextFormat::ParseInfoTree positions;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&first_error);
  parser.WriteLocationsTo(&positions);
  ArrayInputStream input(content.data(), static_cast<int>(content.size()));
  if (!parser.Parse(&input, config)) {
    return absl::InvalidArgumentError(first_error.error());
  }
  return CheckFields(*config, [&](const FieldDescriptor* field, int index) {
    const TextFormat::ParseLocation position = positions.GetLocation(field, index);
    return absl::StrCat(Position(name, position.line, position.column), ": ", field->name());
  });
}

absl::Status LoadConfigFile(absl::string_view path, Message* config) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  const absl::Span<const uint8_t> bytes = file.bytes();
  return ParseConfig(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), path,
      config);
}

void Overlay(const Message& layer, Message* config) {
  CHECK(layer.GetDescriptor() == config->GetDescriptor());
  std::vector<const FieldDescriptor*> fields;
  layer.GetReflection()->ListFields(layer, &fields);
  for (const FieldDescriptor* field : fields) {
    config->GetReflection()->ClearField(config, field);
  }
  config->MergeFrom(layer);
}

std::string PrintConfig(const Message& config) {
  TextFormat::Printer printer;
  printer.SetUseUtf8StringEscaping(true);
  const Descriptor* type = config.GetDescriptor();
  std::string printed;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    const int size = field->is_repeated() ? config.GetReflection()->FieldSize(config, field)
                                          : HasValueOrDefault(config, field);
    for (int index = 0; index < size; ++index) {
      std::string value;
      printer.PrintFieldValueToString(config, field, field->is_repeated() ? index : -1, &value);
      absl::StrAppend(&printed, field->name(), ": ", value, "\n");
    }
  }
  return printed;
}

}  // namespace llama2
