#include "tools/cli/command_line.h"

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "google/protobuf/descriptor.h"
#include "tools/cli/field_value.h"
#include "tools/cli/flag_options.pb.h"
#include "tools/cli/nearest.h"

namespace llama2 {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

// A name on the command line, and the field that it sets.
struct Flag {
  std::string name;  // as it is written: "--temperature", "-t"
  const FieldDescriptor* field;
  Message* message;

  const FlagOptions& options() const { return field->options().GetExtension(as_flag); }
};

std::vector<Flag> FlagsOf(absl::Span<Message* const> messages) {
  std::vector<Flag> flags;
  for (Message* message : messages) {
    for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor* field = message->GetDescriptor()->field(i);
      const Flag by_name = {absl::StrCat("--", field->name()), field, message};
      flags.push_back(by_name);
      if (by_name.options().has_letter()) {
        flags.push_back({absl::StrCat("-", by_name.options().letter()), field, message});
      }
    }
  }
  return flags;
}

absl::Status Error(absl::string_view flag_name, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(flag_name, ": ", what));
}

// What to write instead of `name`, which no flag has.
std::string Suggestion(absl::string_view name, absl::Span<const Flag> flags) {
  // Every letter is one edit away from every other: show them all.
  const bool is_letter = name.size() == 2;
  std::vector<std::string> names;
  for (const Flag& flag : flags) {
    if ((flag.name.size() == 2) == is_letter) names.push_back(flag.name);
  }
  if (is_letter) return absl::StrCat(", expected one of: ", absl::StrJoin(names, " "));
  // "-steps" is meant as "--steps".
  const std::string dashes = absl::StartsWith(name, "--") ? "" : "-";
  const std::string nearest = DidYouMean(absl::StrCat(dashes, name), names);
  return nearest.empty() ? "; --help lists all" : nearest;
}

absl::StatusOr<Flag> Find(absl::string_view name, absl::Span<const Flag> flags) {
  for (const Flag& flag : flags) {
    if (flag.name == name) return flag;
  }
  return Error(name, absl::StrCat("unknown flag", Suggestion(name, flags)));
}

// A field that takes as many values as there are never is.
bool IsSet(const Flag& flag) {
  return !flag.field->is_repeated() &&
         flag.message->GetReflection()->HasField(*flag.message, flag.field);
}

// The first positional field that is not set yet, or else the last one.
absl::StatusOr<Flag> FindPositional(absl::string_view value, absl::Span<const Flag> flags) {
  const Flag* last = nullptr;
  for (const Flag& flag : flags) {
    if (!flag.options().positional()) continue;
    if (!IsSet(flag)) return flag;
    last = &flag;
  }
  if (last != nullptr) return *last;
  return Error(value, "unexpected argument, expected only flags");
}

absl::Status Set(const Flag& flag, absl::string_view value) {
  if (flag.options().positional() && IsSet(flag)) {
    const google::protobuf::Reflection* reflection = flag.message->GetReflection();
    return Error(flag.name,
                 absl::StrCat("found a second one, \"", value, "\", expected only \"",
                              reflection->GetString(*flag.message, flag.field), "\""));
  }
  const absl::Status status = SetField(value, flag.field, flag.message);
  return status.ok() ? status : Error(flag.name, status.message());
}

// The value of `flag` that stands in an argument of its own: the next one, which is
// taken off `rest`.
absl::StatusOr<absl::string_view> TakeValue(const Flag& flag,
                                            absl::Span<const absl::string_view>& rest) {
  if (flag.field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) return "true";
  if (rest.empty()) {
    return Error(flag.name, absl::StrCat("found no value, expected ", ExpectedValue(flag.field),
                                         " after it"));
  }
  const absl::string_view value = rest.front();
  rest.remove_prefix(1);
  return value;
}

}  // namespace

absl::Status ParseCommandLine(absl::Span<const absl::string_view> args,
                              absl::Span<Message* const> messages) {
  const std::vector<Flag> flags = FlagsOf(messages);
  bool flags_ended = false;
  while (!args.empty()) {
    const absl::string_view arg = args.front();
    args.remove_prefix(1);
    if (arg == "--" && !flags_ended) {
      flags_ended = true;
    } else if (flags_ended || arg.size() < 2 || arg[0] != '-') {
      ASSIGN_OR_RETURN(const Flag flag, FindPositional(arg, flags));
      RETURN_IF_ERROR(Set(flag, arg));
    } else {
      const size_t equals = arg.find('=');
      ASSIGN_OR_RETURN(const Flag flag, Find(arg.substr(0, equals), flags));
      absl::string_view value;
      if (equals != absl::string_view::npos) {
        value = arg.substr(equals + 1);
      } else {
        ASSIGN_OR_RETURN(value, TakeValue(flag, args));
      }
      RETURN_IF_ERROR(Set(flag, value));
    }
  }
  return absl::OkStatus();
}

}  // namespace llama2
