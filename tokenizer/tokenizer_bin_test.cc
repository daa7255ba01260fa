#include "tokenizer/tokenizer_bin.h"

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "tokenizer/token.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::Span<const uint8_t> Bytes(absl::string_view bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

std::string Entry(absl::string_view score, char length, absl::string_view piece) {
  return absl::StrCat(score, std::string({length, 0, 0, 0}), piece);
}

// A file of five tokens, byte by byte.
std::string FiveTokens() {
  const absl::string_view zero("\0\0\0\0", 4);
  const absl::string_view minus_one_and_a_half("\0\0\xC0\xBF", 4);
  return absl::StrCat(std::string({6, 0, 0, 0}), Entry(zero, 3, "<?>"), Entry(zero, 3, "<s>"),
                      Entry(zero, 4, "</s>"), Entry(zero, 6, "<0x41>"),
                      Entry(minus_one_and_a_half, 2, " a"));
}

// Where the length of the first and of the last token stand.
constexpr size_t kFirstLength = 8;
constexpr size_t kLastLength = 56;

TEST(TokenizerBinTest, ReadsPiecesScoresAndKinds) {
  ASSERT_OK_AND_ASSIGN(const std::vector<Token> tokens, ParseTokenizerBin(Bytes(FiveTokens())));
  EXPECT_THAT(
      tokens,
      ElementsAre(Token{"<?>", 0, TokenKind::kUnknown}, Token{"<s>", 0, TokenKind::kControl},
                  Token{"</s>", 0, TokenKind::kControl}, Token{"<0x41>", 0, TokenKind::kByte},
                  Token{" a", -1.5f, TokenKind::kNormal}));
}

TEST(TokenizerBinTest, WritesTheBytesThatItRead) {
  ASSERT_OK_AND_ASSIGN(const std::vector<Token> tokens, ParseTokenizerBin(Bytes(FiveTokens())));
  EXPECT_EQ(SerializeTokenizerBin(tokens), FiveTokens());
}

TEST(TokenizerBinTest, WritesAFile) {
  const std::string path = absl::StrCat(testing::TempDir(), "/written.bin");
  ASSERT_OK_AND_ASSIGN(const std::vector<Token> tokens, ParseTokenizerBin(Bytes(FiveTokens())));
  ASSERT_THAT(WriteTokenizerBin(tokens, path), IsOk());
  std::ifstream file(path, std::ios::binary);
  const std::string written(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(written, FiveTokens());
}

TEST(TokenizerBinTest, SaysWhereItCannotWrite) {
  const std::string path = absl::StrCat(testing::TempDir(), "/no_such_folder/written.bin");
  EXPECT_THAT(WriteTokenizerBin({}, path),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr(path)));
}

TEST(TokenizerBinTest, EveryTruncationInsideATokenIsAnError) {
  const std::string whole = FiveTokens();
  std::vector<size_t> between_tokens;
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto tokens = ParseTokenizerBin(Bytes(whole).subspan(0, size));
    if (tokens.ok()) {
      between_tokens.push_back(size);
    } else {
      EXPECT_THAT(tokens, StatusIs(absl::StatusCode::kInvalidArgument));
    }
  }
  // The count of tokens is not in the file: only who knows it can see these.
  EXPECT_THAT(between_tokens, ElementsAre(15, 26, 38, 52));
}

struct BadCase {
  const char* name;
  size_t place;
  absl::string_view bytes;
  const char* message;
};

class BadTokenizerBinTest : public testing::TestWithParam<BadCase> {};

TEST_P(BadTokenizerBinTest, IsRefusedWithTheReason) {
  std::string file = FiveTokens();
  file.replace(GetParam().place, GetParam().bytes.size(), GetParam().bytes.data(),
               GetParam().bytes.size());
  EXPECT_THAT(ParseTokenizerBin(Bytes(file)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadTokenizerBinTest,
    testing::Values(BadCase{"MaxTokenLengthAboveFileSize",
                            0,
                            {"\x43\0\0\0", 4},
                            "max_token_length: 67, expected at most the file's 62 bytes"},
                    BadCase{"MaxTokenLengthBelowAPiece",
                            0,
                            {"\5\0\0\0", 4},
                            "token 3: length 6, expected 1 to 5"},
                    BadCase{"LengthNegative",
                            kFirstLength,
                            {"\xFF\xFF\xFF\xFF", 4},
                            "token 0: length -1, expected 1 to 6"},
                    BadCase{"LengthZero",
                            kFirstLength,
                            {"\0\0\0\0", 4},
                            "token 0: length 0, expected 1 to 6"},
                    BadCase{"LengthHuge",
                            kFirstLength,
                            {"\xFF\xFF\xFF\x7F", 4},
                            "token 0: length 2147483647, expected 1 to 6"},
                    BadCase{"LengthPastTheEnd",
                            kLastLength,
                            {"\3\0\0\0", 4},
                            "token 4: length 3, but only 2 bytes are left in the file"}),
    [](const auto& param_info) { return std::string(param_info.param.name); });

TEST(TokenizerBinTest, MaxTokenLengthMayBeAnUpperBound) {
  std::string file = FiveTokens();
  file[0] = 60;
  EXPECT_THAT(ParseTokenizerBin(Bytes(file)), IsOk());
}

}  // namespace
}  // namespace llama2
