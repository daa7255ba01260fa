#include "tools/cli/help.h"

#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/text_format.h"
#include "tools/cli/field_value.h"
#include "tools/cli/flag_options.pb.h"

namespace llama2 {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::TextFormat;

constexpr size_t kWidth = 80;
constexpr size_t kHelpColumn = 35;  // one space after the longest flag

// What stands for the value of a flag: TEXT, NUMBER, generate|chat, or nothing.
std::string ValueName(const FieldDescriptor* field) {
  const FlagOptions& options = field->options().GetExtension(as_flag);
  if (options.has_value()) return options.value();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "";
    case FieldDescriptor::CPPTYPE_STRING:
      return "TEXT";
    case FieldDescriptor::CPPTYPE_ENUM:
      return absl::StrJoin(EnumValueNames(field->enum_type()), "|");
    default:
      return "NUMBER";
  }
}

// "  -t, --temperature=NUMBER".
std::string FlagColumn(const FieldDescriptor* field) {
  const FlagOptions& options = field->options().GetExtension(as_flag);
  const std::string value = ValueName(field);
  return absl::StrCat(
      options.has_letter() ? absl::StrCat("  -", options.letter(), ", ") : "      ", "--",
      field->name(), value.empty() ? "" : "=", value);
}

// " (default 0.9)", or nothing where the default says nothing: false or no text.
std::string Default(const Message& message, const FieldDescriptor* field) {
  if (!field->has_default_value() || field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL ||
      field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    return "";
  }
  const Message* unset = google::protobuf::MessageFactory::generated_factory()->GetPrototype(
      message.GetDescriptor());
  std::string printed;
  TextFormat::PrintFieldValueToString(*unset, field, -1, &printed);
  return absl::StrCat(" (default ", absl::AsciiStrToLower(printed), ")");
}

// Adds `words` to `text` from kHelpColumn on, the last line being `column` wide so far: on
// the next line where that is too wide.
void AppendWrapped(absl::string_view words, size_t column, std::string* text) {
  const auto indent = [&] {
    text->append(kHelpColumn - column, ' ');
    column = kHelpColumn;
  };
  const auto next_line = [&] {
    text->append("\n");
    column = 0;
    indent();
  };
  if (column < kHelpColumn) {
    indent();
  } else {
    next_line();
  }
  for (absl::string_view word : absl::StrSplit(words, ' ')) {
    if (column > kHelpColumn && column + 1 + word.size() > kWidth) next_line();
    if (column > kHelpColumn) text->append(" ");
    column += (column > kHelpColumn ? 1 : 0) + word.size();
    absl::StrAppend(text, word);
  }
  text->append("\n");
}

}  // namespace

std::string HelpText(const ProgramHelp& program, absl::Span<const Message* const> messages) {
  std::string text = absl::StrCat(program.summary, "\nUsage: ", program.usage);
  for (const Message* message : messages) {
    for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor* field = message->GetDescriptor()->field(i);
      const FlagOptions& options = field->options().GetExtension(as_flag);
      if (options.has_heading()) absl::StrAppend(&text, "\n", options.heading(), "\n");
      const std::string flag_column = FlagColumn(field);
      text += flag_column;
      AppendWrapped(absl::StrCat(options.help(), Default(*message, field)), flag_column.size(),
                    &text);
    }
  }
  return absl::StrCat(text, "\nExamples\n", program.examples);
}

}  // namespace llama2
