#include "analysis/passage.h"

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "analysis/test_model.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "tokenizer/token.h"

namespace llama2 {
namespace {

TEST(Passage, HasTheBytesOfItsText) {
  const TestModel test;
  for (const absl::string_view text : {"the rain", " two spaces", "a", "", "line\nline",
                                       "euro \xE2\x82\xAC and 0 \xF0\x9F\x98\x80"}) {
    EXPECT_EQ(test.Read(text).bytes, text.size()) << text;
  }
}

TEST(Passage, OnlyTheTokensBehindTheFirstCount) {
  const TestModel test;
  const std::vector<int> tokens = test.Encode("the rain was");  // " the" " r"...
  const Passage rest = MakePassage({tokens.begin() + 1, tokens.end()}, test.vocabulary);
  EXPECT_EQ(rest.bytes, absl::string_view(" rain was").size());
  EXPECT_EQ(MakePassage({1}, test.vocabulary).bytes, 0);
}

TEST(Passage, ABosAndItsSpaceAreNoText) {
  const TestModel test;
  std::vector<int> tokens = test.Encode("the rain");
  for (const int token : test.Encode("she was")) tokens.push_back(token);
  tokens.push_back(Vocabulary::eos_id());
  EXPECT_EQ(MakePassage(tokens, test.vocabulary).bytes,
            absl::string_view("the rain").size() + absl::string_view("she was").size());
}

TEST(Passage, AByteWithoutATokenIsAByte) {
  std::vector<Token> tokens = {{"<unk>", 0, TokenKind::kUnknown},
                               {"<s>", 0, TokenKind::kControl},
                               {"</s>", 0, TokenKind::kControl},
                               {"a", 0, TokenKind::kNormal}};
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, Vocabulary::Create(tokens));
  EXPECT_EQ(MakePassage(Encoder(&vocabulary)
                            .Encode("a\xE2\x82\xAC"
                                    "a",
                                    {.add_bos = true}),
                        vocabulary)
                .bytes,
            5);
}

TEST(StoryPassages, EachStandsBehindABosAndMayBeCut) {
  const TestModel test;
  const std::vector<absl::string_view> stories = {"the rain was here", "a"};
  const std::vector<Passage> whole = StoryPassages(stories, test.vocabulary);
  ASSERT_EQ(whole.size(), 2);
  EXPECT_EQ(whole[0].tokens, test.Encode(stories[0]));
  EXPECT_EQ(whole[0].bytes, stories[0].size());
  EXPECT_EQ(whole[1].tokens, test.Encode(stories[1]));

  const std::vector<Passage> cut = StoryPassages(stories, test.vocabulary, 3);
  ASSERT_EQ(cut.size(), 2);
  EXPECT_THAT(cut[0].tokens, ::testing::ElementsAre(whole[0].tokens[0], whole[0].tokens[1],
                                                    whole[0].tokens[2]));
  EXPECT_LT(cut[0].bytes, whole[0].bytes);
  EXPECT_EQ(cut[1].tokens, whole[1].tokens);
}

}  // namespace
}  // namespace llama2
