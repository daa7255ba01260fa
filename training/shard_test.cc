#include "training/shard.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "testing/tiny_vocabulary.h"
#include "tokenizer/vocabulary.h"
#include "training/fingerprint.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kVocabSize = 300;
constexpr int kTokensAt = 32;  // behind the header
constexpr int kTrailerBytes = 24;

Vocabulary MakeVocabulary(int size) {
  const std::string bytes = TinyTokenizerBin(size);
  absl::StatusOr<Vocabulary> vocabulary = Vocabulary::Parse(
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
      "tiny");
  EXPECT_THAT(vocabulary, IsOk());
  return *std::move(vocabulary);
}

class ShardTest : public ::testing::Test {
 protected:
  // Seven tokens of two stories.
  ShardTest() { WriteShard(vocabulary_, {{1, 259, 299, 0}, {1, 2, 261}}); }

  void WriteShard(const Vocabulary& vocabulary, const std::vector<std::vector<int>>& stories) {
    ASSERT_OK_AND_ASSIGN(ShardWriter writer, ShardWriter::Create(path(), vocabulary, 77));
    for (const std::vector<int>& story : stories) {
      ASSERT_THAT(writer.Append(story), IsOk());
    }
    ASSERT_THAT(writer.Commit(), IsOk());
  }

  std::string path() const { return folder_.Path("a.tokens"); }
  std::string Bytes() const { return folder_.Read("a.tokens"); }
  absl::StatusOr<Shard> OpenBytes(absl::string_view bytes) {
    return Shard::Open(folder_.Write("b.tokens", bytes), vocabulary_);
  }

  // `bytes` with a number put at `at`, and with the checksum that they then have.
  template <typename T>
  static std::string Forge(std::string bytes, size_t at, T value) {
    std::memcpy(bytes.data() + at, &value, sizeof(value));
    const size_t checksum_at = bytes.size() - sizeof(uint64_t);
    const uint64_t checksum = FingerprintOf(absl::string_view(bytes).substr(0, checksum_at));
    std::memcpy(bytes.data() + checksum_at, &checksum, sizeof(checksum));
    return bytes;
  }

  static std::vector<int32_t> TokensOf(const Shard& shard) {
    std::vector<int32_t> tokens(shard.size());
    shard.Copy(0, absl::MakeSpan(tokens));
    return tokens;
  }

  TestFolder folder_;
  Vocabulary vocabulary_ = MakeVocabulary(kVocabSize);
};

TEST_F(ShardTest, HoldsWhatWasWritten) {
  ASSERT_OK_AND_ASSIGN(const Shard shard, Shard::Open(path(), vocabulary_));
  EXPECT_EQ(shard.size(), 7);
  EXPECT_EQ(shard.stories(), 2);
  EXPECT_EQ(shard.text_fingerprint(), 77);
  EXPECT_THAT(TokensOf(shard), ElementsAre(1, 259, 299, 0, 1, 2, 261));
  EXPECT_EQ(shard.token(2), 299);
  std::vector<int32_t> three(3);
  shard.Copy(4, absl::MakeSpan(three));
  EXPECT_THAT(three, ElementsAre(1, 2, 261));
}

TEST_F(ShardTest, ATokenTakesTwoBytesWhereTheyAreEnough) {
  EXPECT_EQ(Bytes().size(), kTokensAt + 7 * 2 + kTrailerBytes);
}

// llama2.c's shards overflowed at 65536.
TEST_F(ShardTest, ATokenOfALargeVocabularyTakesFour) {
  for (const int size : {65536, 65537, 70000}) {
    const Vocabulary vocabulary = MakeVocabulary(size);
    WriteShard(vocabulary, {{1, size - 1, 65535}});
    ASSERT_OK_AND_ASSIGN(const Shard shard, Shard::Open(path(), vocabulary));
    EXPECT_THAT(TokensOf(shard), ElementsAre(1, size - 1, 65535));
    EXPECT_EQ(Bytes().size(), kTokensAt + 3 * (size == 65536 ? 2 : 4) + kTrailerBytes);
  }
}

TEST_F(ShardTest, NothingIsThereBeforeCommit) {
  ASSERT_OK_AND_ASSIGN(ShardWriter writer,
                       ShardWriter::Create(folder_.Path("c.tokens"), vocabulary_, 0));
  ASSERT_THAT(writer.Append({1, 2}), IsOk());
  EXPECT_THAT(Shard::Open(folder_.Path("c.tokens"), vocabulary_),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("c.tokens")));
}

