#include "testing/docs/links.h"

#include <filesystem>
#include <string>
#include <vector>

#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/docs/page.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LinksTest : public ::testing::Test {
 protected:
  LinksTest() {
    std::filesystem::create_directory(folder_.Path("docs"));
    folder_.Write("a.cc", "1\n2\n3\n");
    folder_.Write("docs/other.md", "# What, *now*?\n## `run` & more\n# What, now?\n");
    folder_.Write("docs/page.md", "# Here\n");
  }

  // The broken ones of a page docs/page.md.
  std::vector<std::string> Broken(const std::string& text) const {
    const auto page = ParsePage("docs/page.md", text);
    EXPECT_THAT(page, IsOk());
    return page.ok() ? BrokenLinks(*page, folder_.path()) : std::vector<std::string>();
  }

  TestFolder folder_;
};

TEST_F(LinksTest, FindsWhatIsThere) {
  EXPECT_THAT(Broken("[a](../a.cc) and ![b](../a.cc#L3), [c\n"
                     "d](../a.cc#L1-L3) [folder](..) [self](page.md#here)\n"
                     "[e](other.md#what-now) [f](other.md#run--more) [g](other.md#what-now-1)\n"
                     "[h](https://example.com/x#y) [i](mailto:me@example.com)\n"),
              IsEmpty());
}

TEST_F(LinksTest, SaysWhatIsNotThere) {
  EXPECT_THAT(
      Broken("[a](a.cc)\n\n[b](../a.cc#L4) [c](../a.cc#x)\n[d](other.md#nowhere) [e]()\n"),
      ElementsAre("docs/page.md:1: link to \"a.cc\": there is no such file",
                  "docs/page.md:3: link to \"../a.cc#L4\": the file has no such line",
                  "docs/page.md:3: link to \"../a.cc#x\": the file has no such line",
                  "docs/page.md:4: link to \"other.md#nowhere\": the page has no such "
                  "heading",
                  "docs/page.md:4: link to \"\": there is no such file"));
}

TEST_F(LinksTest, CodeIsNoLink) {
  EXPECT_THAT(Broken("`[a](b)`\n```\n[a](b)\n```\n<!-- [a](b) -->\n"), IsEmpty());
}

TEST_F(LinksTest, KnowsTheProgramsThatProseNames) {
  folder_.Write("docs/BUILD", "name = \"show\"");
  const auto page = ParsePage("a.md",
                              "by `bazel run --config=x //docs:show -- a`\n"
                              "or `./bazelw run //docs:sho` or `bazel run //none:show`\n");
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(BrokenLabels(*page, folder_.path()),
              ElementsAre("a.md:2: bazelw run //docs:sho: no such target",
                          "a.md:2: bazel run //none:show: no such target"));
}

TEST_F(LinksTest, NamesHeadingsAsGitHubDoes) {
  ASSERT_OK_AND_ASSIGN(
      const Page page,
      ParsePage("a.md", "# int8 & `run_it`: 1/2\n#no\n```\n# no\n```\n## Ä-b\n"));
  EXPECT_THAT(Anchors(page), ElementsAre("int8--run_it-12", "Ä-b"));
}

}  // namespace
}  // namespace llama2
