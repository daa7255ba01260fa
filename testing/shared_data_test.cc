#include "testing/shared_data.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(SharedDataPath, FindsFilesInTheFolderThatTheEnvironmentNames) {
  const std::string folder = ::testing::TempDir();
  std::ofstream(folder + "/present") << "data";
  setenv("LLAMA2_SHARED_DATA", folder.c_str(), /*replace=*/1);
  EXPECT_THAT(SharedDataPath("present"), Optional(Eq(folder + "/present")));
  EXPECT_EQ(SharedDataPath("absent"), std::nullopt);
  unsetenv("LLAMA2_SHARED_DATA");
  EXPECT_EQ(SharedDataPath("present"), std::nullopt);
}

}  // namespace
}  // namespace llama2
