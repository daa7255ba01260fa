#include "testing/docs/links.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "testing/docs/pattern.h"
#include "testing/docs/text.h"

namespace llama2 {
namespace {

namespace fs = std::filesystem;

// The line without `code`, in which no link is meant.
std::string WithoutCode(absl::string_view line) {
  std::string text;
  bool code = false;
  for (const char c : line) {
    if (c == '`')
      code = !code;
    else if (!code)
      text += c;
  }
  return text;
}

// Of an expression that is one.
Pattern MustCompile(absl::string_view expression) {
  auto pattern = Pattern::Compile(expression);
  CHECK(pattern.ok());
  return *std::move(pattern);
}

// The targets of the links in a line of prose.
std::vector<std::string> Targets(const std::string& line) {
  const std::string text = WithoutCode(line);
  std::vector<std::string> targets;
  for (const Pattern::Match& match : MustCompile(R"(\]\(([^() ]*))").FindAll(text)) {
    targets.emplace_back(match[1]);
  }
  return targets;
}

// L12 or L12-L34, in a file of so many lines.
bool LinesExist(absl::string_view anchor, int lines) {
  int last;
  const size_t dash = anchor.rfind('-');
  absl::string_view number = dash == anchor.npos ? anchor : anchor.substr(dash + 1);
  return absl::ConsumePrefix(&number, "L") && absl::SimpleAtoi(number, &last) && last >= 1 &&
         last <= lines;
}

// Why the link leads nowhere; OK where it leads somewhere.
absl::Status CheckTarget(const Page& page, absl::string_view target, absl::string_view root) {
  const size_t hash = std::min(target.find('#'), target.size());
  const std::string file(target.substr(0, hash));
  const fs::path path =
      file.empty() ? fs::path(page.path) : fs::path(page.path).parent_path() / file;
  const fs::path on_disk = fs::path(std::string(root)) / path;
  std::error_code ignored;
  if (target.empty() || !fs::exists(on_disk, ignored)) {
    return absl::NotFoundError("there is no such file");
  }
  if (hash == target.size() || fs::is_directory(on_disk, ignored)) return absl::OkStatus();

  const absl::string_view anchor = target.substr(hash + 1);
  ASSIGN_OR_RETURN(const std::string text, ReadText(on_disk.string()));
  if (path.extension() != ".md") {
    if (LinesExist(anchor, SplitLines(text).size())) return absl::OkStatus();
    return absl::NotFoundError("the file has no such line");
  }
  ASSIGN_OR_RETURN(const Page other, ParsePage(path.string(), text));
  if (absl::c_linear_search(Anchors(other), anchor)) return absl::OkStatus();
  return absl::NotFoundError("the page has no such heading");
}

}  // namespace

std::vector<std::string> BrokenLinks(const Page& page, absl::string_view root) {
  std::vector<std::string> broken;
  for (size_t i = 0; i < page.lines.size(); ++i) {
    if (!page.prose[i]) continue;
    for (const std::string& target : Targets(page.lines[i])) {
      if (absl::StrContains(target, "://") || absl::StartsWith(target, "mailto:")) continue;
      const absl::Status status = CheckTarget(page, target, root);
      if (status.ok()) continue;
      broken.push_back(
          AtLine(page, i, absl::StrCat("link to \"", target, "\": ", status.message())));
    }
  }
  return broken;
}

std::vector<std::string> BrokenLabels(const Page& page, absl::string_view root) {
  const Pattern command =
      MustCompile("bazelw? run (--[^ ]+ )*//([a-z0-9_/]*):([a-z][a-z0-9_]*)");
  std::vector<std::string> broken;
  for (size_t i = 0; i < page.lines.size(); ++i) {
    if (!page.prose[i]) continue;
    for (const Pattern::Match& match : command.FindAll(page.lines[i])) {
      const auto build = ReadText(absl::StrCat(root, "/", match[2], "/BUILD"));
      const std::string name = absl::StrCat("\"", match[3], "\"");
      if (build.ok() && absl::StrContains(*build, name)) continue;
      broken.push_back(AtLine(page, i, absl::StrCat(match[0], ": no such target")));
    }
  }
  return broken;
}

std::vector<std::string> Anchors(const Page& page) {
  std::vector<std::string> anchors;
  std::vector<std::string> plain;  // without the number that makes a second one another
  for (size_t i = 0; i < page.lines.size(); ++i) {
    absl::string_view line = page.lines[i];
    const size_t level = std::min(line.find_first_not_of('#'), line.size());
    if (!page.prose[i] || level == 0 || level > 6 || line.substr(level, 1) != " ") continue;
    std::string anchor;
    for (const char c : absl::AsciiStrToLower(absl::StripAsciiWhitespace(line.substr(level)))) {
      // GitHub keeps letters of all scripts, which are not ASCII.
      const bool kept = absl::ascii_isalnum(c) || c == '-' || c == '_' || (c & 0x80) != 0;
      if (c == ' ') anchor += '-';
      if (kept) anchor += c;
    }
    const int seen = absl::c_count(plain, anchor);
    plain.push_back(anchor);
    anchors.push_back(seen == 0 ? anchor : absl::StrCat(anchor, "-", seen));
  }
  return anchors;
}

}  // namespace llama2
