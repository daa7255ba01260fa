#include "llama/prompt_drafter.h"

#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "llama/draft_length.h"
#include "llama/drafter.h"
#include "llama/test_guesses.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<int> Propose(const std::vector<int>& text, int most) {
  PromptDrafter drafter;
  drafter.Append(text);
  return Guesses(drafter, most, {});
}

TEST(PromptDrafterTest, ProposesWhatFollowedTheLastTokens) {
  EXPECT_THAT(Propose({7, 8, 9, 5, 6, 7, 8}, 2), ElementsAre(9, 5));
  EXPECT_THAT(Propose({7, 8, 9, 5, 6, 7, 8}, 1), ElementsAre(9));
}

TEST(PromptDrafterTest, IsTheSurerTheLongerTheMatch) {
  int last = -1;
  for (const std::vector<int>& text :
       {std::vector<int>{3, 4, 1, 2, 3}, {2, 3, 4, 1, 2, 3}, {1, 2, 3, 4, 1, 2, 3}}) {
    PromptDrafter drafter;
    drafter.Append(text);
    drafter.Begin({});
    const std::optional<Drafter::Guess> guess = drafter.Next();
    ASSERT_TRUE(guess.has_value());
    EXPECT_EQ(guess->token, 4);
    EXPECT_GT(guess->sureness, last);
    EXPECT_LT(guess->sureness, DraftLength::kLevels);
    last = guess->sureness;
  }
}

TEST(PromptDrafterTest, TheLongerMatchCountsMoreThanTheLater) {
  EXPECT_THAT(Propose({1, 2, 3, 4, 9, 3, 5, 1, 2, 3}, 1), ElementsAre(4));
  // Beyond the longest that is looked for, the later one counts.
  EXPECT_THAT(Propose({0, 1, 2, 3, 4, 9, 1, 2, 3, 5, 0, 1, 2, 3}, 1), ElementsAre(5));
}

TEST(PromptDrafterTest, OfEqualMatchesTheLatestCounts) {
  EXPECT_THAT(Propose({1, 2, 5, 1, 2, 6, 1, 2}, 1), ElementsAre(6));
  EXPECT_THAT(Propose({3, 4, 3, 5, 3}, 1), ElementsAre(5));
}

TEST(PromptDrafterTest, GoesOnWithItsOwnProposal) {
  EXPECT_THAT(Propose({4, 4}, 5), ElementsAre(4, 4, 4, 4, 4));
  EXPECT_THAT(Propose({1, 2, 3, 1, 2, 3}, 8), ElementsAre(1, 2, 3, 1, 2, 3, 1, 2));
}

TEST(PromptDrafterTest, HasNoIdeaOfWhatIsNew) {
  EXPECT_THAT(Propose({}, 3), IsEmpty());
  EXPECT_THAT(Propose({1}, 3), IsEmpty());
  EXPECT_THAT(Propose({1, 2, 3}, 3), IsEmpty());
}

TEST(PromptDrafterTest, TheTextGrows) {
  PromptDrafter drafter;
  drafter.Append({1, 2});
  EXPECT_THAT(Guesses(drafter, 1, {}), IsEmpty());
  drafter.Append({3, 1});
  EXPECT_THAT(Guesses(drafter, 9, {}), ElementsAre(2, 3, 1, 2, 3, 1, 2, 3, 1));
  drafter.Append({3});  // not what was proposed
  EXPECT_THAT(Guesses(drafter, 1, {}), ElementsAre(1));
}

}  // namespace
}  // namespace llama2
