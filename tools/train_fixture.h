// What the tests of `train` share: a folder with stories, a vocabulary and the config of a
// run that takes a second.
//
//   TEST_F(TrainTest, Trains) {
//     EXPECT_EQ(Train("run").exit_code, 0);
//     EXPECT_EQ(folder().Read("run/model.bin"), ...);
//   }
//
// The test target has `train` in its data, and `env = {"PROGRAM": "$(rootpath :train)"}`.
#ifndef LLAMA2_TOOLS_TRAIN_FIXTURE_H_
#define LLAMA2_TOOLS_TRAIN_FIXTURE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/cli/program_fixture.h"
#include "tools/cli/subprocess.h"

namespace llama2 {

// Stories of a few sentences with a blank line between them, the same ones every time.
std::string MakeStories(int count);

class TrainFixture : public ProgramFixture {
 protected:
  // Writes stories.txt, tokenizer.bin and tiny.textproto, a run of 40 steps that saves
  // after every sixth.
  TrainFixture();

  // The arguments that train into the folder `output`.
  static std::vector<std::string> Args(absl::string_view output,
                                       std::vector<std::string> more = {});

  Outcome Train(absl::string_view output, std::vector<std::string> more = {}) const {
    return RunProgram(Args(output, std::move(more)));
  }

  // Trains inside a shell script, in which "$@" is the program and its arguments.
  Outcome TrainInScript(absl::string_view script, absl::string_view output,
                        std::vector<std::string> more = {}) const;

  // The names of the states in the folder `output`, sorted.
  std::vector<std::string> States(absl::string_view output) const;
};

}  // namespace llama2

#endif  // LLAMA2_TOOLS_TRAIN_FIXTURE_H_
