// A page of Markdown as this package sees it: lines, fences, and the directives above them.
//
//   ASSIGN_OR_RETURN(const Page page, ParsePage("docs/page.md", text));
//   for (const Fence& fence : page.fences) {
//     if (fence.language == "console") Run(fence.directives, FenceLines(page, fence));
//   }
//
// A directive is an HTML comment that begins a line, `<!-- NAME: VALUE -->`, which may span
// lines. All but `quote` belong to the fence below, with at most blank lines between. What
// they mean stands in commands.h and quotes.h; how an author uses them in CONTRIBUTING.md.
#ifndef LLAMA2_TESTING_DOCS_PAGE_H_
#define LLAMA2_TESTING_DOCS_PAGE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace llama2 {

struct Directive {
  std::string name;   // a known one
  std::string value;  // without white space around it; not empty
  int first = 0;      // indices of the comment's lines in the page
  int last = 0;
};

// Lines between two of backticks or tildes.
struct Fence {
  int first = 0;  // indices of the two lines in the page
  int last = 0;
  int indent = 0;        // spaces in front of the opening one
  std::string marks;     // the backticks
  std::string language;  // the first word after them; may be empty
  std::vector<Directive> directives;
  bool quoted = false;  // made by a quote's directive
};

// What a quote's directive stands for, and what was made of it before.
struct Quote {
  Directive directive;
  int link = 0;  // the index of the line with the link; 0: none was made yet
  int last = 0;  // of the last line that was made; the directive's where there is none
};

struct Page {
  std::string path;  // for messages and for relative links; from the repository's root
  std::vector<std::string> lines;
  std::vector<bool> prose;  // for each line: in no fence and no comment
  std::vector<Fence> fences;
  std::vector<Quote> quotes;
};

// InvalidArgument, which names `path` and the line: a fence or a comment that does not
// end, a directive that is not known, has no value or no fence.
absl::StatusOr<Page> ParsePage(absl::string_view path, absl::string_view text);

// The lines inside, without the fence's own indentation.
std::vector<std::string> FenceLines(const Page& page, const Fence& fence);

// "PATH:LINE: MESSAGE", where the first line is 1 and `index` 0.
std::string AtLine(const Page& page, int index, absl::string_view message);
absl::Status ErrorAtLine(const Page& page, int index, absl::string_view message);

}  // namespace llama2

#endif  // LLAMA2_TESTING_DOCS_PAGE_H_
