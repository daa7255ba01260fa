#include "analysis/multiple_choice.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "analysis/test_model.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/thread_team.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;

Question MakeQuestion(const std::string& context, const std::vector<std::string>& endings,
                      int answer = 0) {
  Question question = {.where = "a.jsonl:7"};
  question.task.set_context(context);
  for (const std::string& ending : endings) question.task.add_endings(ending);
  question.task.set_answer(answer);
  return question;
}

EncodedQuestion Encode(const TestModel& test, const Question& question, int64_t window = 64) {
  const Encoder encoder(&test.vocabulary);
  auto encoded = EncodeQuestion(question, encoder, window);
  EXPECT_THAT(encoded, IsOk());
  return *std::move(encoded);
}

TEST(EncodeQuestion, SharesTheContext) {
  const TestModel test;
  const EncodedQuestion question =
      Encode(test, MakeQuestion("the rain", {" was here", " is on", "!"}));
  EXPECT_EQ(question.shared, test.Encode("the rain").size());
  EXPECT_THAT(question.texts,
              ElementsAre(test.Encode("the rain was here"), test.Encode("the rain is on"),
                          test.Encode("the rain!")));
}

// "th" is " t" "h", "the" is " the": what an ending takes away from the context is scored
// with every ending, or the one that takes would pay for more of the text than the others.
TEST(EncodeQuestion, AMergeMayCrossTheBoundary) {
  const TestModel test;
  const Question question = MakeQuestion("a th", {"e rain", "us"});
  ASSERT_EQ(test.Encode("a th").size(), 4);   // BOS " a" " t" "h"
  ASSERT_EQ(test.Encode("a the").size(), 3);  // BOS " a" " the"
  const EncodedQuestion encoded = Encode(test, question);
  EXPECT_EQ(encoded.shared, 2);
  EXPECT_THAT(encoded.texts, ElementsAre(test.Encode("a the rain"), test.Encode("a thus")));
}

TEST(EncodeQuestion, ABosIsSharedWhereThereIsNoContext) {
  const TestModel test;
  EXPECT_EQ(Encode(test, MakeQuestion("", {"the", "a"})).shared, 1);
}

TEST(EncodeQuestion, KeepsTheEndOfALongContext) {
  const TestModel test;
  const Question question = MakeQuestion("and on and on and on", {" and on and", " he"});
  const EncodedQuestion whole = Encode(test, question);
  const int64_t longest = whole.texts[0].size();
  // The last token is not read: this fits.
  EXPECT_EQ(Encode(test, question, longest - 1).texts, whole.texts);
  const EncodedQuestion cut = Encode(test, question, longest - 4);
  EXPECT_EQ(cut.shared, whole.shared - 3);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(cut.texts[i], std::vector<int>(whole.texts[i].begin() + 3, whole.texts[i].end()));
  }
  // One shared token at least is left, to foretell the first of an ending.
  const int64_t ending = longest - whole.shared;
  EXPECT_EQ(Encode(test, question, ending).shared, 1);
  EXPECT_THAT(EncodeQuestion(question, Encoder(&test.vocabulary), ending - 1),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       absl::StrCat("a.jsonl:7: endings[0]: found ", ending,
                                    " tokens, expected up to ", ending - 1, ", the window")));
}

TEST(ScoreEndings, IsTheOraclesLossOfWhatIsNotShared) {
  const TestModel test;
  ThreadTeam team(1);
  for (const int64_t chunk : {1, 3, 64}) {
    Session session = *Session::Create(*test.model, team, {.capacity = 64, .chunk = chunk});
    for (const Question& question :
         {MakeQuestion("the rain", {" was here", " is on and on", "!"}),
          MakeQuestion("a th", {"e rain", "us"}), MakeQuestion("", {"the", "a"})}) {
      const EncodedQuestion encoded = Encode(test, question);
      const std::vector<double> nats = ScoreEndings(encoded, session);
      ASSERT_EQ(nats.size(), encoded.texts.size());
      for (size_t i = 0; i < nats.size(); ++i) {
        const std::vector<double> losses = test.Losses(encoded.texts[i]);
        double expected = 0;
        for (size_t t = encoded.shared - 1; t < losses.size(); ++t) expected += losses[t];
        EXPECT_NEAR(nats[i], expected, 1e-4) << i;
      }
    }
  }
}

