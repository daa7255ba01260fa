#include "tools/cli/output_file.h"

#include <unistd.h>

#include <string>

#include "absl/status/status.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CheckOutputTest : public ::testing::Test {
 protected:
  CheckOutputTest() {
    folder_.Write("in", "in");
    folder_.Write("old", "old");
  }

  std::string Path(const char* name) const { return folder_.Path(name); }

 private:
  const TestFolder folder_;
};

TEST_F(CheckOutputTest, WhatIsNotThereMayBeWritten) {
  EXPECT_THAT(CheckOutput(Path("in"), Path("new"), false), IsOk());
}

TEST_F(CheckOutputTest, WhatIsThereNeedsForce) {
  EXPECT_THAT(CheckOutput(Path("in"), Path("old"), false),
              StatusIs(absl::StatusCode::kAlreadyExists,
                       AllOf(StartsWith(Path("old")), HasSubstr("--force"))));
  EXPECT_THAT(CheckOutput(Path("in"), Path("old"), true), IsOk());
  ASSERT_EQ(symlink("nowhere", Path("dangling").c_str()), 0);
  EXPECT_THAT(CheckOutput(Path("in"), Path("dangling"), false),
              StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_F(CheckOutputTest, TheInputIsRefusedByEveryName) {
  ASSERT_EQ(symlink("in", Path("link").c_str()), 0);
  ASSERT_EQ(link(Path("in").c_str(), Path("hard_link").c_str()), 0);
  for (const std::string& name : {Path("in"), Path("./in"), Path("link"), Path("hard_link")}) {
    EXPECT_THAT(CheckOutput(Path("in"), name, true),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(StartsWith(name), HasSubstr("is the same file as the input"))));
  }
  EXPECT_THAT(CheckOutput(Path("link"), Path("in"), true),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

// What is wrong with the input is for its reader to say.
TEST_F(CheckOutputTest, AMissingInputIsNoMatterHere) {
  EXPECT_THAT(CheckOutput(Path("missing"), Path("missing"), false), IsOk());
}

}  // namespace
}  // namespace llama2
