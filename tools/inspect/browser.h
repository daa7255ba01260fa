// A page as a browser makes it: what tests of pages look at.
//
//   const Rendering page = Render(folder.Path("page.html"));
//   EXPECT_THAT(page.console, IsEmpty());
//   EXPECT_THAT(page.document, HasSubstr("<li>"));
//
// Only for tests with the tag chromium (third_party/system_repositories.bzl).
#ifndef LLAMA2_TOOLS_INSPECT_BROWSER_H_
#define LLAMA2_TOOLS_INSPECT_BROWSER_H_

#include <string>
#include <vector>

namespace llama2 {

struct Rendering {
  std::string document;              // as HTML, after the page's scripts ran
  std::vector<std::string> console;  // what the browser's console says, errors among it
};

// Opens the file in a headless Chromium with a window of 1280 x 900, lets its scripts run for
// up to ten seconds of the page's own clock, and ends it. Fails the test where the browser
// fails.
Rendering Render(const std::string& path);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_INSPECT_BROWSER_H_
