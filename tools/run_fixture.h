// What the tests of `run` and `runq` as programs share: the program, a folder, a model in
// it.
//
//   class RunChatTest : public RunFixture {};
//   TEST_F(RunChatTest, EndsWithTheInput) {
//     EXPECT_EQ(RunProgram({"model.bin", "-m", "chat"}).exit_code, 0);
//   }
//
// The test target has the program in its data, and `env = {"RUN": "$(rootpath :run)"}`.
#ifndef LLAMA2_TOOLS_RUN_FIXTURE_H_
#define LLAMA2_TOOLS_RUN_FIXTURE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "llama/checkpoint_layout.h"
#include "llama/config.h"
#include "tools/subprocess.h"

namespace llama2 {

class RunFixture : public ::testing::Test {
 protected:
  // Makes a folder of its own with model.bin, of kConfig, and tokenizer.bin.
  RunFixture();
  ~RunFixture() override;

  // 6000 tokens, of which 3 in 4 are of two to four letters.
  static constexpr Config kConfig = {.dim = 48,
                                     .hidden_dim = 100,
                                     .n_layers = 2,
                                     .n_heads = 6,
                                     .n_kv_heads = 2,
                                     .vocab_size = 6000,
                                     .seq_len = 64};

  std::string Path(absl::string_view file) const;
  void WriteFile(absl::string_view file, absl::string_view content) const;
  std::string ReadFile(absl::string_view file) const;
  // Writes a checkpoint with random weights.
  void WriteModel(absl::string_view file, const Config& config, uint64_t seed,
                  CheckpointFormat format = {}) const;
  void WriteTokenizer(absl::string_view file, int64_t tokens) const;

  // The command that runs the program in the folder, for changes.
  Command RunCommand(std::vector<std::string> args) const;
  Outcome RunProgram(std::vector<std::string> args) const;

  // Expects that `args` print `text` with one, two and three threads, and with every
  // instruction set.
  void ExpectText(const std::vector<std::string>& args, const std::string& text) const;

 private:
  std::string program_;
  std::string folder_;
};

// An error that is one line on stderr, under the program's name, with nothing on stdout.
MATCHER_P2(FailsWith, exit_code, message, "") {
  *result_listener << "exit code " << arg.exit_code << ", stderr: " << arg.err;
  const std::string line = arg.err.substr(0, arg.err.find('\n'));
  const size_t name_end = line.find(": ");
  const std::string name = line.substr(0, name_end);
  return arg.exit_code == exit_code && arg.out.empty() && arg.err == line + "\n" &&
         (name == "run" || name == "runq") &&
         ::testing::ExplainMatchResult(message, line.substr(name_end + 2), result_listener);
}

}  // namespace llama2

#endif  // LLAMA2_TOOLS_RUN_FIXTURE_H_
