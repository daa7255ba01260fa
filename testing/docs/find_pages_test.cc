#include "testing/docs/find_pages.h"

#include <filesystem>

#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FindPagesTest, FindsThoseOfAllFolders) {
  const TestFolder folder;
  for (const char* name : {"docs", "docs/course", ".git"}) {
    std::filesystem::create_directory(folder.Path(name));
  }
  for (const char* name :
       {"README.md", "docs/course/1.md", "docs/a.md", ".git/x.md", "b.txt"}) {
    folder.Write(name, "");
  }
  std::filesystem::create_directory_symlink(folder.Path("docs"), folder.Path("bazel-docs"));
  EXPECT_THAT(FindPages(folder.path()),
              ElementsAre("README.md", "docs/a.md", "docs/course/1.md"));
}

TEST(FindPagesTest, FindsNoneWhereThereIsNoFolder) {
  EXPECT_THAT(FindPages("/none"), IsEmpty());
}

}  // namespace
}  // namespace llama2
