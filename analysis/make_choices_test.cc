#include "analysis/make_choices.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<ChoiceTask> Make(const std::vector<std::string>& stories,
                             const MakeChoicesOptions& options) {
  const auto tasks =
      MakeChoices(std::vector<absl::string_view>(stories.begin(), stories.end()), options);
  EXPECT_THAT(tasks, IsOk());
  return tasks.ok() ? *tasks : std::vector<ChoiceTask>();
}

// Stories whose ending, the fourth sentence, has between 21 and 60 letters.
std::vector<std::string> Stories(int count) {
  std::vector<std::string> stories;
  for (int i = 0; i < count; ++i) {
    stories.push_back(absl::StrCat("Once there was dog ", 100 + i, ". He was a happy dog, and ",
                                   "a long one. One day he met a cat, and it was a big cat. ",
                                   "Here he is: ", 100 + i, " ", std::string(i % 40, 'x'),
                                   "? That is all of it."));
  }
  return stories;
}

TEST(MakeChoices, AStoryIsCutBehindASentence) {
  const std::vector<std::string> stories = {
      "A b c. He said: \"One day, 3.14 is it!\"\nNext is this. And more.",
      "A b c d e f g. Two is it. Three is it. Four is it. Five.",
  };
  const std::vector<ChoiceTask> tasks = Make(stories, {.count = 2, .endings = 2});
  ASSERT_THAT(tasks, SizeIs(2));
  for (const ChoiceTask& task : tasks) {
    const std::string& right = task.endings(task.answer());
    const std::string& wrong = task.endings(1 - task.answer());
    if (task.context()[4] == 'c' && task.context()[5] == '.') {
      EXPECT_EQ(task.context(), "A b c. He said: \"One day, 3.14 is it!\"");
      EXPECT_EQ(right, "\nNext is this.");
      EXPECT_EQ(wrong, "\nFour is it.") << "behind the white space of the right one";
    } else {
      EXPECT_EQ(task.context(), "A b c d e f g. Two is it. Three is it.");
      EXPECT_EQ(right, " Four is it.");
      EXPECT_EQ(wrong, " Next is this.");
    }
  }
}

TEST(MakeChoices, EachStoryIsAskedOnceAndEachEndingIsAnother) {
  const std::vector<std::string> stories = Stories(60);
  const std::vector<ChoiceTask> tasks = Make(stories, {.count = 60, .endings = 4});
  ASSERT_THAT(tasks, SizeIs(60));
  std::set<std::string> contexts;
  std::vector<int> answers(4);
  for (const ChoiceTask& task : tasks) {
    contexts.insert(task.context());
    const std::set<std::string> endings(task.endings().begin(), task.endings().end());
    EXPECT_THAT(endings, SizeIs(4));
    ++answers[task.answer()];
    // The number of the dog in the context is in the right ending and in no other.
    const std::string dog = task.context().substr(19, 3);
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(task.endings(i).find(dog) != std::string::npos, i == task.answer());
      // 12 candidates, at least one of each length and one in two of them twice.
      EXPECT_NEAR(task.endings(i).size(), task.endings(task.answer()).size(), 12);
    }
  }
  EXPECT_THAT(contexts, SizeIs(60));
  EXPECT_THAT(answers, Each(::testing::AllOf(::testing::Gt(6), ::testing::Lt(25))));
}

TEST(MakeChoices, IsAFunctionOfTheSeed) {
  const std::vector<std::string> stories = Stories(50);
  const auto text = [&](uint64_t seed) {
    std::string all;
    for (const ChoiceTask& task : Make(stories, {.count = 20, .seed = seed})) {
      all += task.SerializeAsString();
    }
    return all;
  };
  EXPECT_EQ(text(1), text(1));
  EXPECT_NE(text(1), text(2));
}

TEST(MakeChoices, TooFewStoriesAreRefused) {
  std::vector<std::string> stories = Stories(5);
  stories.push_back("One sentence only.");
  stories.push_back("No sentence at all");
  const std::vector<absl::string_view> views(stories.begin(), stories.end());
  EXPECT_THAT(MakeChoices(views, {.count = 6}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "count: found 6, expected up to 5, the stories with a sentence to "
                       "guess"));
  EXPECT_THAT(MakeChoices(views, {.count = 5, .endings = 5}), IsOk());
  EXPECT_THAT(MakeChoices(views, {.count = 5, .endings = 6}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("endings: found 6, expected up to 5")));
  EXPECT_THAT(MakeChoices({}, {.count = 1}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected up to 0")));
}

}  // namespace
}  // namespace llama2
