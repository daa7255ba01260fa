// `train_tokenizer` as a program.
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/cli/program_fixture.h"
#include "tools/cli/subprocess.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class TrainTokenizerTest : public ProgramFixture {
 protected:
  TrainTokenizerTest() {
    folder().Write("a.txt",
                   "The cat sat on the mat.\n<|endoftext|>\nThe dog sat on the log.\n");
    folder().Write("b.txt", "The cat and the dog sat on the mat.\n\nThe end.\n");
  }
};

TEST_F(TrainTokenizerTest, LearnsFromAllFilesAndSaysHowWell) {
  EXPECT_THAT(RunProgram({"a.txt", "b.txt", "--vocab_size=290", "tok.bin"}),
              Prints(MatchesRegex("tok\\.bin: 290 tokens, of 4 stories with 89 bytes: "
                                  "[12]\\.[0-9][0-9][0-9] bytes a token\n")));
  EXPECT_THAT(folder().Names(), ElementsAre("a.txt", "b.txt", "tok.bin"));
}

TEST_F(TrainTokenizerTest, TheSeparatorIsNoPartOfTheVocabulary) {
  EXPECT_EQ(RunProgram({"a.txt", "tok.bin", "--vocab_size=290"}).exit_code, 0);
  const std::string vocabulary = folder().Read("tok.bin");
  EXPECT_THAT(vocabulary, HasSubstr(" the"));
  EXPECT_THAT(vocabulary, ::testing::Not(HasSubstr("|")));
}

TEST_F(TrainTokenizerTest, WritesTheModelToo) {
  EXPECT_EQ(RunProgram({"a.txt", "tok.bin", "--vocab_size=290", "--model=tok.model"}).exit_code,
            0);
  EXPECT_THAT(folder().Read("tok.model"), HasSubstr("\xE2\x96\x81the"));
}

TEST_F(TrainTokenizerTest, TheSameTextGivesTheSameBytes) {
  EXPECT_EQ(RunProgram({"a.txt", "b.txt", "one.bin", "--vocab_size=290"}).exit_code, 0);
  EXPECT_EQ(RunProgram({"a.txt", "b.txt", "two.bin", "--vocab_size=290"}).exit_code, 0);
  EXPECT_EQ(folder().Read("one.bin"), folder().Read("two.bin"));
}

TEST_F(TrainTokenizerTest, TakesItsFlagsFromAFileToo) {
  folder().Write("job.textproto",
                 "input: \"a.txt\"\ninput: \"b.txt\"\noutput: \"tok.bin\"\nvocab_size: 290\n");
  EXPECT_THAT(RunProgram({"--config=job.textproto"}), Prints(HasSubstr("of 4 stories")));
  EXPECT_THAT(
      RunProgram({"a.txt", "b.txt", "tok.bin", "--vocab_size=290", "--print_config"}),
      Prints(AllOf(HasSubstr("input: \"b.txt\"\n"), HasSubstr("output: \"tok.bin\"\n"))));
}

TEST_F(TrainTokenizerTest, AWrongCommandLineIsRefusedBeforeAnyFileIsRead) {
  const std::string program = "train_tokenizer";
  EXPECT_THAT(RunProgram({}), FailsWith(program, 2, StartsWith("input: missing")));
  EXPECT_THAT(RunProgram({"tok.bin", "--vocab_size=290"}),
              FailsWith(program, 2, "input: missing, expected text files in front of tok.bin"));
  EXPECT_THAT(RunProgram({"no.txt", "tok.bin"}),
              FailsWith(program, 2, StartsWith("vocab_size: missing")));
  EXPECT_THAT(
      RunProgram({"no.txt", "a.txt", "--vocab_size=290", "--force"}),
      FailsWith(program, 2, "output: found \"a.txt\", expected a name that ends with .bin"));
  EXPECT_THAT(
      RunProgram({"no.txt", "tok.bin", "--vocab_size=290", "--model=tok.bin"}),
      FailsWith(program, 2, "model: found \"tok.bin\", expected a name that ends with .model"));
  for (const char* size : {"0", "-5", "1e3", "1000001"}) {
    EXPECT_THAT(
        RunProgram({"no.txt", "tok.bin", absl::StrCat("--vocab_size=", size)}),
        FailsWith(program, 2, StartsWith(absl::StrCat("--vocab_size: found \"", size, "\""))));
  }
  EXPECT_THAT(folder().Names(), ElementsAre("a.txt", "b.txt"));
}

