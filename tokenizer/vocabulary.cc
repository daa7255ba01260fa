#include "tokenizer/vocabulary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/mapped_file.h"
#include "base/status_macros.h"
#include "tokenizer/sentencepiece_model.h"
#include "tokenizer/tokenizer_bin.h"

namespace llama2 {
namespace {

absl::string_view NameOf(TokenKind kind) {
  switch (kind) {
    case TokenKind::kUnknown:
      return "the unknown token";
    case TokenKind::kControl:
      return "a control token";
    case TokenKind::kByte:
      return "a byte token";
    case TokenKind::kNormal:
      return "a normal token";
    case TokenKind::kUserDefined:
      return "a user-defined token";
    case TokenKind::kUnused:
      return "an unused token";
  }
  return "a token of no known kind";
}

absl::Status TokenError(size_t id, absl::string_view found, absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrFormat("token %d: %s, expected %s", id, found, expected));
}

absl::Status CheckKind(size_t id, const Token& token) {
  const bool is_unknown = token.kind == TokenKind::kUnknown;
  if ((id == kUnknownId) != is_unknown) {
    return TokenError(id, NameOf(token.kind),
                      is_unknown ? "only token 0 to be that" : "the unknown token");
  }
  if ((id == kBosId || id == kEosId) && token.kind != TokenKind::kControl) {
    return TokenError(id, NameOf(token.kind),
                      id == kBosId ? "BOS, a control token" : "EOS, a control token");
  }
  const bool has_byte_piece = ByteOfPiece(token.piece).has_value();
  if (token.kind == TokenKind::kByte && !has_byte_piece) {
    return TokenError(id, absl::StrCat("a byte token '", absl::CEscape(token.piece), "'"),
                      "its piece to be '<0xHH>'");
  }
  if (IsText(token.kind) && has_byte_piece) {
    return TokenError(id, absl::StrCat(NameOf(token.kind), " '", token.piece, "'"),
                      "a byte token");
  }
  return absl::OkStatus();
}

absl::Status CheckToken(size_t id, const Token& token) {
  if (token.piece.empty() || token.piece.size() > Vocabulary::kMaxPieceBytes) {
    return TokenError(id, absl::StrFormat("a piece of %d bytes", token.piece.size()),
                      absl::StrFormat("1 to %d", Vocabulary::kMaxPieceBytes));
  }
  if (!std::isfinite(token.score)) {
    return TokenError(id, absl::StrFormat("score %g", token.score), "a finite number");
  }
  return CheckKind(id, token);
}

absl::StatusOr<std::vector<Token>> ParseTokens(absl::Span<const uint8_t> bytes) {
  if (bytes.size() > Vocabulary::kMaxFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d bytes, expected a vocabulary of at most %d", bytes.size(),
                        Vocabulary::kMaxFileBytes));
  }
  if (IsSentencePieceModel(bytes)) return ParseSentencePieceModel(bytes);
  return ParseTokenizerBin(bytes);
}

}  // namespace

absl::StatusOr<Vocabulary> Vocabulary::Load(absl::string_view path,
                                            std::optional<int> expected_size) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  return Parse(file.bytes(), path, expected_size);
}

absl::StatusOr<Vocabulary> Vocabulary::Parse(absl::Span<const uint8_t> bytes,
                                             absl::string_view name,
                                             std::optional<int> expected_size) {
  const auto parse = [&]() -> absl::StatusOr<Vocabulary> {
    ASSIGN_OR_RETURN(std::vector<Token> tokens, ParseTokens(bytes));
    if (expected_size.has_value() && static_cast<int64_t>(tokens.size()) != *expected_size) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%d tokens, expected %d (the model's vocabulary)", tokens.size(), *expected_size));
    }
    return Create(std::move(tokens));
  };
  absl::StatusOr<Vocabulary> vocabulary = parse();
  if (vocabulary.ok()) return vocabulary;
  return absl::Status(vocabulary.status().code(),
                      absl::StrCat(name, ": ", vocabulary.status().message()));
}

absl::StatusOr<Vocabulary> Vocabulary::Create(std::vector<Token> tokens) {
  if (tokens.size() < 3) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d tokens, expected at least 3 (unknown, BOS, EOS)", tokens.size()));
  }
  CHECK_LE(tokens.size(), std::numeric_limits<int>::max());
  for (size_t id = 0; id < tokens.size(); ++id) {
    RETURN_IF_ERROR(CheckToken(id, tokens[id]));
  }
  return Vocabulary(std::move(tokens));
}

Vocabulary::Vocabulary(std::vector<Token> tokens) : tokens_(std::move(tokens)) {
  byte_ids_.fill(kUnknownId);
  text_ids_.reserve(tokens_.size());
  // From the highest id down, so that the lowest of equals stands in the end.
  for (int id = size() - 1; id >= 0; --id) {
    const Token& token = tokens_[id];
    if (token.kind == TokenKind::kByte) {
      byte_ids_[*ByteOfPiece(token.piece)] = id;
    } else if (IsText(token.kind)) {
      text_ids_[token.piece] = id;
      longest_text_ = std::max(longest_text_, token.piece.size());
    }
  }
}

std::optional<int> Vocabulary::Find(absl::string_view text) const {
  if (text.size() > longest_text_) return std::nullopt;
  const auto found = text_ids_.find(text);
  if (found == text_ids_.end()) return std::nullopt;
  return found->second;
}

const Token& Vocabulary::token(int id) const {
  CHECK(id >= 0 && id < size());
  return tokens_[id];
}

}  // namespace llama2
