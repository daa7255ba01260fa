#include "tokenizer/decoder.h"

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tokenizer/test_vocabulary.h"
#include "tokenizer/token.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;

constexpr int kSpace = kFirstTextId;
constexpr int kSpaceA = kFirstTextId + 1;
constexpr int kA = kFirstTextId + 2;
constexpr int kTwoSpaces = kFirstTextId + 3;
constexpr int kHalfEuro = kFirstTextId + 4;

Vocabulary MakeVocabulary() { return TestVocabulary({" ", " a", "a", "  ", "x\xE2\x82"}); }

constexpr int ByteId(int byte) { return 3 + byte; }

// What each token gives, and Flush at the end.
std::vector<std::string> Pieces(absl::Span<const int> ids) {
  const Vocabulary vocabulary = MakeVocabulary();
  Decoder decoder(&vocabulary);
  std::vector<std::string> pieces;
  for (const int id : ids) pieces.push_back(decoder.Decode(id));
  pieces.push_back(decoder.Flush());
  return pieces;
}

TEST(DecoderTest, DropsOneSpaceRightAfterBos) {
  EXPECT_THAT(Pieces({kBosId, kSpaceA, kSpaceA}), ElementsAre("", "a", " a", ""));
  EXPECT_THAT(Pieces({kBosId, kTwoSpaces}), ElementsAre("", " ", ""));
  EXPECT_THAT(Pieces({kBosId, kSpace, kSpace}), ElementsAre("", "", " ", ""));
  EXPECT_THAT(Pieces({kSpaceA}), ElementsAre(" a", ""));
  EXPECT_THAT(Pieces({kEosId, kSpaceA}), ElementsAre("", " a", ""));
  EXPECT_THAT(Pieces({kBosId, kA, kSpaceA}), ElementsAre("", "a", " a", ""));
  // The encoder's space is never a byte token; a space byte is the text's own.
  EXPECT_THAT(Pieces({kBosId, ByteId(' ')}), ElementsAre("", " ", ""));
}

// The encoder has none to put in front: the space is the text's own.
TEST(DecoderTest, DropsNoSpaceWhereTheVocabularyHasNone) {
  const Vocabulary vocabulary = TestVocabulary({" a"});
  Decoder decoder(&vocabulary);
  EXPECT_EQ(decoder.Decode(kBosId), "");
  EXPECT_EQ(decoder.Decode(kFirstTextId), " a");
}

TEST(DecoderTest, BytesAreRaw) {
  EXPECT_THAT(Pieces({ByteId('A'), ByteId('\n'), ByteId(0x1B), ByteId(0)}),
              ElementsAre("A", "\n", "\x1B", std::string(1, '\0'), ""));
}

// llama2.c prints nothing here: no single byte of a smiley is printable.
TEST(DecoderTest, BytesOfACharacterAppearWhenItIsWhole) {
  EXPECT_THAT(Pieces({ByteId(0xF0), ByteId(0x9F), ByteId(0x98), ByteId(0x80), kA}),
              ElementsAre("", "", "", "\U0001F600", "a", ""));
}

TEST(DecoderTest, BytesThatCannotBecomeACharacterAreReplaced) {
  EXPECT_THAT(Pieces({ByteId(0xFF), kA}), ElementsAre("\uFFFD", "a", ""));
  EXPECT_THAT(Pieces({ByteId(0xE2), kA}), ElementsAre("",
                                                      "\uFFFD"
                                                      "a",
                                                      ""));
  EXPECT_THAT(Pieces({ByteId(0xE2), kEosId}), ElementsAre("", "\uFFFD", ""));
  EXPECT_THAT(Pieces({ByteId(0xE2), ByteId(0x82)}), ElementsAre("", "", "\uFFFD"));
}

TEST(DecoderTest, PiecesMayHoldPartsOfCharacters) {
  EXPECT_THAT(Pieces({kHalfEuro, ByteId(0xAC)}), ElementsAre("x", "\u20AC", ""));
  EXPECT_THAT(Pieces({kHalfEuro, kA}), ElementsAre("x",
                                                   "\uFFFD"
                                                   "a",
                                                   ""));
}

TEST(DecoderTest, ControlTokensAreNoTextAndTheUnknownTokenIs) {
  EXPECT_THAT(Pieces({kBosId, kEosId, kUnknownId}), ElementsAre("", "", "<unk>", ""));
}

TEST(DecoderTest, FlushBeginsAnew) {
  const Vocabulary vocabulary = MakeVocabulary();
  Decoder decoder(&vocabulary);
  decoder.Decode(ByteId(0xE2));
  decoder.Decode(kBosId);
  EXPECT_EQ(decoder.Flush(), "");
  EXPECT_EQ(decoder.Decode(kSpaceA), " a");
}

TEST(DecoderDeathTest, IdsAreChecked) {
  const Vocabulary vocabulary = MakeVocabulary();
  Decoder decoder(&vocabulary);
  EXPECT_DEATH(decoder.Decode(vocabulary.size()), "check failed");
  EXPECT_DEATH(decoder.Decode(-1), "check failed");
}

}  // namespace
}  // namespace llama2
