#include "tokenizer/vocabulary.h"

#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/mapped_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "testing/shared_data.h"
#include "tokenizer/test_vocabulary.h"
#include "tokenizer/token.h"
#include "tokenizer/tokenizer_bin.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

auto Refused(const testing::Matcher<std::string>& message) {
  return StatusIs(absl::StatusCode::kInvalidArgument, message);
}

absl::Span<const uint8_t> Bytes(absl::string_view bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

TEST(VocabularyTest, TellsWhatItsTokensAre) {
  const Vocabulary vocabulary = TestVocabulary({" ", "a", "ab"});
  EXPECT_EQ(vocabulary.size(), kFirstTextId + 3);
  EXPECT_EQ(vocabulary.piece(kFirstTextId + 2), "ab");
  EXPECT_EQ(vocabulary.score(kFirstTextId + 2), -2);
  EXPECT_EQ(vocabulary.kind(vocabulary.unknown_id()), TokenKind::kUnknown);
  EXPECT_EQ(vocabulary.kind(vocabulary.bos_id()), TokenKind::kControl);
  EXPECT_EQ(vocabulary.kind(vocabulary.eos_id()), TokenKind::kControl);
  EXPECT_EQ(vocabulary.kind(kFirstTextId), TokenKind::kNormal);
  EXPECT_EQ(vocabulary.longest_text(), 2);
}

TEST(VocabularyTest, FindsTextAndNothingElse) {
  const Vocabulary vocabulary = TestVocabulary({" ", "a", "ab"});
  EXPECT_EQ(vocabulary.Find("ab"), kFirstTextId + 2);
  for (const char* text : {"", "b", "abc", "<unk>", "\n<s>\n", "\n</s>\n", "<0x41>"}) {
    EXPECT_EQ(vocabulary.Find(text), std::nullopt) << text;
  }
}

TEST(VocabularyTest, FindsBytes) {
  const Vocabulary vocabulary = TestVocabulary({});
  for (int byte = 0; byte < 256; ++byte) EXPECT_EQ(vocabulary.byte_id(byte), 3 + byte);
}

TEST(VocabularyTest, MissingBytesAreUnknown) {
  std::vector<Token> tokens = TestTokens({"a"});
  tokens[3 + 'x'] = {"some text", 0, TokenKind::kNormal};
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, Vocabulary::Create(std::move(tokens)));
  EXPECT_EQ(vocabulary.byte_id('x'), vocabulary.unknown_id());
  EXPECT_EQ(vocabulary.byte_id('y'), 3 + 'y');
}

TEST(VocabularyTest, BytesAreFoundWhereverTheyStand) {
  std::vector<Token> tokens = TestTokens({"<pad>"});
  std::swap(tokens[3], tokens[kFirstTextId]);
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, Vocabulary::Create(std::move(tokens)));
  EXPECT_EQ(vocabulary.byte_id(0), kFirstTextId);
}

TEST(VocabularyTest, OfDuplicatesTheLowestIdIsFound) {
  std::vector<Token> tokens = TestTokens({"a", "b", "a"});
  tokens.push_back({PieceOfByte(7), 0, TokenKind::kByte});
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, Vocabulary::Create(std::move(tokens)));
  EXPECT_EQ(vocabulary.Find("a"), kFirstTextId);
  EXPECT_EQ(vocabulary.byte_id(7), 3 + 7);
}

TEST(VocabularyTest, FindsAfterBeingMoved) {
  Vocabulary first = TestVocabulary({"a", "bc"});
  const Vocabulary second = std::move(first);
  EXPECT_EQ(second.Find("bc"), kFirstTextId + 1);
}

TEST(VocabularyDeathTest, IdsAreChecked) {
  const Vocabulary vocabulary = TestVocabulary({});
  EXPECT_DEATH(vocabulary.piece(-1), "check failed");
  EXPECT_DEATH(vocabulary.piece(vocabulary.size()), "check failed");
}

using Tokens = std::vector<Token>;