std::vector<Question> SomeQuestions() {
  std::vector<Question> questions;
  for (const char* context : {"the", "she was", "and on", "he", "in the", "an", "to", "ou"}) {
    questions.push_back(MakeQuestion(context, {" rain", " on and on", " x"},
                                     static_cast<int>(questions.size() % 3)));
  }
  questions.push_back(MakeQuestion("a", {"b", "c"}, 1));
  return questions;
}

TEST(AnswerQuestions, CountsWhatIsRight) {
  const TestModel test;
  const std::vector<Question> questions = SomeQuestions();
  ThreadTeam team(1);
  Session session = *Session::Create(*test.model, team, {});
  double right = 0, right_per_byte = 0;
  for (const Question& question : questions) {
    std::vector<double> nats = ScoreEndings(Encode(test, question), session);
    const auto best = [&] { return std::min_element(nats.begin(), nats.end()) - nats.begin(); };
    if (best() == question.task.answer()) ++right;
    for (size_t i = 0; i < nats.size(); ++i) nats[i] /= question.task.endings(i).size();
    if (best() == question.task.answer()) ++right_per_byte;
  }
  ASSERT_NE(right, right_per_byte) << "else this test sees no difference";
  const double n = questions.size();
  ASSERT_OK_AND_ASSIGN(
      const ChoicesReport report,
      AnswerQuestions(questions, test.vocabulary, *test.model, {.window = 64}, GoOn));
  EXPECT_EQ(report.questions(), n);
  const auto expect_share = [&](const Estimate& found, double count) {
    const double p = count / n;
    EXPECT_DOUBLE_EQ(found.value(), p);
    EXPECT_NEAR(found.standard_error(), std::sqrt(p * (1 - p) / (n - 1)), 1e-12);
  };
  expect_share(report.accuracy(), right);
  expect_share(report.accuracy_per_byte(), right_per_byte);
  EXPECT_DOUBLE_EQ(report.chance(), (8.0 / 3 + 1.0 / 2) / 9);
}

TEST(AnswerQuestions, TheSameBitsHoweverTheWorkIsCut) {
  const TestModel test;
  const std::vector<Question> questions = SomeQuestions();
  std::string bits;
  for (const int threads : {1, 2, 3}) {
    for (const int64_t batch : {1, 64}) {
      ASSERT_OK_AND_ASSIGN(
          const ChoicesReport report,
          AnswerQuestions(questions, test.vocabulary, *test.model,
                          {.window = 64, .batch = batch, .threads = threads}, GoOn));
      if (bits.empty()) bits = report.SerializeAsString();
      EXPECT_EQ(report.SerializeAsString(), bits) << threads << " threads, batch " << batch;
    }
  }
}

TEST(AnswerQuestions, AnEndingThatIsTooLongIsNamed) {
  const TestModel test;
  EXPECT_THAT(AnswerQuestions({MakeQuestion("a", {" b", std::string(70, 'x')})},
                              test.vocabulary, *test.model, {.window = 64}, GoOn),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "a.jsonl:7: endings[1]: found 70 tokens, expected up to 64, the "
                       "window"));
}

TEST(AnswerQuestions, CanBeStopped) {
  const TestModel test;
  EXPECT_THAT(AnswerQuestions(SomeQuestions(), test.vocabulary, *test.model, {.window = 64},
                              [](int64_t, int64_t) { return false; }),
              StatusIs(absl::StatusCode::kCancelled, ::testing::_));
}

}  // namespace
}  // namespace llama2
