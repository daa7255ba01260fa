#include "training/tokenize_corpus.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "testing/tiny_vocabulary.h"
#include "tokenizer/encoder.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

Vocabulary MakeVocabulary(int size) {
  const std::string bytes = TinyTokenizerBin(size);
  absl::StatusOr<Vocabulary> vocabulary = Vocabulary::Parse(
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
      "tiny");
  EXPECT_THAT(vocabulary, IsOk());
  return *std::move(vocabulary);
}

bool GoOn(int64_t, int64_t) { return true; }

class TokenizeCorpusTest : public ::testing::Test {
 protected:
  std::string Text(absl::string_view text) { return folder_.Write("text.txt", text); }

  absl::StatusOr<Shard> Open(absl::string_view text, const Vocabulary& vocabulary) {
    return OpenOrTokenize({Text(text)}, vocabulary, shard_path_, [&](int64_t, int64_t) {
      ++calls_;
      return true;
    });
  }

  TestFolder folder_;
  const std::string shard_path_ = folder_.Path("text.tokens");
  const Vocabulary vocabulary_ = MakeVocabulary(300);
  int calls_ = 0;  // of the progress of Open
};

TEST_F(TokenizeCorpusTest, EveryStoryIsBosAndItsTokens) {
  ASSERT_OK_AND_ASSIGN(const Corpus corpus, Corpus::Open({Text("the cat\n\nthe hat\n")}));
  ASSERT_THAT(TokenizeCorpus(corpus, vocabulary_, shard_path_, GoOn), IsOk());
  ASSERT_OK_AND_ASSIGN(const Shard shard, Shard::Open(shard_path_, vocabulary_));
  const Encoder encoder(&vocabulary_);
  std::vector<int> expected = encoder.Encode("the cat", {.add_bos = true});
  for (const int id : encoder.Encode("the hat", {.add_bos = true})) expected.push_back(id);
  std::vector<int32_t> tokens(shard.size());
  shard.Copy(0, absl::MakeSpan(tokens));
  EXPECT_THAT(tokens, ::testing::ElementsAreArray(expected));
  EXPECT_EQ(shard.stories(), 2);
  EXPECT_EQ(shard.text_fingerprint(), corpus.fingerprint());
}

// The example of docs/formats.md.
TEST_F(TokenizeCorpusTest, WritesTheFileThatIsDescribed) {
  EXPECT_THAT(Open("q", vocabulary_), IsOk());
  constexpr absl::string_view kBytes =
      "73746f6b010000002c010000020000003781adf649d824feef86f58fdc5d9a52"
      "01000301140103000000000000000100000000000000223507c6796537ad";
  EXPECT_EQ(absl::BytesToHexString(folder_.Read("text.tokens")), kBytes);
}

TEST_F(TokenizeCorpusTest, SaysHowFarItIs) {
  ASSERT_OK_AND_ASSIGN(const Corpus corpus, Corpus::Open({Text("12345\n\n12\n\n123\n")}));
  std::vector<std::pair<int64_t, int64_t>> calls;
  ASSERT_THAT(TokenizeCorpus(corpus, vocabulary_, shard_path_,
                             [&](int64_t done, int64_t total) {
                               calls.emplace_back(done, total);
                               return true;
                             }),
              IsOk());
  EXPECT_THAT(calls, ElementsAre(Pair(5, 10), Pair(7, 10), Pair(10, 10)));
}

TEST_F(TokenizeCorpusTest, StopsWhereProgressSaysSo) {
  folder_.Write("text.tokens", "what was there");
  ASSERT_OK_AND_ASSIGN(const Corpus corpus, Corpus::Open({Text("a\n\nb\n\nc")}));
  EXPECT_THAT(TokenizeCorpus(corpus, vocabulary_, shard_path_,
                             [](int64_t done, int64_t) { return done < 2; }),
              StatusIs(absl::StatusCode::kCancelled, HasSubstr("text.tokens: ")));
  EXPECT_EQ(folder_.Read("text.tokens"), "what was there");
  EXPECT_THAT(folder_.Names(), ElementsAre("text.tokens", "text.txt"));
}

TEST_F(TokenizeCorpusTest, TokenizesOnce) {
  EXPECT_THAT(Open("a\n\nb", vocabulary_), IsOk());
  EXPECT_EQ(calls_, 2);
  ASSERT_OK_AND_ASSIGN(const Shard shard, Open("a\n\nb", vocabulary_));
  EXPECT_EQ(calls_, 2) << "the shard was there";
  EXPECT_EQ(shard.stories(), 2);
}

TEST_F(TokenizeCorpusTest, TokenizesAgainWhatHasChanged) {
  EXPECT_THAT(Open("a\n\nb", vocabulary_), IsOk());
  ASSERT_OK_AND_ASSIGN(const Shard shard, Open("a\n\nb\n\nc", vocabulary_));
  EXPECT_EQ(calls_, 2 + 3);
  EXPECT_EQ(shard.stories(), 3);
  EXPECT_THAT(Open("a\n\nb\n\nc", MakeVocabulary(301)), IsOk());
  EXPECT_EQ(calls_, 2 + 3 + 3);
}

TEST_F(TokenizeCorpusTest, TokenizesAgainWhatIsDamaged) {
  EXPECT_THAT(Open("a\n\nb", vocabulary_), IsOk());
  const std::string whole = folder_.Read("text.tokens");
  folder_.Write("text.tokens", whole.substr(0, whole.size() - 5));
  EXPECT_THAT(Open("a\n\nb", vocabulary_), IsOk());
  EXPECT_EQ(calls_, 4);
  EXPECT_EQ(folder_.Read("text.tokens"), whole);
}

TEST_F(TokenizeCorpusTest, LeavesAFileAloneThatIsNoShard) {
  folder_.Write("text.tokens", "The only copy of my novel.");
  EXPECT_THAT(Open("a\n\nb", vocabulary_), StatusIs(absl::StatusCode::kInvalidArgument,
                                                    HasSubstr("this is no file of tokens")));
  EXPECT_EQ(folder_.Read("text.tokens"), "The only copy of my novel.");
}

TEST_F(TokenizeCorpusTest, RefusesTextThatIsNoneAndFoldersThatAreNotThere) {
  EXPECT_THAT(Open("", vocabulary_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("found no text")));
  EXPECT_THAT(OpenOrTokenize({Text("a")}, vocabulary_, folder_.Path("no/a.tokens"), GoOn),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no/a.tokens")));
}

}  // namespace
}  // namespace llama2
