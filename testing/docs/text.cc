#include "testing/docs/text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/atomic_file_writer.h"
#include "base/mapped_file.h"
#include "base/status_macros.h"

namespace llama2 {

absl::StatusOr<std::string> ReadText(absl::string_view path) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  return std::string(file.bytes().begin(), file.bytes().end());
}

absl::Status WriteText(absl::string_view path, absl::string_view text) {
  ASSIGN_OR_RETURN(AtomicFileWriter writer, AtomicFileWriter::Create(path));
  RETURN_IF_ERROR(writer.Append(text));
  return writer.Commit();
}

std::vector<std::string> SplitLines(absl::string_view text) {
  if (text.empty()) return {};
  absl::ConsumeSuffix(&text, "\n");
  return absl::StrSplit(text, '\n');
}

std::string JoinLines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) absl::StrAppend(&text, line, "\n");
  return text;
}

int Indentation(absl::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

}  // namespace llama2
