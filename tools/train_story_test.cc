// From text to a story by the three programs, as the README does it.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/cli/program_fixture.h"
#include "tools/cli/subprocess.h"
#include "tools/train_fixture.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// Runs the program that the environment variable `program` names.
Outcome RunIn(const TestFolder& folder, const char* program, std::vector<std::string> args) {
  const char* path = std::getenv(program);
  CHECK(path != nullptr);
  args.insert(args.begin(), std::filesystem::absolute(path).string());
  return RunToEnd({.args = std::move(args), .folder = folder.path()});
}

TEST(TrainStoryTest, FromTextToAStory) {
  const TestFolder folder;
  folder.Write("stories.txt", MakeStories(300));
  EXPECT_THAT(
      RunIn(folder, "TRAIN_TOKENIZER", {"stories.txt", "tokenizer.bin", "--vocab_size=360"}),
      Prints(HasSubstr("360 tokens, of 300 stories")));
  const Outcome trained =
      RunIn(folder, "TRAIN",
            {"--text=stories.txt", "--tokenizer=tokenizer.bin", "--output=tiny", "--dim=32",
             "--n_layers=2", "--n_heads=4", "--seq_len=64", "--batch_size=8",
             "--gradient_accumulation_steps=1", "--learning_rate=1e-2", "--warmup_steps=10",
             "--steps=150", "--held_out=0.1", "--eval_windows=8"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const Outcome story = RunIn(folder, "RUN", {"tiny/model.bin", "-t", "0", "-n", "40"});
  EXPECT_EQ(story.exit_code, 0) << story.err;
  EXPECT_THAT(story.out,
              MatchesRegex("Once upon a time, there was a little [a-z]+ named [A-Z][a-z]+\\. "
                           "[A-Z][a-z]+ liked to play in the (.|\n)*"));
}

}  // namespace
}  // namespace llama2
