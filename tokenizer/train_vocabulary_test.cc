#include "tokenizer/train_vocabulary.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/mapped_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "testing/shared_data.h"
#include "tokenizer/encoder.h"
#include "tokenizer/sentencepiece_encoder.h"
#include "tokenizer/sentencepiece_model.h"
#include "tokenizer/token.h"
#include "tokenizer/tokenizer_bin.h"

namespace llama2 {
namespace {

using ::testing::Eq;
using ::testing::HasSubstr;
using enum TokenKind;

constexpr int kBytesEnd = 259;  // after <unk>, BOS, EOS and the bytes

const std::vector<absl::string_view>& Stories() {
  static const auto* const stories = new std::vector<absl::string_view>{
      "Once upon a time there was a little dragon. The dragon had a red kite.\n"
      "\"Look, my kite can fly!\" said the dragon. The wind was strong, and the kite flew up.",
      "Once upon a time there was a girl named Mia. Mia had 12 toys and 3 books.\n"
      "She said, \"The toys are mine, and the books are mine.\" Then she gave one to the boy.",
      "The little boy and the little girl saw a dragon. They were not afraid of the dragon.\n"
      "They said, \"Can we play with the kite?\" The dragon was happy. They played all day."};
  return *stories;
}

// Nothing of it is in the stories, and it has what a tokenizer stumbles over.
constexpr absl::string_view kHeldOut[] = {
    "",
    " ",
    "   two  spaces,   three, and one at the end ",
    "\n\nThe dragon.\n\n\"The kite!\"\n",
    "Then the dragons found 2026 little kites, 1234567890 of them.",
    "na\xC3\xAFve caf\xC3\xA9 \xE6\xBC\xA2\xE5\xAD\x97 \xF0\x9F\x90\x89\xF0\x9F\xAA\x81",
    "tabs\tand\r\nother\x01things",
    "<s> </s> <unk> <0x0A>",
    "thethethethethedragondragondragonaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
};

std::string ModelOf(const Vocabulary& vocabulary) {
  const absl::StatusOr<std::string> model = SerializeSentencePieceModel(vocabulary.tokens());
  EXPECT_THAT(model, IsOk());
  return model.ok() ? *model : "";
}

void ExpectSentencePieceAgrees(const Vocabulary& vocabulary,
                               absl::Span<const absl::string_view> texts) {
  const Encoder encoder(&vocabulary);
  const SentencePieceEncoder sentencepiece(ModelOf(vocabulary));
  for (absl::string_view text : texts) {
    EXPECT_EQ(encoder.Encode(text),
              sentencepiece.Encode(std::string_view(text.data(), text.size())))
        << text;
  }
}

// Of a file of stories.
std::vector<absl::string_view> StoriesOf(const MappedFile& file) {
  return absl::StrSplit(absl::string_view(reinterpret_cast<const char*>(file.bytes().data()),
                                          file.bytes().size()),
                        "\n<|endoftext|>\n", absl::SkipWhitespace());
}

TEST(TrainVocabularyTest, IsLaidOutAsLlamas) {
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, TrainVocabulary(Stories(), 320));
  ASSERT_EQ(vocabulary.size(), 320);
  EXPECT_THAT(vocabulary.tokens()[0], Eq(Token{"<unk>", 0, kUnknown}));
  EXPECT_THAT(vocabulary.tokens()[1], Eq(Token{"\n<s>\n", 0, kControl}));
  EXPECT_THAT(vocabulary.tokens()[2], Eq(Token{"\n</s>\n", 0, kControl}));
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_THAT(vocabulary.tokens()[3 + byte],
                Eq(Token{PieceOfByte(static_cast<uint8_t>(byte)), 0, kByte}));
  }
  for (int id = kBytesEnd; id < vocabulary.size(); ++id) {
    EXPECT_EQ(vocabulary.kind(id), kNormal);
    EXPECT_EQ(vocabulary.score(id), -(id - kBytesEnd)) << "what merges first is first";
  }
}

TEST(TrainVocabularyTest, LearnsTheTextsFrequentPieces) {
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, TrainVocabulary(Stories(), 380));
  for (const char* piece : {" the", " dragon", "\n", " kite", ".\n", "The", ",", "e"}) {
    EXPECT_TRUE(vocabulary.Find(piece).has_value()) << piece;
  }
  EXPECT_FALSE(vocabulary.Find("12").has_value()) << "digits stay apart";
  EXPECT_FALSE(vocabulary.Find("\nT").has_value()) << "so do letters and other characters";
}

