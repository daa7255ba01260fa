// `make_choices` as a program, and its questions answered by `eval`.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analysis/choice_file.h"
#include "analysis/evaluation.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "testing/shared_data.h"
#include "tools/cli/program_fixture.h"
#include "tools/cli/subprocess.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

class MakeChoicesTest : public ProgramFixture {
 protected:
  MakeChoicesTest() {
    std::string text;
    for (const char* name :
         {"Tom", "Lily", "Max",  "Sue", "Ben", "Anna", "Sam", "Mia", "Tim", "Jack",
          "Amy", "Leo",  "Ella", "Joe", "Kim", "Lucy", "Bob", "Eva", "Rex", "Dan"}) {
      absl::StrAppend(&text, "Once there was a child named ", name, ". ", name,
                      " had a red ball. One day, ", name, " went to the park to play. ", name,
                      " was happy in the park. Then it was night.\n\n");
    }
    folder().Write("stories.txt", text);
  }

  ChoicesReport Answer(std::vector<std::string> args) const {
    Command command = ProgramCommand({});
    command.args = {std::filesystem::absolute(std::getenv("EVAL")).string(), "--json"};
    command.args.insert(command.args.end(), args.begin(), args.end());
    const Outcome outcome = RunToEnd(command);
    ChoicesReport report;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(outcome.out, &report).ok())
        << outcome.out << outcome.err;
    return report;
  }
};

TEST_F(MakeChoicesTest, WritesQuestionsThatEvalAnswers) {
  EXPECT_THAT(RunProgram({"stories.txt", "a.jsonl", "--count=15", "--endings=3"}),
              Prints("a.jsonl: 15 questions of 3 endings\n"));
  ASSERT_OK_AND_ASSIGN(const std::vector<Question> questions,
                       ReadQuestions(folder().Path("a.jsonl")));
  ASSERT_THAT(questions, SizeIs(15));
  for (const Question& question : questions) EXPECT_EQ(question.task.endings_size(), 3);
  const ChoicesReport report = Answer({"default", "--choices=a.jsonl"});
  EXPECT_EQ(report.questions(), 15);
  EXPECT_NEAR(report.chance(), 1.0 / 3, 1e-12);
  EXPECT_GT(report.accuracy().value(), 0.6) << "the name is in the context";
}

TEST_F(MakeChoicesTest, TheSameSeedMakesTheSameFile) {
  RunProgram({"stories.txt", "a.jsonl", "--count=9", "--seed=1"});
  RunProgram({"stories.txt", "b.jsonl", "--count=9"});
  RunProgram({"stories.txt", "c.jsonl", "--count=9", "--seed=2"});
  EXPECT_NE(folder().Read("a.jsonl"), "");
  EXPECT_EQ(folder().Read("a.jsonl"), folder().Read("b.jsonl"));
  EXPECT_NE(folder().Read("a.jsonl"), folder().Read("c.jsonl"));
}

TEST_F(MakeChoicesTest, BadInputIsRefusedInOneLine) {
  const auto expect_refused = [&](std::vector<std::string> args, int exit_code,
                                  const auto& message) {
    EXPECT_THAT(RunProgram(std::move(args)), FailsWith("make_choices", exit_code, message));
  };
  expect_refused({}, 2, StartsWith("input: missing"));
  expect_refused({"stories.txt"}, 2,
                 StartsWith("input: missing, expected text files in front"));
  expect_refused({"stories.txt", "a", "--endings=1"}, 2, HasSubstr("--endings: found \"1\""));
  expect_refused({"stories.txt", "a", "--count=0"}, 2, HasSubstr("--count: found \"0\""));
  expect_refused({"stories.txt", "a"}, 1, StartsWith("count: found 200, expected up to 20"));
  expect_refused({"missing.txt", "a"}, 1, StartsWith("missing.txt: "));
  folder().Write("latin1.txt", "One.\nCaf\xE9.\n");
  expect_refused({"latin1.txt", "a"}, 1, StartsWith("latin1.txt:2: byte 8: "));
  folder().Write("there.jsonl", "mine");
  expect_refused({"stories.txt", "there.jsonl", "--count=5"}, 1, StartsWith("there.jsonl: "));
  EXPECT_EQ(folder().Read("there.jsonl"), "mine");
  EXPECT_EQ(RunProgram({"stories.txt", "there.jsonl", "--count=5", "--force"}).exit_code, 0);
}

// What models/README.md says.
TEST_F(MakeChoicesTest, TheModelCardsNumbersComeOut) {
  const auto stories = SharedDataPath("text/tinystories-val.txt");
  const auto model = SharedDataPath("stories260K.bin");
  const auto tokenizer = SharedDataPath("tok512.bin");
  if (!stories || !model || !tokenizer) {
    GTEST_SKIP() << "LLAMA2_SHARED_DATA has no stories260K.bin, or no text for it";
  }
  EXPECT_THAT(RunProgram({*stories, "choices.jsonl"}),
              Prints("choices.jsonl: 200 questions of 4 endings\n"));
  const auto expect_accuracy = [](const ChoicesReport& report, double accuracy,
                                  double per_byte) {
    EXPECT_EQ(report.questions(), 200);
    EXPECT_EQ(report.chance(), 0.25);
    EXPECT_NEAR(report.accuracy().value(), accuracy, 1e-12);
    EXPECT_NEAR(report.accuracy_per_byte().value(), per_byte, 1e-12);
  };
  expect_accuracy(Answer({"default", "--choices=choices.jsonl"}), 0.735, 0.745);
  expect_accuracy(Answer({*model, "-z", *tokenizer, "--choices=choices.jsonl"}), 0.51, 0.525);
}

}  // namespace
}  // namespace llama2
