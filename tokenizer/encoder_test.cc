#include "tokenizer/encoder.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "testing/shared_data.h"
#include "tokenizer/decoder.h"
#include "tokenizer/reference_encoder.h"
#include "tokenizer/test_vocabulary.h"
#include "tokenizer/token.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

constexpr int ByteId(int byte) { return 3 + byte; }

// The pieces that `text` is encoded to, joined by '|'.
std::string Split(const Vocabulary& vocabulary, absl::string_view text) {
  std::string split;
  for (const int id : Encoder(&vocabulary).Encode(text)) {
    absl::StrAppend(&split, split.empty() ? "" : "|", vocabulary.piece(id));
  }
  return split;
}

TEST(EncoderTest, EmptyTextHasNoTokensButThoseAskedFor) {
  const Vocabulary vocabulary = TestVocabulary({" "});
  const Encoder encoder(&vocabulary);
  EXPECT_THAT(encoder.Encode(""), ElementsAre());
  EXPECT_THAT(encoder.Encode("", {.add_bos = true}), ElementsAre(kBosId));
  EXPECT_THAT(encoder.Encode("", {.add_bos = true, .add_eos = true}),
              ElementsAre(kBosId, kEosId));
}

TEST(EncoderTest, PutsASpaceInFrontAndBosAndEosAround) {
  const Vocabulary vocabulary = TestVocabulary({" ", "a"});
  EXPECT_THAT(Encoder(&vocabulary).Encode("a", {.add_bos = true, .add_eos = true}),
              ElementsAre(kBosId, kFirstTextId, kFirstTextId + 1, kEosId));
}

TEST(EncoderTest, MergesTheHighestScoreFirst) {
  // Listed from the highest score down.
  const Vocabulary vocabulary = TestVocabulary({" ", "a", "b", "c", "bc", "ab", "abc"});
  EXPECT_EQ(Split(vocabulary, "abc"), " |abc");  // a+bc
  EXPECT_EQ(Split(vocabulary, "abab"), " |ab|ab");
  EXPECT_EQ(Split(TestVocabulary({"a", "b", "c", "bc", "ab"}), "abc"), "a|bc");
  EXPECT_EQ(Split(TestVocabulary({"a", "b", "c", "ab", "bc"}), "abc"), "ab|c");
}

TEST(EncoderTest, OfEqualScoresMergesTheLeftmost) {
  EXPECT_EQ(Split(TestVocabulary({"a", "aa"}), "aaaaa"), "aa|aa|a");
  std::vector<Token> tokens = TestTokens({"a", "b", "ab", "ba"});
  for (Token& token : tokens) token.score = 0;
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, Vocabulary::Create(std::move(tokens)));
  EXPECT_EQ(Split(vocabulary, "aba"), "ab|a");
  EXPECT_EQ(Split(vocabulary, "bab"), "ba|b");
}

TEST(EncoderTest, MergesOnlyScoresAboveMinusTenToTheTenth) {
  for (const auto& [score, split] :
       {std::pair{-1e10f, "a|a"}, std::pair{-9.9999e9f, "aa"}, std::pair{-2e10f, "a|a"}}) {
    std::vector<Token> tokens = TestTokens({"a", "aa"});
    tokens.back().score = score;
    ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, Vocabulary::Create(std::move(tokens)));
    EXPECT_EQ(Split(vocabulary, "aa"), split) << score;
  }
}

TEST(EncoderTest, CharactersOutsideTheVocabularyBecomeBytes) {
  const Vocabulary vocabulary = TestVocabulary({" ", "a", "é"});
  EXPECT_EQ(Split(vocabulary, "aé\u20AC"), " |a|é|<0xE2>|<0x82>|<0xAC>");
  EXPECT_THAT(Encoder(&vocabulary).Encode(absl::string_view("a\0", 2)),
              ElementsAre(kFirstTextId, kFirstTextId + 1, ByteId(0)));
}

// As llama2.c groups bytes: a byte and up to three continuation bytes after it are
// one character, even if the first is ASCII.
TEST(EncoderTest, GroupsInvalidBytesAsLlama2CDoes) {
  const Vocabulary vocabulary = TestVocabulary({" ", "a", "\x80", "\x80\x80\x80\x80"});
  EXPECT_EQ(Split(vocabulary, "a\x80"), " |<0x61>|<0x80>");
  EXPECT_EQ(Split(vocabulary, "\x80"), " |\x80");  // the space in front stays apart
  EXPECT_EQ(Split(vocabulary, "\x80\x80"), " |<0x80>|<0x80>");
  EXPECT_EQ(Split(vocabulary, "\x80\x80\x80\x80\x80"), " |\x80\x80\x80\x80|\x80");
  EXPECT_EQ(Split(vocabulary, "a\x81\x80\x80\x80"), " |<0x61>|<0x81>|<0x80>|<0x80>|\x80");
}

TEST(EncoderTest, BytesTakePartInNoMerge) {
  EXPECT_EQ(Split(TestVocabulary({"a", "ab", "ba", "<0x62>a"}), "aba"), "a|<0x62>|a");
}

