#include "testing/docs/checkout_folder.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;

// A checkout with the program //a:echo, which says where it is and with what.
class CheckoutTest : public ::testing::Test {
 protected:
  CheckoutTest() {
    const std::string program = folder_.Write(
        "echo.sh",
        "#!/bin/bash\necho \"$BUILD_WORKING_DIRECTORY $# $*\"\n[[ $PWD != */sub ]]\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    manifest_ = folder_.Write("list.txt", absl::StrCat("program //a:echo ", program, "\n"));
  }

  // What a command prints, and "failed" where it fails.
  std::string Run(const Checkout& checkout, const std::string& command) const {
    const std::string script = folder_.Write(
        "script", absl::StrCat("export ", checkout.environment()[0], "; cd ", checkout.root(),
                               "\n{ ", command, "\n} >", folder_.Path("out"), " 2>&1 ||",
                               " echo failed >>", folder_.Path("out"), "\n"));
    EXPECT_EQ(std::system(("bash " + script).c_str()), 0);
    return folder_.Read("out");
  }

  TestFolder folder_;
  std::string manifest_;
};

TEST_F(CheckoutTest, BazelRunsAProgramAsIfItWereBuilt) {
  ASSERT_OK_AND_ASSIGN(const Checkout checkout, Checkout::Create(manifest_, ""));
  const std::string here = checkout.root();
  EXPECT_EQ(Run(checkout, "bazel run //a:echo"), here + " 0 \n");
  EXPECT_EQ(Run(checkout, "./bazelw run --config=bench //a:echo -- -x 'y z'"),
            here + " 2 -x y z\n");
  EXPECT_EQ(Run(checkout, "find bazel-bin -name echo.sh -exec {} x ';'"), " 1 x\n");
  EXPECT_EQ(Run(checkout, "mkdir sub; cd sub; bazel run //a:echo -- --"), here + "/sub 1 --\n");
}

TEST_F(CheckoutTest, BazelRefusesWhatItCannotDo) {
  ASSERT_OK_AND_ASSIGN(const Checkout checkout, Checkout::Create(manifest_, ""));
  EXPECT_THAT(Run(checkout, "bazel test //..."), HasSubstr("test: a page's test can only run"));
  EXPECT_THAT(Run(checkout, "bazel run"), HasSubstr("run: which target?"));
  EXPECT_THAT(Run(checkout, "bazel run //a:b"), HasSubstr("//a:b: not among the programs"));
  EXPECT_THAT(Run(checkout, "bazel run //a:echo -x"), HasSubstr("-x: bazel's own flag"));
  EXPECT_THAT(Run(checkout, "bazel test //..."), HasSubstr("failed"));
}

TEST_F(CheckoutTest, HasTheDataBesideIt) {
  folder_.Write("text.txt", "a story");
  ASSERT_OK_AND_ASSIGN(const Checkout checkout, Checkout::Create(manifest_, folder_.path()));
  EXPECT_EQ(Run(checkout, "cat ../shared/data/text.txt"), "a story");
  ASSERT_OK_AND_ASSIGN(const Checkout without, Checkout::Create(manifest_, ""));
  EXPECT_EQ(Run(without, "[[ ! -e ../shared/data ]]"), "");
}

TEST_F(CheckoutTest, CopiesFilesSoThatTheyMayBeChanged) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  std::filesystem::create_directory("models");
  folder_.Write("models/a.bin", "old");
  std::filesystem::permissions("models/a.bin", std::filesystem::perms::owner_read);
  folder_.Write("list.txt", "file models/a.bin\n");
  ASSERT_OK_AND_ASSIGN(const Checkout checkout, Checkout::Create("list.txt", ""));
  EXPECT_EQ(Run(checkout, "cat models/a.bin; echo new > models/a.bin"), "old");
  EXPECT_EQ(folder_.Read("models/a.bin"), "old");
  std::filesystem::current_path(before);
}

TEST_F(CheckoutTest, RefusesABadList) {
  EXPECT_THAT(Checkout::Create(folder_.Path("none.txt"), ""),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Checkout::Create(folder_.Write("bad.txt", "program //a:b\n"), ""),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("found program //a:b")));
  EXPECT_THAT(Checkout::Create(folder_.Write("gone.txt", "file not/there\n"), ""),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("not/there")));
}

}  // namespace
}  // namespace llama2
