// Code that a page quotes, taken from the files themselves, so that it cannot go stale:
//
//   <!-- quote: llama/rope.cc | void Rotate( -->
//   <!-- quote: tools/run_config.proto | optional float temperature | optional float top_p -->
//
//   ASSIGN_OR_RETURN(const Page quoted, UpdateQuotes(page, root));
//   if (quoted.lines != page.lines) Fail("some quotes are stale");
//
// The values, between " | ": a file, from the repository's root; a text that occurs in
// exactly one of its lines, the first to quote; and a text in the last one, the first such
// line from there on. Where the last is left out, the quote ends with the block that begins
// in its first line: with the next line of the same indentation that begins with a `}`.
//
// Below the directive comes what is made of it: a line that is a link to the quoted lines,
// and a fence with them, less their common indentation.
#ifndef LLAMA2_TESTING_DOCS_QUOTES_H_
#define LLAMA2_TESTING_DOCS_QUOTES_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "testing/docs/page.h"

namespace llama2 {

// `page` with its quotes as the files in the folder `root` are now. The page's own path is
// from `root`, too. InvalidArgument names the page's line: no such file or text, a text
// that is in several lines, a block that does not end.
absl::StatusOr<Page> UpdateQuotes(const Page& page, absl::string_view root);

}  // namespace llama2

#endif  // LLAMA2_TESTING_DOCS_QUOTES_H_