TEST(EncoderTest, TextNeverBecomesASpecialToken) {
  // Every way to "<unk>", "\n<s>\n" and "<0x0A>" is open, but for the last step.
  std::vector<Token> tokens = TestTokens({"<",  "u", "n", "k",   ">",    "<u",   "nk", "nk>",
                                          "\n", "s", "/", "\n<", "\n<s", ">\n",  "/s", "\n</s",
                                          "0",  "x", "A", "<0",  "x0",   "<0x0", "A>"});
  tokens[kUnknownId].score = tokens[kBosId].score = tokens[kEosId].score = 100;
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, Vocabulary::Create(std::move(tokens)));
  EXPECT_EQ(Split(vocabulary, "<unk>"), "<u|nk>");
  EXPECT_EQ(Split(vocabulary, "\n<s>\n"), "\n<s|>\n");
  EXPECT_EQ(Split(vocabulary, "\n</s>\n"), "\n</s|>\n");
  EXPECT_EQ(Split(vocabulary, "<0x0A>"), "<0x0|A>");
}

// llama2.c encodes the space in front as id -1 and reads before its arrays.
TEST(EncoderTest, VocabularyWithoutASpaceHasNoneInFront) {
  EXPECT_EQ(Split(TestVocabulary({"a"}), "a a"), "a|<0x20>|a");
}

TEST(EncoderTest, VocabularyWithoutBytesUsesTheUnknownToken) {
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary,
                       Vocabulary::Create({{"<unk>", 0, TokenKind::kUnknown},
                                           {"<s>", 0, TokenKind::kControl},
                                           {"</s>", 0, TokenKind::kControl},
                                           {"a", 0, TokenKind::kNormal}}));
  EXPECT_EQ(Split(vocabulary, "aéa"), "a|<unk>|<unk>|a");
}

// A vocabulary of random strings over `alphabet`, with many equal scores.
Vocabulary RandomVocabulary(const std::vector<std::string>& alphabet, std::mt19937* random) {
  std::vector<Token> tokens = TestTokens({});
  const int count = (*random)() % 40;
  for (int i = 0; i < count; ++i) {
    std::string piece;
    const int length = 1 + (*random)() % 4;
    for (int k = 0; k < length; ++k) piece += alphabet[(*random)() % alphabet.size()];
    constexpr float kScores[] = {-3, -2, -1, -0.0f, 0, 1, 2, -1e9f, -1e10f};
    const float score = kScores[(*random)() % std::size(kScores)];
    tokens.push_back({piece, score, TokenKind::kNormal});
  }
  // Now and then a byte is missing.
  if ((*random)() % 4 == 0) tokens[ByteId('a')] = {"aa", -1, TokenKind::kNormal};
  auto vocabulary = Vocabulary::Create(std::move(tokens));
  EXPECT_TRUE(vocabulary.ok()) << vocabulary.status();
  return *std::move(vocabulary);
}

// Random texts and vocabularies, against the specification.
void CompareWithReference(const std::vector<std::string>& alphabet) {
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    const Vocabulary vocabulary = RandomVocabulary(alphabet, &random);
    const Encoder encoder(&vocabulary);
    for (int k = 0; k < 20; ++k) {
      std::string text;
      const int length = random() % 30;
      for (int c = 0; c < length; ++c) text += alphabet[random() % alphabet.size()];
      ASSERT_EQ(encoder.Encode(text), ReferenceEncode(vocabulary, text)) << text;
    }
  }
}

TEST(EncoderTest, EqualsTheSpecificationOnText) {
  CompareWithReference({"a", "b", " ", "é", "\u20AC", "\U0001F600"});
}

TEST(EncoderTest, EqualsTheSpecificationOnTwoLetters) { CompareWithReference({"a", "b"}); }

TEST(EncoderTest, EqualsTheSpecificationOnInvalidBytes) {
  CompareWithReference(
      {"a", " ", "\x80", "\xBF", "\xC3", "\xE2", "\xF0", "\xFF", "\n", std::string(1, '\0')});
}

std::string Decoded(const Vocabulary& vocabulary, const std::vector<int>& ids) {
  Decoder decoder(&vocabulary);
  std::string text;
  for (const int id : ids) text += decoder.Decode(id);
  return text + decoder.Flush();
}

TEST(EncoderTest, DecodingGivesTheTextBack) {
  const std::vector<std::string> alphabet = {"a", "b", " ", "\n", "é", "\u20AC", "\U0001F600"};
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    std::vector<absl::string_view> pieces(alphabet.begin() + random() % 3, alphabet.end());
    for (const absl::string_view piece : {"ab", "  ", " a", "a b", "\u20ACa", "ba\n"}) {
      if (random() % 2 == 0) pieces.push_back(piece);
    }
    const Vocabulary vocabulary = TestVocabulary(pieces);
    std::string text;
    const int length = random() % 20;
    for (int c = 0; c < length; ++c) text += alphabet[random() % alphabet.size()];
    const std::vector<int> ids = Encoder(&vocabulary).Encode(text, {.add_bos = true});
    ASSERT_EQ(Decoded(vocabulary, ids), text);
  }
}

