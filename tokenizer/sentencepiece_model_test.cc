#include "tokenizer/sentencepiece_model.h"

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "tokenizer/sentencepiece_model.pb.h"
#include "tokenizer/token.h"

namespace llama2 {
namespace {

using ::llama2::sentencepiece::ModelProto;
using ::llama2::sentencepiece::TrainerSpec;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using SentencePiece = ModelProto::SentencePiece;

absl::Span<const uint8_t> Bytes(absl::string_view bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

void AddPiece(const std::string& piece, float score, SentencePiece::Type type,
              ModelProto* model) {
  SentencePiece* added = model->add_pieces();
  added->set_piece(piece);
  added->set_score(score);
  if (type != SentencePiece::NORMAL) added->set_type(type);
}

// A model with a piece of each kind, of the sort that Llama's is.
ModelProto LlamaLikeModel() {
  ModelProto model;
  AddPiece("<unk>", 0, SentencePiece::UNKNOWN, &model);
  AddPiece("<s>", 0, SentencePiece::CONTROL, &model);
  AddPiece("</s>", 0, SentencePiece::CONTROL, &model);
  AddPiece("<0x00>", 0, SentencePiece::BYTE, &model);
  AddPiece("\u2581a\u2581", -1.5f, SentencePiece::NORMAL, &model);
  AddPiece("<pad>", 0, SentencePiece::CONTROL, &model);
  AddPiece("[INST]", 0, SentencePiece::USER_DEFINED, &model);
  AddPiece("qq", -3, SentencePiece::UNUSED, &model);
  model.mutable_trainer_spec()->set_model_type(TrainerSpec::BPE);
  model.mutable_trainer_spec()->set_byte_fallback(true);
  model.mutable_normalizer_spec()->set_name("identity");
  return model;
}

TEST(SentencePieceModelTest, GivesTheTokensThatTokenizerPyWrites) {
  const auto tokens = ParseSentencePieceModel(Bytes(LlamaLikeModel().SerializeAsString()));
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  EXPECT_THAT(
      *tokens,
      ElementsAre(
          Token{"<unk>", 0, TokenKind::kUnknown}, Token{"\n<s>\n", 0, TokenKind::kControl},
          Token{"\n</s>\n", 0, TokenKind::kControl}, Token{"<0x00>", 0, TokenKind::kByte},
          Token{" a ", -1.5f, TokenKind::kNormal}, Token{"<pad>", 0, TokenKind::kControl},
          Token{"[INST]", 0, TokenKind::kUserDefined}, Token{"qq", -3, TokenKind::kUnused}));
}

TEST(SentencePieceModelTest, IsRecognisedByItsFirstBytes) {
  EXPECT_TRUE(IsSentencePieceModel(Bytes(LlamaLikeModel().SerializeAsString())));
  // A tokenizer.bin whose longest piece has 10 bytes begins with the same byte.
  EXPECT_FALSE(IsSentencePieceModel(Bytes({"\x0A\0\0\0", 4})));
  EXPECT_FALSE(IsSentencePieceModel(Bytes("\x0A\x0E")));
  EXPECT_FALSE(IsSentencePieceModel({}));
}

TEST(SentencePieceModelTest, KeepsSpacesWhateverTheModelDoesWithThem) {
  ModelProto model = LlamaLikeModel();
  std::string bytes = model.SerializeAsString();
  // normalizer_spec { remove_extra_whitespaces: true }, a field that is not read.
  bytes += std::string("\x1A\x02\x20\x01", 4);
  EXPECT_THAT(ParseSentencePieceModel(Bytes(bytes)), IsOk());
}

struct RefusedCase {
  const char* name;
  std::function<void(ModelProto*)> change;
  absl::StatusCode code;
  const char* message;
};

class RefusedModelTest : public testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedModelTest, SaysWhy) {
  ModelProto model = LlamaLikeModel();
  GetParam().change(&model);
  EXPECT_THAT(ParseSentencePieceModel(Bytes(model.SerializeAsString())),
              StatusIs(GetParam().code, HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedModelTest,
    testing::Values(
        RefusedCase{"Unigram",
                    [](ModelProto* m) {
                      m->mutable_trainer_spec()->set_model_type(TrainerSpec::UNIGRAM);
                    },
                    absl::StatusCode::kUnimplemented,
                    "trainer_spec.model_type: a unigram model, expected BPE"},
        RefusedCase{"UnigramByDefault",
                    [](ModelProto* m) { m->mutable_trainer_spec()->clear_model_type(); },
                    absl::StatusCode::kUnimplemented, "a unigram model"},
        RefusedCase{
            "Word",
            [](ModelProto* m) { m->mutable_trainer_spec()->set_model_type(TrainerSpec::WORD); },
            absl::StatusCode::kUnimplemented, "a word model"},
        RefusedCase{
            "Char",
            [](ModelProto* m) { m->mutable_trainer_spec()->set_model_type(TrainerSpec::CHAR); },
            absl::StatusCode::kUnimplemented, "a char model"},
        RefusedCase{"NoByteFallback",
                    [](ModelProto* m) { m->mutable_trainer_spec()->clear_byte_fallback(); },
                    absl::StatusCode::kUnimplemented, "trainer_spec.byte_fallback"},
        RefusedCase{"SpaceAsSuffix",
                    [](ModelProto* m) {
                      m->mutable_trainer_spec()->set_treat_whitespace_as_suffix(true);
                    },
                    absl::StatusCode::kUnimplemented,
                    "trainer_spec.treat_whitespace_as_suffix: true, expected false"},
        RefusedCase{"Normalizer",
                    [](ModelProto* m) {
                      m->mutable_normalizer_spec()->set_name("nmt_nfkc\n");
                      m->mutable_normalizer_spec()->set_precompiled_charsmap("rules");
                    },
                    absl::StatusCode::kUnimplemented,
                    "normalizer_spec: 'nmt_nfkc\\n' changes the text"},
        RefusedCase{"Denormalizer",
                    [](ModelProto* m) {
                      m->mutable_denormalizer_spec()->set_precompiled_charsmap("rules");
                    },
                    absl::StatusCode::kUnimplemented, "denormalizer_spec"},
        RefusedCase{
            "NoDummyPrefix",
            [](ModelProto* m) { m->mutable_normalizer_spec()->set_add_dummy_prefix(false); },
            absl::StatusCode::kUnimplemented,
            "normalizer_spec.add_dummy_prefix: false, expected true"},
        RefusedCase{
            "SpacesNotEscaped",
            [](ModelProto* m) { m->mutable_normalizer_spec()->set_escape_whitespaces(false); },
            absl::StatusCode::kUnimplemented,
            "normalizer_spec.escape_whitespaces: false, expected true"},
        RefusedCase{"NoTrainerSpec", [](ModelProto* m) { m->clear_trainer_spec(); },
                    absl::StatusCode::kInvalidArgument, "trainer_spec: missing"},
        RefusedCase{"NoNormalizerSpec", [](ModelProto* m) { m->clear_normalizer_spec(); },
                    absl::StatusCode::kInvalidArgument, "normalizer_spec: missing"}),
    [](const auto& param_info) { return std::string(param_info.param.name); });

TEST(SentencePieceModelTest, EveryTruncationIsAnError) {
  const std::string whole = LlamaLikeModel().SerializeAsString();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(ParseSentencePieceModel(Bytes(whole).subspan(0, size)), Not(IsOk())) << size;
  }
}

TEST(SentencePieceModelTest, ReadsOrRefusesRandomBytes) {
  const std::string whole = LlamaLikeModel().SerializeAsString();
  std::mt19937 random(1);
  int refused = 0;
  for (int i = 0; i < 10000; ++i) {
    std::string bytes = whole;
    for (int change = 0; change < 4; ++change) bytes[random() % bytes.size()] = random();
    const auto tokens = ParseSentencePieceModel(Bytes(bytes));
    if (!tokens.ok()) ++refused;
  }
  EXPECT_GT(refused, 1000);
}

TEST(SerializeSentencePieceModelTest, GivesTheTokensBack) {
  const std::vector<Token> tokens = {
      {"<unk>", 0, TokenKind::kUnknown},         {"\n<s>\n", 0, TokenKind::kControl},
      {"\n</s>\n", 0, TokenKind::kControl},      {"<0x00>", 0, TokenKind::kByte},
      {" a ", -1.5f, TokenKind::kNormal},        {"<pad>", 0, TokenKind::kControl},
      {"[INST]", 0, TokenKind::kUserDefined},    {"qq", -3e-30f, TokenKind::kUnused},
      {"\xFF not UTF-8", -4, TokenKind::kNormal}};
  ASSERT_OK_AND_ASSIGN(const std::string bytes, SerializeSentencePieceModel(tokens));
  EXPECT_TRUE(IsSentencePieceModel(Bytes(bytes)));
  EXPECT_THAT(ParseSentencePieceModel(Bytes(bytes)), IsOkAndHolds(tokens));
}

TEST(SerializeSentencePieceModelTest, SaysToSentencePieceWhatItMustKnow) {
  const std::vector<Token> tokens = {{"<unk>", 0, TokenKind::kUnknown},
                                     {"\n<s>\n", 0, TokenKind::kControl},
                                     {"\n</s>\n", 0, TokenKind::kControl},
                                     {" b", -1, TokenKind::kNormal}};
  ASSERT_OK_AND_ASSIGN(const std::string bytes, SerializeSentencePieceModel(tokens));
  ModelProto model;
  ASSERT_TRUE(model.ParseFromString(bytes));
  EXPECT_EQ(model.pieces(1).piece(), "<s>");
  EXPECT_EQ(model.pieces(2).piece(), "</s>");
  EXPECT_EQ(model.pieces(3).piece(), "\u2581b");
  EXPECT_EQ(model.trainer_spec().vocab_size(), 4);
  // Its own default drops spaces, which a tokenizer.bin keeps.
  EXPECT_FALSE(model.normalizer_spec().remove_extra_whitespaces());
}

TEST(SerializeSentencePieceModelTest, RefusesWhatWouldComeBackAsSomethingElse) {
  std::vector<Token> tokens = {{"<unk>", 0, TokenKind::kUnknown},
                               {"\n<s>\n", 0, TokenKind::kControl},
                               {"\n</s>\n", 0, TokenKind::kControl},
                               {"a\u2581b", -1, TokenKind::kNormal}};
  EXPECT_THAT(SerializeSentencePieceModel(tokens),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("token 3: 'a\\342")));
  tokens.pop_back();
  tokens[0].piece = std::string(100, 'u');
  ASSERT_OK_AND_ASSIGN(const std::string bytes, SerializeSentencePieceModel(tokens));
  EXPECT_TRUE(IsSentencePieceModel(Bytes(bytes)));
  tokens[0].piece += 'u';
  EXPECT_THAT(SerializeSentencePieceModel(tokens),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("a piece of 101 bytes")));
}

}  // namespace
}  // namespace llama2
