#include "tools/bench/bench_process.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::StartsWith;

absl::StatusOr<ProcessOutput> Shell(const std::string& command) {
  return RunProcess({"/bin/sh", "-c", command});
}

TEST(RunProcess, TellsWhatWasWrittenAndHowItEnded) {
  ASSERT_OK_AND_ASSIGN(const ProcessOutput output, Shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(output.exit_code, 3);
  EXPECT_EQ(output.out, "out\n");
  EXPECT_EQ(output.err, "err\n");
  ASSERT_OK_AND_ASSIGN(const ProcessOutput killed, Shell("kill -9 $$"));
  EXPECT_EQ(killed.exit_code, 128 + 9);
}

TEST(RunProcess, TakesMoreThanAPipeHolds) {
  ASSERT_OK_AND_ASSIGN(const ProcessOutput output,
                       Shell("head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2"));
  EXPECT_EQ(output.out.size(), 300000u);
  EXPECT_EQ(output.err.size(), 200000u);
}

TEST(RunProcess, GivesNothingToRead) {
  ASSERT_OK_AND_ASSIGN(const ProcessOutput output, Shell("wc -c"));
  EXPECT_EQ(LastLine(output.out), "0");
}

TEST(RunProcess, NamesWhatCannotBeStarted) {
  EXPECT_THAT(RunProcess({"/no/such/program"}),
              StatusIs(absl::StatusCode::kUnavailable, StartsWith("/no/such/program: ")));
}

TEST(LastLine, IsNotBlank) {
  EXPECT_EQ(LastLine("one\ntwo\n\n  \n"), "two");
  EXPECT_EQ(LastLine("one"), "one");
  EXPECT_EQ(LastLine(""), "");
}

TEST(ReadFilesNamedIn, PassesOverWhatIsNoFile) {
  TestFolder folder;
  const std::string file = folder.Write("model.bin", std::string(10000, 'x'));
  const std::string empty = folder.Write("empty.bin", "");
  ReadFilesNamedIn("A=1 /no/such/program -m " + file + " --x='" + empty + "' " + folder.path());
  EXPECT_EQ(folder.Read("model.bin").size(), 10000u);
}

}  // namespace
}  // namespace llama2