// With anything quadratic in it, none of these would end within the test's time.
class LongTextTest : public testing::Test {
 protected:
  static constexpr size_t kLength = 1 << 19;
  const Vocabulary vocabulary_ =
      TestVocabulary({" ", "a", "b", "aa", "aaaa", "aaaaaaaa", "ab", "ba", "  ", "    "});
  const Encoder encoder_{&vocabulary_};
};

TEST_F(LongTextTest, OneLetter) {
  const std::vector<int> ids = encoder_.Encode(std::string(kLength, 'a'));
  EXPECT_EQ(ids.size(), 1 + kLength / 8);
}

TEST_F(LongTextTest, Spaces) {
  const std::vector<int> ids = encoder_.Encode(std::string(kLength, ' '));
  EXPECT_EQ(ids.size(), kLength / 4 + 1);
}

TEST_F(LongTextTest, AlternatingLetters) {
  std::string text;
  while (text.size() < kLength) text += "ab";
  EXPECT_EQ(encoder_.Encode(text).size(), 1 + kLength / 2);
}

TEST_F(LongTextTest, Bytes) {
  const std::vector<int> ids = encoder_.Encode(std::string(kLength, '\x80'));
  EXPECT_EQ(ids.size(), 1 + kLength);
}

// The encodings that llama2.c's own test.c expects.
TEST(RealEncoderTest, GivesTheIdsOfLlama2CsTest) {
  const std::optional<std::string> path = SharedDataPath("tokenizer.bin");
  if (!path) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no tokenizer.bin";
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, Vocabulary::Load(*path, 32000));
  const Encoder encoder(&vocabulary);
  const std::vector<std::pair<const char*, std::vector<int>>> cases = {
      {"", {1}},
      {"I believe the meaning of life is", {1, 306, 4658, 278, 6593, 310, 2834, 338}},
      {"Simply put, the theory of relativity states that ",
       {1, 3439, 17632, 1925, 29892, 278, 6368, 310, 14215, 537, 5922, 393, 29871}},
      {"A brief message congratulating the team on the launch:\n\n        Hi everyone,\n\n"
       "        I just ",
       {1,     319, 11473, 2643, 378,  629,   271,   18099, 278, 3815, 373, 278, 6826,
        29901, 13,  13,    4706, 6324, 14332, 29892, 13,    13,  4706, 306, 925, 29871}},
      {"Translate English to French:\n\n        sea otter => loutre de mer\n"
       "        peppermint => menthe poivrée\n        plush girafe => girafe peluche\n"
       "        cheese =>",
       {1,    4103, 9632, 4223, 304,   5176,  29901, 13,   13,   4706, 7205, 4932, 357,
        1149, 301,  449,  276,  316,   2778,  13,    4706, 1236, 407,  837,  524,  1149,
        6042, 354,  772,  440,  29878, 1318,  13,    4706, 715,  1878, 330,  3055, 1725,
        1149, 330,  3055, 1725, 4639,  28754, 13,    4706, 923,  968,  1149}},
  };
  for (const auto& [text, ids] : cases) {
    EXPECT_THAT(encoder.Encode(text, {.add_bos = true}), ElementsAreArray(ids)) << text;
  }
}

// A megabyte of each: the same ids from the .bin and the .model, and the text back.
class RealAgreementTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    bin_path_ = SharedDataPath(absl::StrCat(GetParam(), ".bin"));
    model_path_ = SharedDataPath(absl::StrCat(GetParam(), ".model"));
    if (!bin_path_ || !model_path_) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no " << GetParam();
  }

  void ExpectAgreement(absl::string_view text, bool is_valid_utf8) {
    ASSERT_OK_AND_ASSIGN(const Vocabulary bin, Vocabulary::Load(*bin_path_));
    ASSERT_OK_AND_ASSIGN(const Vocabulary model, Vocabulary::Load(*model_path_));
    const std::vector<int> ids = Encoder(&bin).Encode(text, {.add_bos = true});
    // Not EXPECT_EQ on these: a failure would print a million numbers.
    EXPECT_TRUE(Encoder(&model).Encode(text, {.add_bos = true}) == ids);
    EXPECT_TRUE(Decoded(bin, ids) == Decoded(model, ids));
    if (is_valid_utf8) {
      EXPECT_TRUE(Decoded(bin, ids) == text);
    }
  }

  std::optional<std::string> bin_path_;
  std::optional<std::string> model_path_;
};

TEST_P(RealAgreementTest, OnRandomBytes) {
  std::mt19937 random(1);
  std::string bytes(1 << 20, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  ExpectAgreement(bytes, /*is_valid_utf8=*/false);
}

TEST_P(RealAgreementTest, OnText) {
  const std::optional<std::string> path = SharedDataPath("text/tinystories-val.txt");
  if (!path) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no text";
  std::ifstream file(*path, std::ios::binary);
  ExpectAgreement(std::string(std::istreambuf_iterator<char>(file), {}), true);
}

INSTANTIATE_TEST_SUITE_P(All, RealAgreementTest, testing::Values("tok512", "tokenizer"),
                         [](const auto& param_info) { return std::string(param_info.param); });

}  // namespace
}  // namespace llama2