TEST(TrainVocabularyTest, IsTheSameEveryTime) {
  ASSERT_OK_AND_ASSIGN(const Vocabulary first, TrainVocabulary(Stories(), 340));
  ASSERT_OK_AND_ASSIGN(const Vocabulary second, TrainVocabulary(Stories(), 340));
  EXPECT_EQ(SerializeTokenizerBin(first.tokens()), SerializeTokenizerBin(second.tokens()));
}

TEST(TrainVocabularyTest, SentencePieceEncodesHeldOutTextAlike) {
  for (const int size : {310, 350, 400}) {
    ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, TrainVocabulary(Stories(), size));
    ExpectSentencePieceAgrees(vocabulary, kHeldOut);
    ExpectSentencePieceAgrees(vocabulary, Stories());
  }
}

TEST(TrainVocabularyTest, SentencePieceEncodesTinyStoriesAlike) {
  const auto training_path = SharedDataPath("text/train/tinystories-v1-train-b.txt");
  const auto held_out_path = SharedDataPath("text/tinystories-val.txt");
  if (!training_path || !held_out_path) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no text";
  ASSERT_OK_AND_ASSIGN(const MappedFile training, MappedFile::Open(*training_path));
  ASSERT_OK_AND_ASSIGN(const MappedFile held_out, MappedFile::Open(*held_out_path));
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, TrainVocabulary(StoriesOf(training), 1024));
  ExpectSentencePieceAgrees(vocabulary, StoriesOf(held_out));
}

TEST(TrainVocabularyTest, AReservedCharacterDoesNotCostTheWholeText) {
  // U+2585, for which SentencePiece drops a text.
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary,
                       TrainVocabulary({"dragon\xE2\x96\x85 dragon"}, 268));
  EXPECT_TRUE(vocabulary.Find("g").has_value());
  EXPECT_FALSE(vocabulary.Find("\xE2\x96\x85").has_value());
}

TEST(TrainVocabularyTest, ATextLongerThanSentencePiecesUsualLimitIsNotDropped) {
  std::string text;
  while (text.size() < 100000) absl::StrAppend(&text, "dragon ");
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, TrainVocabulary({text}, 267));
  EXPECT_TRUE(vocabulary.Find("dragon").has_value() || vocabulary.Find("g").has_value());
}

TEST(TrainVocabularyTest, RefusesASizeThatTheTextDoesNotSupport) {
  // 13 characters, and the space.
  const std::vector<absl::string_view> texts = {"the cat sat on the mat",
                                                "the dog sat on the log"};
  EXPECT_THAT(TrainVocabulary(texts, 302), IsOk());
  EXPECT_THAT(TrainVocabulary(texts, 303),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "vocab_size: found 303, expected at most 302: this text has no more "
                       "pairs to merge"));
  EXPECT_THAT(TrainVocabulary(texts, 2000000000),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("at most 302")));
  EXPECT_THAT(TrainVocabulary(texts, 272), IsOk());
  EXPECT_THAT(TrainVocabulary(texts, 271),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "vocab_size: found 271, expected at least 272: 259 special tokens and "
                       "bytes, and the text's 13 different characters"));
  for (const int size : {-1, 0, 1, 3, 258, 259}) {
    EXPECT_THAT(TrainVocabulary(texts, size),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("at least 272")));
  }
}

TEST(TrainVocabularyTest, TheLeastSizeThatItNamesIsEnough) {
  for (const absl::string_view text : {"a\tb", "\xE2\x96\x81 a", "\xE2\x96\x85",
                                       "\xE6\xBC\xA2\xE5\xAD\x97 \xF0\x9F\x90\x89"}) {
    int least = 259;
    while (!TrainVocabulary({text}, least).ok()) ASSERT_LT(++least, 300);
    EXPECT_THAT(TrainVocabulary({text}, least - 1),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr(absl::StrCat("expected at least ", least, ": "))))
        << text;
  }
}

TEST(TrainVocabularyTest, RefusesToLearnFromNothing) {
  EXPECT_THAT(TrainVocabulary({}, 300),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "text: found none, expected some to learn from"));
  EXPECT_THAT(TrainVocabulary({"", ""}, 300),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("text: found none")));
}

}  // namespace
}  // namespace llama2
