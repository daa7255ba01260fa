// One entry of a vocabulary: what the vocabulary's file formats are read into and
// written from.
//
//   std::vector<Token> tokens = {{"<unk>", 0, TokenKind::kUnknown}, ...};
//   tokens.push_back({" the", -21.0f, TokenKind::kNormal});
#ifndef LLAMA2_TOKENIZER_TOKEN_H_
#define LLAMA2_TOKENIZER_TOKEN_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace llama2 {

// The ids that Llama's vocabularies give to their first three tokens.
inline constexpr int kUnknownId = 0;
inline constexpr int kBosId = 1;
inline constexpr int kEosId = 2;

// A token's role, in SentencePiece's terms.
enum class TokenKind {
  kUnknown,  // stands for what cannot be encoded; exactly one, id 0
  kControl,  // BOS, EOS and the like: no text, and no text becomes it
  kByte,     // one raw byte; its piece is "<0xHH>"
  kNormal,
  // These two exist only in a .model. A tokenizer.bin cannot express them, and the
  // encoder treats them as the tokenizer.bin made from the model would: as kNormal.
  kUserDefined,
  kUnused,
};

// Whether text can become a token of this kind.
constexpr bool IsText(TokenKind kind) {
  return kind == TokenKind::kNormal || kind == TokenKind::kUserDefined ||
         kind == TokenKind::kUnused;
}

struct Token {
  std::string piece;  // its text; a space is a space, not SentencePiece's U+2581
  float score = 0;    // of the pairs that could merge, the highest score goes first
  TokenKind kind = TokenKind::kNormal;

  friend bool operator==(const Token&, const Token&) = default;
};

// The byte that a piece of the form "<0xHH>" (two upper-case hexadecimal digits)
// stands for; nothing for any other piece.
std::optional<uint8_t> ByteOfPiece(absl::string_view piece);

// "<0xHH>" for `byte`.
std::string PieceOfByte(uint8_t byte);

}  // namespace llama2

#endif  // LLAMA2_TOKENIZER_TOKEN_H_
