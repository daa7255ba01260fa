#include "training/append_file.h"

#include <utility>

#include "absl/status/status.h"
#include "base/test_folder.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

TEST(AppendFileTest, GrowsForAllToRead) {
  const TestFolder folder;
  folder.Write("log", "of a former run");
  auto file = AppendFile::Create(folder.Path("log"), "a\n");
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(folder.Read("log"), "a\n");
  ASSERT_THAT(file->Append("b\n"), IsOk());
  EXPECT_EQ(folder.Read("log"), "a\nb\n");
  ASSERT_THAT(file->Append(""), IsOk());
  AppendFile moved = *std::move(file);
  ASSERT_THAT(moved.Append("c\n"), IsOk());
  EXPECT_EQ(folder.Read("log"), "a\nb\nc\n");
}

TEST(AppendFileTest, NeedsAPlaceForAFile) {
  const TestFolder folder;
  EXPECT_THAT(AppendFile::Create(folder.Path("no/log"), ""),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(AppendFile::Create(folder.path(), ""),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace llama2
