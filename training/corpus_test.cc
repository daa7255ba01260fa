#include "training/corpus.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(SplitStoriesTest, EndOfTextSeparatesStories) {
  EXPECT_THAT(SplitStories("One day.\nIt rained.\n<|endoftext|>\nThe end.\n<|endoftext|>\n"),
              ElementsAre("One day.\nIt rained.", "The end."));
  EXPECT_THAT(SplitStories("a<|endoftext|>b<|endoftext|>\r\nc"), ElementsAre("a", "b", "c"));
}

TEST(SplitStoriesTest, BesideEndOfTextBlankLinesBelongToAStory) {
  EXPECT_THAT(SplitStories("One day.\n\nIt rained.\n<|endoftext|>\nThe end.\n"),
              ElementsAre("One day.\n\nIt rained.", "The end."));
}

TEST(SplitStoriesTest, WithoutItBlankLinesSeparateStories) {
  EXPECT_THAT(SplitStories("One day.\nIt rained.\n\nThe end.\n"),
              ElementsAre("One day.\nIt rained.", "The end."));
  EXPECT_THAT(SplitStories("\n\na\r\nb\r\n\r\nc\n \t\n\n\n d"),
              ElementsAre("a\r\nb", "c", "d"));
  EXPECT_THAT(SplitStories("a"), ElementsAre("a"));
}

TEST(SplitStoriesTest, LeavesOutStoriesOfNothing) {
  EXPECT_THAT(SplitStories(""), IsEmpty());
  EXPECT_THAT(SplitStories(" \n\n\t\n"), IsEmpty());
  EXPECT_THAT(SplitStories("<|endoftext|>\n \n<|endoftext|>\na\n<|endoftext|>"),
              ElementsAre("a"));
}

class CorpusTest : public ::testing::Test {
 protected:
  std::string Write(absl::string_view name, absl::string_view text) {
    return folder_.Write(name, text);
  }

  std::string ErrorOf(absl::string_view text) {
    const absl::StatusOr<Corpus> corpus = Corpus::Open({Write("text.txt", text)});
    EXPECT_THAT(corpus, StatusIs(absl::StatusCode::kInvalidArgument,
                                 StartsWith(absl::StrCat(folder_.Path("text.txt"), ":"))));
    return std::string(corpus.status().message());
  }

  TestFolder folder_;
};

TEST_F(CorpusTest, HoldsTheStoriesOfAllFilesEachSplitInItsOwnWay) {
  ASSERT_OK_AND_ASSIGN(
      const Corpus corpus,
      Corpus::Open({Write("a.txt", "a\n\nb\n"), Write("b.txt", "c\n\nd\n<|endoftext|>\né")}));
  EXPECT_THAT(corpus.stories(), ElementsAre("a", "b", "c\n\nd", "é"));
  EXPECT_EQ(corpus.bytes(), 1 + 1 + 4 + 2);
}

TEST_F(CorpusTest, ItsFingerprintIsThatOfTheText) {
  const std::string ab = Write("ab.txt", "ab");
  const std::string a = Write("a.txt", "a");
  const std::string b = Write("b.txt", "b");
  const auto fingerprint = [](std::vector<std::string> paths) {
    const absl::StatusOr<Corpus> corpus = Corpus::Open(paths);
    EXPECT_THAT(corpus, IsOk());
    return corpus.ok() ? corpus->fingerprint() : 0;
  };
  EXPECT_EQ(fingerprint({ab}), fingerprint({Write("other_name.txt", "ab")}));
  EXPECT_NE(fingerprint({ab}), fingerprint({a}));
  EXPECT_NE(fingerprint({ab}), fingerprint({a, b}));
  EXPECT_NE(fingerprint({a, b}), fingerprint({b, a}));
}

TEST_F(CorpusTest, RefusesWhatIsNoText) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("found no text, expected stories"));
  EXPECT_THAT(ErrorOf(" \n<|endoftext|>\n"), HasSubstr("found no text"));
  EXPECT_THAT(ErrorOf(absl::string_view("ab\0c", 4)),
              HasSubstr(":1: byte 2: found 0x00, expected text in UTF-8"));
  EXPECT_THAT(ErrorOf("caf\xE9!"), HasSubstr(":1: byte 3: found 0xE9, expected text in UTF-8"));
  EXPECT_THAT(ErrorOf(absl::string_view("a\0b\xFF", 4)), HasSubstr(":1: byte 1: found 0x00"));
  EXPECT_THAT(ErrorOf(absl::string_view("\x7F"
                                        "ELF\x02\x01\x01\0\0",
                                        9)),
              HasSubstr(":1: byte 7: found 0x00"));
}

TEST_F(CorpusTest, RefusesAStoryWithoutEnd) {
  EXPECT_THAT(Corpus::Open({Write("a.txt", std::string(Corpus::kMaxStoryBytes, 'a'))}), IsOk());
  EXPECT_THAT(ErrorOf(std::string(Corpus::kMaxStoryBytes + 1, 'a')),
              AllOf(HasSubstr("found a story of 16777217 bytes, expected at most 16777216"),
                    HasSubstr("<|endoftext|> or a blank line")));
}

TEST_F(CorpusTest, RefusesFilesThatAreNotThere) {
  EXPECT_THAT(Corpus::Open({}), StatusIs(absl::StatusCode::kInvalidArgument,
                                         "text: found no files, expected at least one"));
  EXPECT_THAT(Corpus::Open({Write("a.txt", "a"), "missing.txt"}),
              StatusIs(absl::StatusCode::kNotFound, StartsWith("missing.txt: ")));
  EXPECT_THAT(Corpus::Open({folder_.path()}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is a directory")));
}

}  // namespace
}  // namespace llama2
