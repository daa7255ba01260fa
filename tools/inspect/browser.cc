#include "tools/inspect/browser.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/test_folder.h"
#include "gtest/gtest.h"
#include "tools/cli/subprocess.h"

namespace llama2 {

Rendering Render(const std::string& path) {
  const TestFolder home;
  // The sandbox would be Chromium's own, inside Bazel's; /dev/shm may be too small there.
  const Outcome outcome = RunToEnd(
      {.args = {"/usr/bin/chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
                "--disable-dev-shm-usage", "--disable-crash-reporter",
                "--disable-background-networking", "--no-first-run",
                absl::StrCat("--user-data-dir=", home.path(), "/profile"),
                "--window-size=1280,900", "--virtual-time-budget=10000",
                "--enable-logging=stderr", "--dump-dom", absl::StrCat("file://", path)},
       .environment = {absl::StrCat("HOME=", home.path()), "PATH=/usr/bin:/bin"}});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  Rendering rendering = {.document = outcome.out};
  for (absl::string_view line : absl::StrSplit(outcome.err, '\n')) {
    if (absl::StrContains(line, ":CONSOLE")) rendering.console.emplace_back(line);
  }
  return rendering;
}

}  // namespace llama2
