#include "analysis/text_statistics.h"

#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(WordsTest, AreRunsOfLettersInSmallLetters) {
  EXPECT_THAT(
      Words("Once upon a time,\nLily said: \"I don't know 12!\""),
      ElementsAre("once", "upon", "a", "time", "lily", "said", "i", "don't", "know", "12"));
  EXPECT_THAT(Words(" \t\n.,!\"-"), IsEmpty());
  EXPECT_THAT(Words(""), IsEmpty());
}

TEST(WordsTest, KeepOtherCharactersWholeAndAnyBytes) {
  EXPECT_THAT(Words("Caf\xC3\xA9 \xF0\x9F\x98\x80\xFF x"),
              ElementsAre("caf\xC3\xA9", "\xF0\x9F\x98\x80\xFF", "x"));
}

TEST(DistinctShareTest, CountsDifferentNGrams) {
  const std::vector<std::string> words = {"a", "b", "a", "b", "a", "c"};
  EXPECT_THAT(DistinctShare(words, 1), Optional(DoubleEq(3.0 / 6)));
  EXPECT_THAT(DistinctShare(words, 2), Optional(DoubleEq(3.0 / 5)));  // ab ba ac
  EXPECT_THAT(DistinctShare(words, 3), Optional(DoubleEq(3.0 / 4)));  // aba bab bac
  EXPECT_THAT(DistinctShare(words, 6), Optional(DoubleEq(1)));
}

TEST(DistinctShareTest, HasNothingToSayOfATextThatIsTooShort) {
  EXPECT_EQ(DistinctShare({}, 1), std::nullopt);
  EXPECT_THAT(DistinctShare({"a"}, 1), Optional(DoubleEq(1)));
  EXPECT_EQ(DistinctShare({"a"}, 2), std::nullopt);
}

TEST(DistinctShareTest, WordsThatTogetherSpellTheSameAreNotTheSame) {
  EXPECT_THAT(DistinctShare({"ab", "c", "a", "bc"}, 2), Optional(DoubleEq(1)));
}

TEST(MeasureTextTest, SaysWhatTheHeaderSays) {
  const TextStatistics statistics = MeasureText("The cat saw the cat. The cat ran.");
  EXPECT_EQ(statistics.words, 8);
  EXPECT_THAT(statistics.distinct_1, Optional(DoubleEq(4.0 / 8)));
  EXPECT_THAT(statistics.distinct_2, Optional(DoubleEq(5.0 / 7)));
  EXPECT_THAT(statistics.distinct_3, Optional(DoubleEq(6.0 / 6)));
  EXPECT_THAT(statistics.repetition, Optional(DoubleEq(0)));
}

TEST(MeasureTextTest, ATextThatGoesInCirclesIsRepetition) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "They did not know. ";
  // 400 words, 397 runs of four, of which 4 are different.
  EXPECT_THAT(MeasureText(text).repetition, Optional(DoubleEq(1 - 4.0 / 397)));
}

TEST(MeasureTextTest, OfFewWordsThereIsLittleToSay) {
  EXPECT_EQ(MeasureText("").words, 0);
  EXPECT_EQ(MeasureText("").distinct_1, std::nullopt);
  EXPECT_EQ(MeasureText("one two three").repetition, std::nullopt);
  EXPECT_THAT(MeasureText("one two three four").repetition, Optional(DoubleEq(0)));
}

}  // namespace
}  // namespace llama2
