// Where a page leads: to files and headings of the repository, and to its programs.
//
//   for (const std::string& link : BrokenLinks(page, root)) Report(link);
#ifndef LLAMA2_TESTING_DOCS_LINKS_H_
#define LLAMA2_TESTING_DOCS_LINKS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "testing/docs/page.h"

namespace llama2 {

// The page's links and images, [TEXT](TARGET), that lead nowhere, each with its line and the
// reason: no such file in the folder `root`, no such heading in a page, no such line in
// another file (#L12 or #L12-L34). Links to other machines are not followed.
std::vector<std::string> BrokenLinks(const Page& page, absl::string_view root);

// The targets that the page's prose tells to run, `bazel run //PACKAGE:NAME`, and that the
// package's BUILD file in `root` does not name; a NAME in capitals stands for any. Those in
// fences are run.
std::vector<std::string> BrokenLabels(const Page& page, absl::string_view root);

// What comes behind a # for each of the page's headings, in order, as GitHub names them.
std::vector<std::string> Anchors(const Page& page);

}  // namespace llama2

#endif  // LLAMA2_TESTING_DOCS_LINKS_H_
