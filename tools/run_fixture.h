// What the tests of `run` and `runq` as programs share: a model to run.
//
//   class RunChatTest : public RunFixture {};
//   TEST_F(RunChatTest, EndsWithTheInput) {
//     EXPECT_EQ(RunProgram({"model.bin", "-m", "chat"}).exit_code, 0);
//   }
#ifndef LLAMA2_TOOLS_RUN_FIXTURE_H_
#define LLAMA2_TOOLS_RUN_FIXTURE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "llama/checkpoint_layout.h"
#include "llama/config.h"
#include "tools/cli/program_fixture.h"

namespace llama2 {

class RunFixture : public ProgramFixture {
 protected:
  // Puts model.bin, of kConfig, and tokenizer.bin in the folder.
  RunFixture();

  // 6000 tokens, of which 3 in 4 are of two to four letters.
  static constexpr Config kConfig = {.dim = 48,
                                     .hidden_dim = 100,
                                     .n_layers = 2,
                                     .n_heads = 6,
                                     .n_kv_heads = 2,
                                     .vocab_size = 6000,
                                     .seq_len = 64};

  // Writes a checkpoint with random weights.
  void WriteModel(absl::string_view file, const Config& config, uint64_t seed,
                  CheckpointFormat format = {}) const;
  void WriteTokenizer(absl::string_view file, int64_t tokens) const;

  // Expects that `args` print `text` with one, two and three threads, and with every
  // instruction set.
  void ExpectText(const std::vector<std::string>& args, const std::string& text) const;
};

}  // namespace llama2

#endif  // LLAMA2_TOOLS_RUN_FIXTURE_H_
