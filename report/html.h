// Reports as HTML pages: one file, which asks for no other and for no network.
//
//   HtmlPage page("Temperature against top-p");
//   page.AddStyle(".token { border-bottom: 2px solid var(--accent); }");
//   page.Append(absl::StrCat("<p class=\"lead\">", EscapeHtml(text), "</p>\n"));
//   return file.Append(std::move(page).Finish());
//
// The house's style is in the page: a light and a dark scheme, as the reader's system has it,
// for screens from a phone's on, and for paper. It dresses plain elements (headings, p, table,
// figure, blockquote, details, code) and these classes:
//
//   lead      a paragraph larger than the others
//   note      small print
//   wide      a div around what may be wider than the screen: it scrolls by itself
//   number    a table's cell with a number: to the right, digits of one width
//   cards     a div whose children stand beside each other, as many as there is room for
//   card      a framed box
//   text      a text as it is, line ends and all
//
// Colours are variables, so that what a page adds follows the scheme: --paper, --ink, --soft
// (less important text), --line, --panel (behind cards and code), --accent, --mark (behind
// what is to stand out).
#ifndef LLAMA2_REPORT_HTML_H_
#define LLAMA2_REPORT_HTML_H_

#include <string>

#include "absl/strings/string_view.h"

namespace llama2 {

// `text` as HTML or XML shows it, in an element or between quotes in an attribute: nothing in
// it is markup. Control characters, which XML has no place for, become U+FFFD, but for tab,
// newline and carriage return. `text` is UTF-8.
std::string EscapeHtml(absl::string_view text);

// JSON so that it can stand in a script: nothing in it ends the script.
//
//   page.AddScript(absl::StrCat("const data = ", JsonForScript(json), ";"));
std::string JsonForScript(absl::string_view json);

// A page that grows from top to bottom. Thread-safety: one thread at a time.
class HtmlPage {
 public:
  // `title` is any text: the page's, and its first heading.
  explicit HtmlPage(absl::string_view title);

  // CSS, behind the house's; applies to the whole page.
  void AddStyle(absl::string_view css);

  // HTML, which the page then contains as it is: EscapeHtml for what is not one's own.
  void Append(absl::string_view html);

  // JavaScript, which runs when the page is there. A page without any forbids the browser
  // to run scripts at all, and every page forbids it to fetch anything.
  void AddScript(absl::string_view script);

  // The document. Called last.
  std::string Finish() &&;

 private:
  std::string title_;  // escaped
  std::string style_;
  std::string body_;
  std::string script_;
};

}  // namespace llama2

#endif  // LLAMA2_REPORT_HTML_H_
