#include "tools/tokenizer_files.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/mapped_file.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "testing/shared_data.h"
#include "tokenizer/encoder.h"
#include "tokenizer/token.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Unknown, BOS, EOS, the byte 0x0A, and `more`.
absl::StatusOr<Vocabulary> Make(const std::vector<Token>& more) {
  std::vector<Token> tokens = {{"<unk>", 0, TokenKind::kUnknown},
                               {"\n<s>\n", 0, TokenKind::kControl},
                               {"\n</s>\n", 0, TokenKind::kControl},
                               {"<0x0A>", 0, TokenKind::kByte}};
  tokens.insert(tokens.end(), more.begin(), more.end());
  return Vocabulary::Create(std::move(tokens));
}

TEST(TokenizerFilesTest, TheNameSaysTheFormat) {
  EXPECT_THAT(FormatOfName("a/tokenizer.bin"), Eq(TokenizerFormat::kBin));
  EXPECT_THAT(FormatOfName("a/tokenizer.model"), Eq(TokenizerFormat::kModel));
  EXPECT_THAT(FormatOfName("a.bin/tokenizer"), Eq(std::nullopt));
}

TEST(TokenizerFilesTest, NormalTokensGoThereAndBack) {
  const TestFolder folder;
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, Make({{" ", -1}, {"a", -2}, {" a", -3}}));
  EXPECT_THAT(WriteTokenizer(vocabulary, TokenizerFormat::kModel, folder.Path("t.model")),
              IsOkAndHolds(IsEmpty()));
  ASSERT_OK_AND_ASSIGN(const Vocabulary model, Vocabulary::Load(folder.Path("t.model")));
  EXPECT_EQ(model.tokens(), vocabulary.tokens());
  EXPECT_THAT(WriteTokenizer(model, TokenizerFormat::kBin, folder.Path("t.bin")),
              IsOkAndHolds(IsEmpty()));
  ASSERT_OK_AND_ASSIGN(const Vocabulary bin, Vocabulary::Load(folder.Path("t.bin")));
  EXPECT_EQ(bin.tokens(), vocabulary.tokens());
}

TEST(TokenizerFilesTest, SaysWhichKindsATokenizerBinCannotKeep) {
  const TestFolder folder;
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary,
                       Make({{"<pad>", 0, TokenKind::kControl},
                             {"<mask>", 0, TokenKind::kControl},
                             {"[X]", 0, TokenKind::kUserDefined}}));
  EXPECT_THAT(WriteTokenizer(vocabulary, TokenizerFormat::kBin, folder.Path("t.bin")),
              IsOkAndHolds(ElementsAre(
                  "2 control tokens become normal ones, the first is token 4 '<pad>'",
                  "1 user-defined tokens become normal ones, the first is token 6 '[X]'")));
  EXPECT_THAT(WriteTokenizer(vocabulary, TokenizerFormat::kModel, folder.Path("t.model")),
              IsOkAndHolds(IsEmpty()));
}

TEST(TokenizerFilesTest, SaysWhichTextsAModelCannotKeep) {
  const TestFolder folder;
  std::vector<Token> tokens = {{"<unk>", 0, TokenKind::kUnknown},
                               {"<bos>", 0, TokenKind::kControl},
                               {"\n</s>\n", 0, TokenKind::kControl}};
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, Vocabulary::Create(std::move(tokens)));
  EXPECT_THAT(WriteTokenizer(vocabulary, TokenizerFormat::kModel, folder.Path("t.model")),
              IsOkAndHolds(ElementsAre("token 1 '<bos>' becomes '\\n<s>\\n'")));
}

TEST(TokenizerFilesTest, WhatCannotBeWrittenIsNot) {
  const TestFolder folder;
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary, Make({{"\u2581", 0}}));
  const std::string path = folder.Path("refused.model");
  EXPECT_THAT(WriteTokenizer(vocabulary, TokenizerFormat::kModel, path),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(StartsWith(path), HasSubstr("token 4"))));
  EXPECT_THAT(folder.Names(), IsEmpty());
}

TEST(TokenizerFilesTest, DescribesAVocabulary) {
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary,
                       Make({{" a\nb", -2.5f}, {"c", -1}, {"d", 0}, {"c", -3}}));
  EXPECT_EQ(DescribeVocabulary(vocabulary),
            "8 tokens: 1 unknown, 2 control, 1 byte, 4 normal\n"
            "scores: -3 to 0\n"
            "longest text: 6 bytes, token 2 '\\n</s>\\n'\n"
            "bytes without a token: 255, the first is <0x00>\n"
            "texts that two tokens have: 1, the first is that of token 7 'c'\n");
}

// The files that llama2.c's tokenizer.py made of these models.
class SharedModelTest : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, SharedModelTest, ::testing::Values("tok512", "tokenizer"));

TEST_P(SharedModelTest, BecomesTheTokenizerBinOfLlama2c) {
  const TestFolder folder;
  const auto model_path = SharedDataPath(absl::StrCat(GetParam(), ".model"));
  const auto bin_path = SharedDataPath(absl::StrCat(GetParam(), ".bin"));
  if (!model_path || !bin_path) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no " << GetParam();
  ASSERT_OK_AND_ASSIGN(const Vocabulary model, Vocabulary::Load(*model_path));
  EXPECT_THAT(WriteTokenizer(model, TokenizerFormat::kBin, folder.Path("t.bin")),
              IsOkAndHolds(IsEmpty()));
  ASSERT_OK_AND_ASSIGN(const MappedFile bin, MappedFile::Open(*bin_path));
  EXPECT_EQ(folder.Read("t.bin"), std::string(bin.bytes().begin(), bin.bytes().end()));
}

TEST_P(SharedModelTest, GivesTheSameIdsAsAModelOfOurs) {
  const TestFolder folder;
  const auto path = SharedDataPath(absl::StrCat(GetParam(), ".bin"));
  if (!path) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no " << GetParam();
  ASSERT_OK_AND_ASSIGN(const Vocabulary bin, Vocabulary::Load(*path));
  EXPECT_THAT(WriteTokenizer(bin, TokenizerFormat::kModel, folder.Path("t.model")),
              IsOkAndHolds(IsEmpty()));
  ASSERT_OK_AND_ASSIGN(const Vocabulary ours, Vocabulary::Load(folder.Path("t.model")));
  EXPECT_EQ(ours.tokens(), bin.tokens());
  const std::string text = "Once upon a time,  \xF0\x9F\x99\x82 <s> na\xC3\xAFve\n\ttext";
  EXPECT_EQ(Encoder(&ours).Encode(text), Encoder(&bin).Encode(text));
}

}  // namespace
}  // namespace llama2
