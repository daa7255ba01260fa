#include "base/user_folder.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "absl/status/status.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

TEST(EnterUserFolderTest, GoesThereAndNowhereElse) {
  const std::filesystem::path before = std::filesystem::current_path();
  unsetenv("BUILD_WORKING_DIRECTORY");
  EXPECT_TRUE(EnterUserFolder().ok());
  EXPECT_EQ(std::filesystem::current_path(), before);

  const TestFolder folder;
  setenv("BUILD_WORKING_DIRECTORY", folder.path().c_str(), /*overwrite=*/1);
  EXPECT_TRUE(EnterUserFolder().ok());
  EXPECT_TRUE(std::filesystem::equivalent(std::filesystem::current_path(), folder.path()));

  setenv("BUILD_WORKING_DIRECTORY", folder.Path("missing").c_str(), /*overwrite=*/1);
  const absl::Status status = EnterUserFolder();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(status.message(), ::testing::HasSubstr("missing: cannot change to this folder"));
  EXPECT_TRUE(std::filesystem::equivalent(std::filesystem::current_path(), folder.path()));
  unsetenv("BUILD_WORKING_DIRECTORY");
}

}  // namespace
}  // namespace llama2
