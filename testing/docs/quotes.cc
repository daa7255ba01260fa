#include "testing/docs/quotes.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "testing/docs/text.h"

namespace llama2 {
namespace {

// What GitHub calls the language of a file.
std::string Language(absl::string_view file) {
  constexpr std::pair<absl::string_view, absl::string_view> kLanguages[] = {
      {".cc", "cpp"},
      {".h", "cpp"},
      {".inc", "cpp"},
      {".proto", "proto"},
      {".sh", "sh"},
      {".bzl", "starlark"},
      {".textproto", "textproto"},
      {".jsonl", "json"},
      {".json", "json"},
  };
  for (const auto& [extension, language] : kLanguages) {
    if (absl::EndsWith(file, extension)) return std::string(language);
  }
  const absl::string_view name = file.substr(file.rfind('/') + 1);
  if (name == "BUILD" || name == "WORKSPACE") return "starlark";
  return name == "bazelw" || name == "run" ? "sh" : "text";
}

// Without the spaces that all of them begin with; empty lines have as many as needed.
std::vector<std::string> Dedent(absl::Span<const std::string> lines) {
  size_t common = std::string::npos;
  for (const std::string& line : lines) {
    const size_t indentation = Indentation(line);
    if (indentation < line.size()) common = std::min(common, indentation);
  }
  std::vector<std::string> dedented;
  for (const std::string& line : lines) {
    dedented.push_back(line.substr(std::min(common, line.size())));
  }
  return dedented;
}

// A fence that none of `lines` closes.
std::string FenceMarks(const std::vector<std::string>& lines) {
  std::string marks = "```";
  for (const std::string& line : lines) {
    while (absl::StrContains(line, marks)) marks += '`';
  }
  return marks;
}

struct LineRange {
  int first;
  int last;
};

// The indices of the lines that `from` and `to` name; `to` is empty where it is left out.
absl::StatusOr<LineRange> FindLines(const std::vector<std::string>& lines,
                                    absl::string_view from, absl::string_view to) {
  const auto missing = [](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("has no line ", what));
  };
  int first = -1;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!absl::StrContains(lines[i], from)) continue;
    if (first >= 0) {
      return absl::InvalidArgumentError(absl::StrCat("has \"", from, "\" in lines ", first + 1,
                                                     " and ", i + 1, ", expected one"));
    }
    first = i;
  }
  if (first < 0) return missing(absl::StrCat("with \"", from, "\""));
  const std::string closing = std::string(Indentation(lines[first]), ' ') + "}";
  for (size_t i = to.empty() ? first + 1 : first; i < lines.size(); ++i) {
    if (to.empty() ? absl::StartsWith(lines[i], closing) : absl::StrContains(lines[i], to)) {
      return LineRange{first, static_cast<int>(i)};
    }
  }
  return missing(absl::StrCat(to.empty() ? absl::StrCat("with a } of the same indentation")
                                         : absl::StrCat("with \"", to, "\""),
                              " from line ", first + 1, " on"));
}

// The lines that stand below the directive.
absl::StatusOr<std::vector<std::string>> MakeQuote(const Page& page, absl::string_view value,
                                                   absl::string_view root) {
  std::vector<std::string> parts = absl::StrSplit(value, " | ");
  for (std::string& part : parts) part = std::string(absl::StripAsciiWhitespace(part));
  if (parts.size() < 2 || parts.size() > 3 || absl::c_linear_search(parts, std::string())) {
    return absl::InvalidArgumentError(
        absl::StrCat("found ", value, ", expected FILE | FROM or FILE | FROM | TO"));
  }
  const std::string& file = parts[0];
  ASSIGN_OR_RETURN(const std::string text, ReadText(absl::StrCat(root, "/", file)));
  const std::vector<std::string> lines = SplitLines(text);
  const auto range = FindLines(lines, parts[1], parts.size() == 3 ? parts[2] : "");
  if (!range.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(file, " ", range.status().message()));
  }
  const std::vector<std::string> quoted =
      Dedent(absl::MakeConstSpan(lines).subspan(range->first, range->last - range->first + 1));
  const std::filesystem::path folder = std::filesystem::path(page.path).parent_path();
  const std::string path = std::filesystem::path(file).lexically_relative(folder);
  const std::string marks = FenceMarks(quoted);
  std::string link =
      absl::StrCat("[", file, ":", range->first + 1, "](", path, "#L", range->first + 1);
  if (range->last > range->first) absl::StrAppend(&link, "-L", range->last + 1);
  std::vector<std::string> made = {link + ")", marks + Language(file)};
  made.insert(made.end(), quoted.begin(), quoted.end());
  made.push_back(marks);
  return made;
}

}  // namespace

absl::StatusOr<Page> UpdateQuotes(const Page& page, absl::string_view root) {
  std::vector<std::string> lines;
  int next = 0;
  const auto copy_up_to = [&](int end) {
    lines.insert(lines.end(), page.lines.begin() + next, page.lines.begin() + end);
    next = end;
  };
  for (const Quote& quote : page.quotes) {
    copy_up_to(quote.directive.last + 1);
    auto made = MakeQuote(page, quote.directive.value, root);
    if (!made.ok()) {
      return ErrorAtLine(page, quote.directive.first,
                         absl::StrCat("quote: ", made.status().message()));
    }
    lines.insert(lines.end(), made->begin(), made->end());
    next = quote.last + 1;
  }
  copy_up_to(page.lines.size());
  return ParsePage(page.path, JoinLines(lines));
}

}  // namespace llama2
