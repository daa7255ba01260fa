#include "analysis/choice_file.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kGood[] = R"({"context":"a","endings":[" b"," c"],"answer":1})";

TEST(ParseQuestions, ReadsOneInEachLine) {
  const std::string text = absl::StrCat(
      kGood,
      "\n\n  { \"answer\": 0, \"context\": \"\\u20ac \\\"x\\\"\\n\", \"endings\": [\"b\", "
      "\"b\", \"c\"] }\r\n");
  ASSERT_OK_AND_ASSIGN(const std::vector<Question> questions, ParseQuestions(text, "a.jsonl"));
  ASSERT_EQ(questions.size(), 2);
  EXPECT_EQ(questions[0].task.context(), "a");
  EXPECT_THAT(questions[0].task.endings(), ElementsAre(" b", " c"));
  EXPECT_EQ(questions[0].task.answer(), 1);
  EXPECT_EQ(questions[0].where, "a.jsonl:1");
  EXPECT_EQ(questions[1].task.context(), "\xE2\x82\xAC \"x\"\n");
  EXPECT_THAT(questions[1].task.endings(), ElementsAre("b", "b", "c"));
  EXPECT_EQ(questions[1].task.answer(), 0);
  EXPECT_EQ(questions[1].where, "a.jsonl:3");
}

TEST(ParseQuestions, ReadsWhatQuestionLineWrites) {
  ChoiceTask task;
  task.set_context("One \"day\",\na\tdog </b> \xF0\x9F\x98\x80");
  task.add_endings("\nran.");
  task.add_endings(" \\sat\\.");
  task.set_answer(0);
  const std::string line = QuestionLine(task);
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line: " << line;
  ASSERT_OK_AND_ASSIGN(const std::vector<Question> questions, ParseQuestions(line, "a"));
  EXPECT_EQ(questions[0].task.SerializeAsString(), task.SerializeAsString());
}

TEST(ParseQuestions, AContextMayBeEmpty) {
  EXPECT_THAT(ParseQuestions(R"({"context":"","endings":["a","b"],"answer":0})", "a"), IsOk());
}

// Each stands in the third line of a file.
TEST(ParseQuestions, BadLinesAreNamed) {
  const auto expect_refused = [](absl::string_view line, const auto& message) {
    const auto questions = ParseQuestions(absl::StrCat(kGood, "\n\n", line, "\n"), "a.jsonl");
    EXPECT_THAT(questions, StatusIs(absl::StatusCode::kInvalidArgument, message)) << line;
    EXPECT_THAT(std::string(questions.status().message()), Not(HasSubstr("\n"))) << line;
  };
  expect_refused(R"({"context":"a","endings":["b","c"]})",
                 "a.jsonl:3: answer: missing, expected 0 to 1, the index of an ending");
  expect_refused(R"({"context":"a","endings":["b","c"],"answer":null})",
                 StartsWith("a.jsonl:3: answer: missing"));
  expect_refused(R"({"context":"a","endings":["b","c"],"answer":2})",
                 "a.jsonl:3: answer: found 2, expected 0 to 1, the index of an ending");
  expect_refused(R"({"context":"a","endings":["b","c"],"answer":-1})",
                 StartsWith("a.jsonl:3: answer: found -1, expected 0 to 1"));
  expect_refused(R"({"context":"a","endings":["b","c"],"answer":"x"})",
                 StartsWith("a.jsonl:3: expected a question in JSON: "));
  expect_refused(R"({"context":"a","endings":["b","c"],"answer":0.5})",
                 StartsWith("a.jsonl:3: expected a question in JSON: "));
  expect_refused(R"({"context":"a","endings":["b","c"],"answer":99999999999})",
                 StartsWith("a.jsonl:3: expected a question in JSON: "));
  expect_refused(R"({"endings":["b","c"],"answer":0})",
                 "a.jsonl:3: context: missing, expected a text");
  expect_refused(R"({"context":7,"endings":["b","c"],"answer":0})",
                 StartsWith("a.jsonl:3: expected a question in JSON: "));
  expect_refused(R"({"context":"a","answer":0})",
                 "a.jsonl:3: endings: found 0, expected 2 to 64");
  expect_refused(R"({"context":"a","endings":["b"],"answer":0})",
                 "a.jsonl:3: endings: found 1, expected 2 to 64");
  expect_refused(R"({"context":"a","endings":["b",""],"answer":0})",
                 "a.jsonl:3: endings[1]: found an empty one, expected a text");
  expect_refused(R"({"context":"a","endings":"bc","answer":0})",
                 "a.jsonl:3: endings: found 1, expected 2 to 64");
  expect_refused(R"({"context":"a","endings":["b","c"],"answer":0,"label":0})",
                 HasSubstr("label"));
  expect_refused(R"({"context":"a","endings":["b","c"],"answer":0)",
                 StartsWith("a.jsonl:3: expected a question in JSON: "));
  expect_refused(R"([1,2])", StartsWith("a.jsonl:3: expected a question in JSON: "));
  expect_refused("once upon a time", StartsWith("a.jsonl:3: expected a question in JSON: "));
  expect_refused("{\"context\":\"\xFF\"}", StartsWith("a.jsonl:3: byte "));
  expect_refused(std::string(100000, '['), StartsWith("a.jsonl:3: expected a question"));
  expect_refused(std::string(kMaxQuestionBytes + 1, 'x'),
                 "a.jsonl:3: found a line of 1048577 bytes, expected up to 1048576");
  std::string many = R"({"context":"a","answer":0,"endings":["b")";
  for (int i = 0; i < kMaxEndings; ++i) many += R"(,"b")";
  expect_refused(many + "]}", "a.jsonl:3: endings: found 65, expected 2 to 64");
}

TEST(ParseQuestions, AFileWithoutQuestionsIsRefused) {
  for (const char* text : {"", "\n", " \r\n\t\n"}) {
    EXPECT_THAT(ParseQuestions(text, "a.jsonl"),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         "a.jsonl: found no question, expected a JSON object in each line"));
  }
}

TEST(ReadQuestions, ReadsAFile) {
  const TestFolder folder;
  ASSERT_OK_AND_ASSIGN(const std::vector<Question> questions,
                       ReadQuestions(folder.Write("a.jsonl", kGood)));
  EXPECT_EQ(questions.size(), 1);
  EXPECT_THAT(ReadQuestions(folder.Path("missing.jsonl")),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("missing.jsonl: ")));
}

}  // namespace
}  // namespace llama2
