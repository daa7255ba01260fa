// Texts as lines.
//
//   ASSIGN_OR_RETURN(const std::string text, ReadText("README.md"));
//   for (const std::string& line : SplitLines(text)) ...
#ifndef LLAMA2_TESTING_DOCS_TEXT_H_
#define LLAMA2_TESTING_DOCS_TEXT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace llama2 {

// A whole file, and the other way round, atomically. Errors are those of MappedFile and
// AtomicFileWriter.
absl::StatusOr<std::string> ReadText(absl::string_view path);
absl::Status WriteText(absl::string_view path, absl::string_view text);

// Lines that each end in a line feed, the last one perhaps not. The other way round, each
// gets one.
std::vector<std::string> SplitLines(absl::string_view text);
std::string JoinLines(const std::vector<std::string>& lines);

// How many spaces a line begins with.
int Indentation(absl::string_view line);

}  // namespace llama2

#endif  // LLAMA2_TESTING_DOCS_TEXT_H_
