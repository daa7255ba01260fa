// The pages of the whole repository as they are on the disk, not as copies: none has been
// forgotten, their quotes are fresh, their links lead somewhere. That their commands print
// what they promise is the matter of a docs_test for each.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/docs/commands.h"
#include "testing/docs/find_pages.h"
#include "testing/docs/links.h"
#include "testing/docs/page.h"
#include "testing/docs/quotes.h"
#include "testing/docs/text.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

// Where the link to the file leads that the test has of the root.
std::string Root() { return std::filesystem::canonical("WORKSPACE").parent_path(); }

TEST(PagesTest, EachHasATestOfItsCommands) {
  const std::vector<std::string> tested =
      absl::StrSplit(std::getenv("PAGES"), ' ', absl::SkipEmpty());
  std::vector<std::string> pages = tested;
  std::sort(pages.begin(), pages.end());
  EXPECT_THAT(pages, ElementsAreArray(FindPages(Root())))
      << "the pages of testing/docs/BUILD are not those of the repository";
}

class PageTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string text, ReadText(Root() + "/" + GetParam()));
    ASSERT_OK_AND_ASSIGN(page_, ParsePage(GetParam(), text));
  }

  Page page_;
};

TEST_P(PageTest, HasCommandsThatCanBeRun) { EXPECT_THAT(ReadExamples(page_).status(), IsOk()); }

TEST_P(PageTest, QuotesWhatIsThere) {
  ASSERT_OK_AND_ASSIGN(const Page updated, UpdateQuotes(page_, Root()));
  EXPECT_THAT(page_.lines, ElementsAreArray(updated.lines))
      << "bazel run //testing/docs:update -- " << GetParam();
}

TEST_P(PageTest, LinksToWhatIsThere) { EXPECT_THAT(BrokenLinks(page_, Root()), IsEmpty()); }

TEST_P(PageTest, NamesProgramsThatAreThere) {
  EXPECT_THAT(BrokenLabels(page_, Root()), IsEmpty());
}

std::string TestName(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, PageTest, ::testing::ValuesIn(FindPages(Root())), TestName);

}  // namespace
}  // namespace llama2