struct BadTokens {
  const char* name;
  std::function<void(Tokens*)> change;
  const char* message;
};

class VocabularyCreateTest : public testing::TestWithParam<BadTokens> {};

TEST_P(VocabularyCreateTest, Refuses) {
  std::vector<Token> tokens = TestTokens({"a"});
  GetParam().change(&tokens);
  EXPECT_THAT(Vocabulary::Create(std::move(tokens)), Refused(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, VocabularyCreateTest,
    testing::Values(
        BadTokens{"NoTokens", [](Tokens* tokens) { tokens->clear(); },
                  "0 tokens, expected at least 3 (unknown, BOS, EOS)"},
        BadTokens{"TwoTokens", [](Tokens* tokens) { tokens->resize(2); },
                  "2 tokens, expected at least 3 (unknown, BOS, EOS)"},
        BadTokens{"NoUnknown", [](Tokens* tokens) { tokens->at(0).kind = TokenKind::kNormal; },
                  "token 0: a normal token, expected the unknown token"},
        BadTokens{"TwoUnknown",
                  [](Tokens* tokens) { tokens->at(259).kind = TokenKind::kUnknown; },
                  "token 259: the unknown token, expected only token 0 to be that"},
        BadTokens{"NoBos", [](Tokens* tokens) { tokens->at(1).kind = TokenKind::kUserDefined; },
                  "token 1: a user-defined token, expected BOS, a control token"},
        BadTokens{"NoEos", [](Tokens* tokens) { tokens->at(2).kind = TokenKind::kUnused; },
                  "token 2: an unused token, expected EOS, a control token"},
        BadTokens{"EmptyPiece", [](Tokens* tokens) { tokens->at(259).piece.clear(); },
                  "token 259: a piece of 0 bytes, expected 1 to 65536"},
        BadTokens{"LongPiece", [](Tokens* tokens) { tokens->at(259).piece.resize(65537); },
                  "token 259: a piece of 65537 bytes, expected 1 to 65536"},
        BadTokens{"NanScore", [](Tokens* tokens) { tokens->at(3).score = NAN; },
                  "token 3: score nan, expected a finite number"},
        BadTokens{"InfiniteScore", [](Tokens* tokens) { tokens->at(3).score = -INFINITY; },
                  "token 3: score -inf, expected a finite number"},
        BadTokens{"ByteWithoutBytePiece",
                  [](Tokens* tokens) { tokens->at(3).piece = "\n<0x00>"; },
                  "token 3: a byte token '\\n<0x00>', expected its piece to be '<0xHH>'"},
        BadTokens{"BytePieceWithoutByte",
                  [](Tokens* tokens) { tokens->at(259).piece = "<0x00>"; },
                  "token 259: a normal token '<0x00>', expected a byte token"}),
    [](const auto& param_info) { return std::string(param_info.param.name); });

// What a file that holds tokens says is tested with its parser; here, what Parse and
// Load add.

TEST(VocabularyParseTest, NamesTheFileInErrors) {
  const std::string file = SerializeTokenizerBin(TestTokens({"a", "bc"}));
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_THAT(Vocabulary::Parse(Bytes(file).subspan(0, size), "my.bin", kFirstTextId + 2),
                Refused(AllOf(StartsWith("my.bin: "), Not(HasSubstr("\n")))))
        << size;
  }
}

TEST(VocabularyParseTest, ComparesTheNumberOfTokens) {
  const std::string file = SerializeTokenizerBin(TestTokens({"a", "bc"}));
  EXPECT_THAT(Vocabulary::Parse(Bytes(file), "my.bin"), IsOk());
  EXPECT_THAT(Vocabulary::Parse(Bytes(file), "my.bin", 261), IsOk());
  EXPECT_THAT(Vocabulary::Parse(Bytes(file), "my.bin", 260),
              Refused("my.bin: 261 tokens, expected 260 (the model's vocabulary)"));
  EXPECT_THAT(Vocabulary::Parse(Bytes(file), "my.bin", 262),
              Refused("my.bin: 261 tokens, expected 262 (the model's vocabulary)"));
}

TEST(VocabularyParseTest, RefusesOtherFiles) {
  EXPECT_THAT(Vocabulary::Parse({}, "empty"),
              Refused("empty: max_token_length: the file has 0 bytes, expected at least 4"));
  EXPECT_THAT(
      Vocabulary::Parse(Bytes("Once upon a time"), "story.txt"),
      Refused("story.txt: max_token_length: 1701015119, expected at most the file's 16 bytes; "
              "neither a tokenizer.bin nor a SentencePiece model"));
  const std::vector<uint8_t> large(Vocabulary::kMaxFileBytes + 1);
  EXPECT_THAT(Vocabulary::Parse(large, "large"),
              Refused("large: 33554433 bytes, expected a vocabulary of at most 33554432"));
}

TEST(VocabularyParseTest, ReadsOrRefusesRandomChanges) {
  const std::string whole = SerializeTokenizerBin(TestTokens({" ", "a", "b", "ab", "é"}));
  std::mt19937 random(1);
  int refused = 0;
  for (int i = 0; i < 10000; ++i) {
    std::string bytes = whole;
    for (int change = 0; change < 3; ++change) bytes[random() % bytes.size()] = random();
    const auto vocabulary = Vocabulary::Parse(Bytes(bytes), "changed.bin");
    if (vocabulary.ok()) {
      // max_token_length, the first four bytes, may be any upper bound.
      EXPECT_EQ(SerializeTokenizerBin(vocabulary->tokens()).substr(4), bytes.substr(4));
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_LT(refused, 10000);
}

TEST(VocabularyLoadTest, LoadsAFile) {
  const std::string path = absl::StrCat(testing::TempDir(), "/loads.bin");
  const std::vector<Token> tokens = TestTokens({" ", "a"});
  ASSERT_THAT(WriteTokenizerBin(tokens, path), IsOk());
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, Vocabulary::Load(path));
  EXPECT_EQ(vocabulary.tokens(), absl::MakeConstSpan(tokens));
}

TEST(VocabularyLoadTest, NamesAFileThatItCannotRead) {
  EXPECT_THAT(Vocabulary::Load("/no/such/tokenizer.bin"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/no/such/tokenizer.bin")));
  EXPECT_THAT(Vocabulary::Load(testing::TempDir()), Refused(StartsWith(testing::TempDir())));
}

// The real vocabularies: a .model gives the bytes of its tokenizer.bin, and so does
// the tokenizer.bin itself.
class RealVocabularyTest : public testing::TestWithParam<const char*> {};

TEST_P(RealVocabularyTest, ModelAndBinAreTheSame) {
  const std::optional<std::string> bin_path = SharedDataPath(absl::StrCat(GetParam(), ".bin"));
  const std::optional<std::string> model_path =
      SharedDataPath(absl::StrCat(GetParam(), ".model"));
  if (!bin_path || !model_path) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no " << GetParam();
  ASSERT_OK_AND_ASSIGN(const MappedFile file, MappedFile::Open(*bin_path));
  const std::string expected(file.bytes().begin(), file.bytes().end());

  ASSERT_OK_AND_ASSIGN(const Vocabulary bin, Vocabulary::Load(*bin_path));
  EXPECT_TRUE(SerializeTokenizerBin(bin.tokens()) == expected);
  ASSERT_OK_AND_ASSIGN(const Vocabulary model, Vocabulary::Load(*model_path, bin.size()));
  EXPECT_TRUE(SerializeTokenizerBin(model.tokens()) == expected);
  EXPECT_TRUE(bin.tokens() == model.tokens());
}

INSTANTIATE_TEST_SUITE_P(All, RealVocabularyTest, testing::Values("tok512", "tokenizer"),
                         [](const auto& param_info) { return std::string(param_info.param); });

}  // namespace
}  // namespace llama2
