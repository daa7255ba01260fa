// `run -m chat` as a program: a conversation over standard input.
#include <signal.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/cli/subprocess.h"
#include "tools/run_fixture.h"

namespace llama2 {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class RunChatTest : public RunFixture {
 protected:
  RunChatTest() {
    Config config = kConfig;
    config.seq_len = 512;
    WriteModel("chat.bin", config, /*seed=*/10);
  }

  // A chat that gets `input`. Random weights hardly ever end an answer: a letter does.
  Command ChatCommand(const std::string& input, std::vector<std::string> flags = {}) const {
    flags.insert(flags.begin(), {"chat.bin", "-z", "tokenizer.bin", "-m", "chat", "-n", "0",
                                 "-s", "1", "--threads=1", "--stop=e"});
    Command command = ProgramCommand(flags);
    command.input = input;
    return command;
  }

  Outcome Chat(const std::string& input, const std::vector<std::string>& flags = {}) const {
    return RunToEnd(ChatCommand(input, flags));
  }
};

// llama2.c went on with the old line for ever once the input had ended.
TEST_F(RunChatTest, AnswersEveryLineAndEndsWithTheInput) {
  const Outcome outcome = Chat("hello\nhow are you\n", {"-y", ""});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 2) << outcome.out;
  EXPECT_THAT(outcome.err,
              MatchesRegex("prompt [0-9]+ tokens .*, generated [0-9]+ tokens?.*\n"));
  // The first answer does not depend on what comes later.
  EXPECT_THAT(outcome.out, StartsWith(Chat("hello\n", {"-y", ""}).out));
}

TEST_F(RunChatTest, TheLastLineNeedsNoLineEnd) {
  EXPECT_EQ(Chat("hello", {"-y", ""}).out, Chat("hello\n", {"-y", ""}).out);
}

TEST_F(RunChatTest, WithoutMessagesThereIsNothingToAnswer) {
  for (const char* input : {"", "A system prompt.\n"}) {
    const Outcome outcome = Chat(input);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

TEST_F(RunChatTest, TheFirstLineIsTheSystemPromptUnlessAFlagGivesIt) {
  const std::string rhyme = Chat("hello\n", {"-y", "Rhyme."}).out;
  EXPECT_EQ(Chat("Rhyme.\nhello\n").out, rhyme);
  EXPECT_EQ(Chat("\nhello\n").out, Chat("hello\n", {"-y", ""}).out);
  EXPECT_NE(Chat("hello\n", {"-y", ""}).out, rhyme);
}

TEST_F(RunChatTest, ThePromptIsTheFirstMessage) {
  EXPECT_EQ(Chat("bye\n", {"-y", "", "-i", "hello"}).out, Chat("hello\nbye\n", {"-y", ""}).out);
}

// llama2.c overflowed a buffer with more than 511 bytes.
TEST_F(RunChatTest, ALineMayBeAsLongAsTheContext) {
  std::string line;
  for (int i = 0; i < 60; ++i) line += "once upon ";
  const Outcome outcome = Chat(line + "\n", {"-y", ""});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_GT(outcome.out.size(), 1);
}

TEST_F(RunChatTest, AMessageWithoutRoomIsAnError) {
  const std::string line(600, '#');
  const Outcome outcome = Chat("hello\n" + line + "\nhi\n", {"-y", ""});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, Chat("hello\n", {"-y", ""}).out);
  EXPECT_THAT(outcome.err, MatchesRegex("run: message: needs [0-9]+ positions, but .*\n"));
}

TEST_F(RunChatTest, AFullContextIsSaid) {
  Command command = ProgramCommand({"chat.bin", "-z", "tokenizer.bin", "-m", "chat", "-n", "40",
                                    "-s", "1", "--threads=1", "-y", ""});
  command.input = "hello\nhi\n";
  const Outcome outcome = RunToEnd(command);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1);
  EXPECT_THAT(outcome.err, StartsWith("run: the context is full"));
}

TEST_F(RunChatTest, QuestionsAreForTerminalsAndNotPartOfTheAnswers) {
  const Outcome piped = Chat("Rhyme.\nhello\n");
  EXPECT_THAT(piped.err, Not(HasSubstr("User")));

  Command command = ChatCommand("Rhyme.\nhello\n");
  command.stdin_kind = Stream::kTerminal;
  const Outcome typed = RunToEnd(command);
  EXPECT_EQ(typed.exit_code, 0);
  EXPECT_EQ(typed.out, piped.out);
  EXPECT_THAT(typed.err,
              StartsWith("Enter system prompt (optional): User: Assistant: User: \n"));
}

TEST_F(RunChatTest, WhoTypesMayTryAgainWithLess) {
  Command command = ChatCommand(std::string(600, '#') + "\nhello\n", {"-y", ""});
  command.stdin_kind = Stream::kTerminal;
  const Outcome outcome = RunToEnd(command);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, Chat("hello\n", {"-y", ""}).out);
  EXPECT_THAT(outcome.err, StartsWith("User: Assistant: run: message: needs "));
}

TEST_F(RunChatTest, InputThatCannotBeReadIsAnError) {
  EXPECT_THAT(
      Chat(std::string((16 << 20) + 5000, 'x'), {"-y", ""}),
      FailsWith("run", 1, HasSubstr("stdin: found a line of more than 16777216 bytes")));
}

TEST_F(RunChatTest, CtrlCEndsTheConversationAtTheQuestion) {
  Command command = ChatCommand("hello\n", {"-y", ""});
  command.stdin_stays_open = true;
  command.on_output = [](pid_t pid, const std::string& out) {
    if (out.back() == '\n') kill(pid, SIGINT);
  };
  const Outcome outcome = RunToEnd(command);
  EXPECT_EQ(outcome.exit_code, 130);
  EXPECT_EQ(outcome.out, Chat("hello\n", {"-y", ""}).out);
  EXPECT_THAT(outcome.err, StartsWith("prompt "));
}

}  // namespace
}  // namespace llama2
