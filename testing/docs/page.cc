#include "testing/docs/page.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "testing/docs/text.h"

namespace llama2 {
namespace {

constexpr absl::string_view kDirectives[] = {"exit",  "needs", "not run", "output",
                                             "quick", "quote", "setup",   "varies"};

// The marks of a line that opens a fence, three or more; else nothing.
absl::string_view OpeningMarks(absl::string_view line) {
  const absl::string_view text = absl::StripLeadingAsciiWhitespace(line);
  for (const char mark : {'`', '~'}) {
    const size_t count = std::min(text.find_first_not_of(mark), text.size());
    // `three` backticks and more of them in the line are code in a sentence.
    if (count >= 3 && !absl::StrContains(text.substr(count), '`')) return text.substr(0, count);
  }
  return "";
}

bool Closes(absl::string_view line, absl::string_view marks) {
  const absl::string_view text = absl::StripAsciiWhitespace(line);
  return text.size() >= marks.size() &&
         text.find_first_not_of(marks[0]) == absl::string_view::npos;
}

// Goes through the lines of a page once.
class PageParser {
 public:
  explicit PageParser(Page* page) : page_(*page) {}

  absl::Status Parse() {
    while (next_ < static_cast<int>(page_.lines.size())) {
      const absl::string_view line = page_.lines[next_];
      if (!OpeningMarks(line).empty()) {
        RETURN_IF_ERROR(ParseFence());
      } else if (absl::StartsWith(absl::StripLeadingAsciiWhitespace(line), "<!--")) {
        RETURN_IF_ERROR(ParseComment());
      } else {
        if (!absl::StripAsciiWhitespace(line).empty()) RETURN_IF_ERROR(NoFenceFollows());
        page_.prose[next_++] = true;
      }
    }
    return NoFenceFollows();
  }

 private:
  absl::Status NoFenceFollows() const {
    if (pending_.empty()) return absl::OkStatus();
    return ErrorAtLine(page_, pending_[0].first,
                       absl::StrCat(pending_[0].name, ": no fence follows"));
  }

  absl::Status ParseFence() {
    const absl::string_view line = page_.lines[next_];
    Fence fence;
    fence.first = next_;
    fence.indent = Indentation(line);
    fence.marks = std::string(OpeningMarks(line));
    const absl::string_view info = line.substr(fence.indent + fence.marks.size());
    fence.language = std::string(
        *absl::StrSplit(absl::StripAsciiWhitespace(info), absl::ByAnyChar(" {")).begin());
    fence.directives = std::exchange(pending_, {});
    do {
      if (++next_ == static_cast<int>(page_.lines.size())) {
        return ErrorAtLine(page_, fence.first, "this fence is not closed");
      }
    } while (!Closes(page_.lines[next_], fence.marks));
    fence.last = next_++;
    page_.fences.push_back(std::move(fence));
    return absl::OkStatus();
  }

  absl::Status ParseComment() {
    const int first = next_;
    while (!absl::StrContains(page_.lines[next_], "-->")) {
      if (++next_ == static_cast<int>(page_.lines.size())) {
        return ErrorAtLine(page_, first, "this comment is not closed");
      }
    }
    const int last = next_++;
    const std::string lines =
        absl::StrJoin(page_.lines.begin() + first, page_.lines.begin() + last + 1, "\n");
    absl::string_view text = absl::StripAsciiWhitespace(lines);
    if (!absl::ConsumeSuffix(&text, "-->")) return absl::OkStatus();  // prose goes on
    text = absl::StripAsciiWhitespace(text.substr(4));
    ASSIGN_OR_RETURN(std::optional<Directive> directive, ParseDirective(text, first, last));
    if (!directive) return absl::OkStatus();
    if (directive->name != "quote") {
      pending_.push_back(*std::move(directive));
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(NoFenceFollows());
    return ParseQuote(*std::move(directive));
  }

  // Nothing where the comment is one for people: its text does not begin with a word or
  // two and a colon.
  absl::StatusOr<std::optional<Directive>> ParseDirective(absl::string_view text, int first,
                                                          int last) const {
    for (const absl::string_view name : kDirectives) {
      absl::string_view value = text;
      if (!absl::ConsumePrefix(&value, name)) continue;
      if (absl::ConsumePrefix(&value, ":")) value = absl::StripAsciiWhitespace(value);
      if (value.empty()) {
        return ErrorAtLine(page_, first, absl::StrCat(name, ": a value is missing"));
      }
      if (text[name.size()] != ':') break;
      return Directive{std::string(name), std::string(value), first, last};
    }
    const absl::string_view word =
        text.substr(0, text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_- "));
    if (!word.empty() && word.size() < text.size() && text[word.size()] == ':') {
      return ErrorAtLine(page_, first,
                         absl::StrCat(word, ": no such directive; there are: ",
                                      absl::StrJoin(kDirectives, ", ")));
    }
    return std::nullopt;
  }

  // What was made for the quote before: a line that is a link, and a fence.
  absl::Status ParseQuote(Directive directive) {
    Quote quote{std::move(directive)};
    quote.last = quote.directive.last;
    const int count = page_.lines.size();
    if (next_ < count && absl::StartsWith(page_.lines[next_], "[") &&
        absl::EndsWith(page_.lines[next_], ")")) {
      page_.prose[next_] = true;
      quote.link = quote.last = next_++;
      if (next_ < count && !OpeningMarks(page_.lines[next_]).empty()) {
        RETURN_IF_ERROR(ParseFence());
        page_.fences.back().quoted = true;
        quote.last = page_.fences.back().last;
      }
    }
    page_.quotes.push_back(std::move(quote));
    return absl::OkStatus();
  }

  Page& page_;
  int next_ = 0;                    // the index of the next line
  std::vector<Directive> pending_;  // those that wait for their fence
};

}  // namespace

absl::StatusOr<Page> ParsePage(absl::string_view path, absl::string_view text) {
  Page page;
  page.path = std::string(path);
  page.lines = SplitLines(text);
  page.prose.resize(page.lines.size());
  RETURN_IF_ERROR(PageParser(&page).Parse());
  return page;
}

std::vector<std::string> FenceLines(const Page& page, const Fence& fence) {
  std::vector<std::string> lines;
  for (int i = fence.first + 1; i < fence.last; ++i) {
    const std::string& line = page.lines[i];
    lines.push_back(line.substr(std::min(fence.indent, Indentation(line))));
  }
  return lines;
}

std::string AtLine(const Page& page, int index, absl::string_view message) {
  return absl::StrCat(page.path, ":", index + 1, ": ", message);
}

absl::Status ErrorAtLine(const Page& page, int index, absl::string_view message) {
  return absl::InvalidArgumentError(AtLine(page, index, message));
}

}  // namespace llama2