TEST_F(ShardTest, RefusesTheTokensOfAnotherVocabulary) {
  EXPECT_THAT(Shard::Open(path(), MakeVocabulary(kVocabSize + 1)),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(StartsWith(absl::StrCat(path(), ": vocabulary: found one of 300")),
                             HasSubstr("expected that of 301 tokens"))));
  // Of the same size, another text: the last bytes.
  std::string other = TinyTokenizerBin(kVocabSize);
  other.back() = 'X';
  ASSERT_OK_AND_ASSIGN(
      const Vocabulary vocabulary,
      Vocabulary::Parse(
          absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(other.data()), other.size()),
          "other"));
  EXPECT_THAT(Shard::Open(path(), vocabulary),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("vocabulary: found")));
}

TEST_F(ShardTest, RefusesAFileThatIsNoShard) {
  EXPECT_THAT(OpenBytes(""), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("magic")));
  EXPECT_THAT(OpenBytes("Once upon a time there was a text that is long enough for all."),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("magic: found 0x65636e4f, expected 0x6b6f7473")));
  EXPECT_THAT(
      OpenBytes(Forge(Bytes(), 4, uint32_t{2})),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("version: found 2, expected 1")));
}

TEST_F(ShardTest, RefusesEveryTruncation) {
  const std::string bytes = Bytes();
  for (size_t size = 8; size < bytes.size(); ++size) {
    EXPECT_THAT(OpenBytes(absl::string_view(bytes).substr(0, size)),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("b.tokens: ")))
        << size;
  }
  EXPECT_THAT(OpenBytes(bytes + "x"),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("is it truncated?")));
}

TEST_F(ShardTest, RefusesEveryChangedByte) {
  for (size_t i = 8; i < Bytes().size(); ++i) {
    std::string bytes = Bytes();
    bytes[i] ^= 0x10;
    EXPECT_THAT(OpenBytes(bytes), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("found")))
        << i;
  }
}

TEST_F(ShardTest, RefusesWhatARightChecksumDoesNotMakeRight) {
  const std::string bytes = Bytes();
  const size_t trailer = bytes.size() - kTrailerBytes;
  EXPECT_THAT(OpenBytes(bytes), IsOk());
  EXPECT_THAT(OpenBytes(Forge(bytes, kTokensAt + 4, uint16_t{300})),
              StatusIs(absl::StatusCode::kDataLoss,
                       HasSubstr("token 2: found 300, expected an id below 300")));
  EXPECT_THAT(OpenBytes(Forge(bytes, kTokensAt, uint16_t{5})),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("found no BOS")));
  EXPECT_THAT(OpenBytes(Forge(bytes, trailer + 8, uint64_t{3})),
              StatusIs(absl::StatusCode::kDataLoss,
                       HasSubstr("stories: found 3, expected the 2 that it has")));
  for (const uint64_t tokens : {uint64_t{6}, uint64_t{1} << 63, (uint64_t{1} << 63) + 7}) {
    EXPECT_THAT(OpenBytes(Forge(bytes, trailer, tokens)),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("expected the 7 that it has")));
  }
  for (const uint32_t width : {0u, 1u, 3u, 8u, 0xFFFFFFFFu}) {
    EXPECT_THAT(OpenBytes(Forge(bytes, 12, width)),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("expected 2 or 4")));
  }
  EXPECT_THAT(OpenBytes(Forge(bytes, 8, uint32_t{0xFFFFFFFF})),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("vocabulary")));
  // No tokens at all.
  const std::string empty = bytes.substr(0, kTokensAt) + std::string(kTrailerBytes, '\0');
  EXPECT_THAT(OpenBytes(Forge(empty, kTokensAt, uint64_t{0})),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("found no BOS")));
}

TEST_F(ShardTest, RefusesANegativeToken) {
  const Vocabulary vocabulary = MakeVocabulary(65537);
  WriteShard(vocabulary, {{1, 7}});
  const std::string path =
      folder_.Write("b.tokens", Forge(Bytes(), kTokensAt + 4, uint32_t{0xFFFFFFFF}));
  EXPECT_THAT(Shard::Open(path, vocabulary),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("token 1: found 4294967295")));
}

}  // namespace
}  // namespace llama2
