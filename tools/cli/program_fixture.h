// What the tests of programs share: the program, and a folder to run it in.
//
//   class ExportTest : public ProgramFixture {};
//   TEST_F(ExportTest, WantsAnOutput) {
//     EXPECT_THAT(RunProgram({"model.bin"}), FailsWith("export", 2, HasSubstr("output")));
//   }
//
// The test target has the program in its data, and
// `env = {"PROGRAM": "$(rootpath :export)"}`.
#ifndef LLAMA2_TOOLS_CLI_PROGRAM_FIXTURE_H_
#define LLAMA2_TOOLS_CLI_PROGRAM_FIXTURE_H_

#include <string>
#include <vector>

#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/cli/subprocess.h"

namespace llama2 {

class ProgramFixture : public ::testing::Test {
 protected:
  const TestFolder& folder() const { return folder_; }

  // The command that runs the program in the folder, for changes.
  Command ProgramCommand(std::vector<std::string> args) const;
  Outcome RunProgram(std::vector<std::string> args) const;

 private:
  TestFolder folder_;
};

// An error that is one line on stderr, under the program's name, with nothing on stdout.
MATCHER_P3(FailsWith, program, exit_code, message, "") {
  *result_listener << "exit code " << arg.exit_code << ", stderr: " << arg.err;
  const std::string start = std::string(program) + ": ";
  const std::string line = arg.err.substr(0, arg.err.find('\n'));
  return arg.exit_code == exit_code && arg.out.empty() && arg.err == line + "\n" &&
         line.compare(0, start.size(), start) == 0 &&
         ::testing::ExplainMatchResult(message, line.substr(start.size()), result_listener);
}

// Success without a word on stderr.
MATCHER_P(Prints, out, "") {
  *result_listener << "exit code " << arg.exit_code << ", stderr: " << arg.err
                   << ", stdout: " << arg.out;
  return arg.exit_code == 0 && arg.err.empty() &&
         ::testing::ExplainMatchResult(out, arg.out, result_listener);
}

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_PROGRAM_FIXTURE_H_
