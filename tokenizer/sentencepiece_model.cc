#include "tokenizer/sentencepiece_model.h"

#include <limits>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "tokenizer/sentencepiece_model.pb.h"

namespace llama2 {
namespace {

using ::llama2::sentencepiece::ModelProto;
using ::llama2::sentencepiece::NormalizerSpec;
using ::llama2::sentencepiece::TrainerSpec;
using SentencePiece = ModelProto::SentencePiece;

// How SentencePiece writes a space (U+2581).
constexpr absl::string_view kEscapedSpace = "\xE2\x96\x81";

TokenKind KindOf(SentencePiece::Type type) {
  switch (type) {
    case SentencePiece::NORMAL:
      return TokenKind::kNormal;
    case SentencePiece::UNKNOWN:
      return TokenKind::kUnknown;
    case SentencePiece::CONTROL:
      return TokenKind::kControl;
    case SentencePiece::USER_DEFINED:
      return TokenKind::kUserDefined;
    case SentencePiece::UNUSED:
      return TokenKind::kUnused;
    case SentencePiece::BYTE:
      return TokenKind::kByte;
  }
  return TokenKind::kNormal;
}

SentencePiece::Type TypeOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kUnknown:
      return SentencePiece::UNKNOWN;
    case TokenKind::kControl:
      return SentencePiece::CONTROL;
    case TokenKind::kByte:
      return SentencePiece::BYTE;
    case TokenKind::kNormal:
      return SentencePiece::NORMAL;
    case TokenKind::kUserDefined:
      return SentencePiece::USER_DEFINED;
    case TokenKind::kUnused:
      return SentencePiece::UNUSED;
  }
  return SentencePiece::NORMAL;
}

absl::string_view NameOf(TrainerSpec::ModelType type) {
  switch (type) {
    case TrainerSpec::UNIGRAM:
      return "unigram";
    case TrainerSpec::BPE:
      return "BPE";
    case TrainerSpec::WORD:
      return "word";
    case TrainerSpec::CHAR:
      return "char";
  }
  return "unknown";
}

absl::Status CheckTrainer(const TrainerSpec& spec) {
  if (spec.model_type() != TrainerSpec::BPE) {
    return absl::UnimplementedError(absl::StrCat("trainer_spec.model_type: a ",
                                                 NameOf(spec.model_type()),
                                                 " model, expected BPE with byte fallback"));
  }
  if (!spec.byte_fallback()) {
    return absl::UnimplementedError(
        "trainer_spec.byte_fallback: a BPE model without byte fallback, expected one with "
        "it");
  }
  if (spec.treat_whitespace_as_suffix()) {
    return absl::UnimplementedError(
        "trainer_spec.treat_whitespace_as_suffix: true, expected false");
  }
  return absl::OkStatus();
}

absl::Status CheckKeepsText(absl::string_view field, const NormalizerSpec& spec) {
  if (spec.precompiled_charsmap().empty()) return absl::OkStatus();
  return absl::UnimplementedError(absl::StrCat(field, ": '", absl::CEscape(spec.name()),
                                               "' changes the text, expected 'identity'"));
}

absl::Status CheckNormalizer(const NormalizerSpec& spec) {
  RETURN_IF_ERROR(CheckKeepsText("normalizer_spec", spec));
  if (!spec.add_dummy_prefix()) {
    return absl::UnimplementedError("normalizer_spec.add_dummy_prefix: false, expected true");
  }
  if (!spec.escape_whitespaces()) {
    return absl::UnimplementedError("normalizer_spec.escape_whitespaces: false, expected true");
  }
  return absl::OkStatus();
}

Token ToToken(int id, const SentencePiece& piece) {
  Token token;
  token.score = piece.score();
  token.kind = KindOf(piece.type());
  // tokenizer.py writes these two so, whatever the model calls them.
  if (id == kBosId) {
    token.piece = "\n<s>\n";
  } else if (id == kEosId) {
    token.piece = "\n</s>\n";
  } else {
    token.piece = absl::StrReplaceAll(piece.piece(), {{kEscapedSpace, " "}});
  }
  return token;
}

// What a .model calls token `id`.
std::string ToPiece(int id, const Token& token) {
  if (id == kBosId) return "<s>";
  if (id == kEosId) return "</s>";
  return absl::StrReplaceAll(token.piece, {{" ", kEscapedSpace}});
}

absl::Status CheckCanBeKept(int id, const Token& token) {
  constexpr size_t kMaxUnknownPiece = 100;
  if (id == kUnknownId && token.piece.size() > kMaxUnknownPiece) {
    return absl::InvalidArgumentError(absl::StrCat("token 0: a piece of ", token.piece.size(),
                                                   " bytes, expected at most ",
                                                   kMaxUnknownPiece));
  }
  if (absl::StrContains(token.piece, kEscapedSpace)) {
    return absl::InvalidArgumentError(
        absl::StrCat("token ", id, ": '", absl::CEscape(token.piece),
                     "' has U+2581, expected none: a .model takes it for a space"));
  }
  return absl::OkStatus();
}

}  // namespace

bool IsSentencePieceModel(absl::Span<const uint8_t> bytes) {
  constexpr uint8_t kFirstFieldTag = 0x0A;
  return bytes.size() >= 3 && bytes[0] == kFirstFieldTag && bytes[2] == kFirstFieldTag;
}

absl::StatusOr<std::vector<Token>> ParseSentencePieceModel(absl::Span<const uint8_t> bytes) {
  ModelProto model;
  if (bytes.size() > std::numeric_limits<int>::max() ||
      !model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError(absl::StrCat(
        "ModelProto: the ", bytes.size(), " bytes are not one (is the file truncated?)"));
  }
  if (!model.has_trainer_spec()) {
    return absl::InvalidArgumentError("trainer_spec: missing (is the file truncated?)");
  }
  if (!model.has_normalizer_spec()) {
    return absl::InvalidArgumentError("normalizer_spec: missing (is the file truncated?)");
  }
  RETURN_IF_ERROR(CheckTrainer(model.trainer_spec()));
  RETURN_IF_ERROR(CheckNormalizer(model.normalizer_spec()));
  RETURN_IF_ERROR(CheckKeepsText("denormalizer_spec", model.denormalizer_spec()));

  std::vector<Token> tokens;
  tokens.reserve(model.pieces_size());
  for (int id = 0; id < model.pieces_size(); ++id) {
    tokens.push_back(ToToken(id, model.pieces(id)));
  }
  return tokens;
}

absl::StatusOr<std::string> SerializeSentencePieceModel(absl::Span<const Token> tokens) {
  ModelProto model;
  for (const Token& token : tokens) {
    const int id = model.pieces_size();
    RETURN_IF_ERROR(CheckCanBeKept(id, token));
    SentencePiece* piece = model.add_pieces();
    piece->set_piece(ToPiece(id, token));
    piece->set_score(token.score);
    if (token.kind != TokenKind::kNormal) piece->set_type(TypeOf(token.kind));
  }
  model.mutable_trainer_spec()->set_model_type(TrainerSpec::BPE);
  model.mutable_trainer_spec()->set_vocab_size(model.pieces_size());
  model.mutable_trainer_spec()->set_byte_fallback(true);
  model.mutable_normalizer_spec()->set_name("identity");
  model.mutable_normalizer_spec()->set_remove_extra_whitespaces(false);
  return model.SerializeAsString();
}

}  // namespace llama2