TEST_F(TrainTokenizerTest, TextThatDoesNotDoIsRefusedInOneLine) {
  const auto error_of = [&](const std::string& text, const std::string& size) {
    folder().Write("text.txt", text);
    const Outcome outcome =
        RunProgram({"a.txt", "text.txt", "tok.bin", absl::StrCat("--vocab_size=", size)});
    EXPECT_THAT(outcome, FailsWith("train_tokenizer", 1, ::testing::_));
    return outcome.err;
  };
  EXPECT_THAT(error_of("", "290"), HasSubstr("text.txt: found no text"));
  EXPECT_THAT(error_of("\n\n", "290"), HasSubstr("text.txt: found no text"));
  EXPECT_THAT(error_of(std::string("PNG\0\1\2", 6), "290"),
              HasSubstr("text.txt:1: byte 3: found 0x00, expected text in UTF-8"));
  EXPECT_THAT(error_of("a", "5000"), HasSubstr("vocab_size: found 5000, expected at most 3"));
  EXPECT_THAT(error_of("a", "1000000"), HasSubstr("expected at most 3"));
  EXPECT_THAT(error_of("a", "1"), HasSubstr("vocab_size: found 1, expected at least 27"));
  EXPECT_THAT(error_of("a", "260"), HasSubstr("vocab_size: found 260, expected at least 27"));
  EXPECT_THAT(folder().Names(), ElementsAre("a.txt", "b.txt", "text.txt"));
}

TEST_F(TrainTokenizerTest, FilesThatCannotBeReadOrWrittenAreNamed) {
  const std::string program = "train_tokenizer";
  const std::string size = "--vocab_size=290";
  EXPECT_THAT(RunProgram({"no.txt", "tok.bin", size}),
              FailsWith(program, 1, StartsWith("no.txt: cannot open")));
  EXPECT_THAT(RunProgram({"a.txt", "no/tok.bin", size}),
              FailsWith(program, 1, StartsWith("no/tok.bin: cannot create")));
  folder().Write("old.bin", "precious");
  folder().Write("old.model", "precious");
  EXPECT_THAT(RunProgram({"a.txt", "old.bin", size}),
              FailsWith(program, 1, "old.bin: exists; --force replaces it"));
  EXPECT_THAT(RunProgram({"a.txt", "new.bin", "--model=old.model", size}),
              FailsWith(program, 1, "old.model: exists; --force replaces it"));
  EXPECT_THAT(RunProgram({"a.txt", "old.bin", "old.bin", size, "--force"}),
              FailsWith(program, 1, StartsWith("old.bin: is the same file as the input")));
  EXPECT_EQ(folder().Read("old.bin"), "precious");
  EXPECT_THAT(folder().Names(), ElementsAre("a.txt", "b.txt", "old.bin", "old.model"));
  EXPECT_EQ(RunProgram({"a.txt", "old.bin", size, "--force"}).exit_code, 0);
  EXPECT_NE(folder().Read("old.bin"), "precious");
}

TEST_F(TrainTokenizerTest, Helps) {
  EXPECT_THAT(RunProgram({"--help"}),
              Prints(AllOf(HasSubstr("train_tokenizer INPUT... OUTPUT.bin --vocab_size=NUMBER"),
                           HasSubstr("--model=PATH"))));
}

}  // namespace
}  // namespace llama2
