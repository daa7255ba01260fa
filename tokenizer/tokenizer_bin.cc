#include "tokenizer/tokenizer_bin.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/atomic_file_writer.h"
#include "base/check.h"
#include "base/status_macros.h"

namespace llama2 {
namespace {

// Takes the next four bytes off `bytes`, which holds them. T is a 4-byte number.
template <typename T>
T TakeNumber(absl::Span<const uint8_t>* bytes) {
  static_assert(sizeof(T) == 4);
  T value;
  std::memcpy(&value, bytes->data(), sizeof(T));
  bytes->remove_prefix(sizeof(T));
  return value;
}

template <typename T>
void AppendNumber(T value, std::string* bytes) {
  static_assert(sizeof(T) == 4);
  bytes->append(reinterpret_cast<const char*>(&value), sizeof(T));
}

TokenKind KindOf(size_t id, absl::string_view piece) {
  if (id == kUnknownId) return TokenKind::kUnknown;
  if (id == kBosId || id == kEosId) return TokenKind::kControl;
  return ByteOfPiece(piece).has_value() ? TokenKind::kByte : TokenKind::kNormal;
}

// Takes token `id` off `bytes`, which is not empty.
absl::StatusOr<Token> TakeToken(size_t id, uint32_t max_token_length,
                                absl::Span<const uint8_t>* bytes) {
  constexpr size_t kHeaderBytes = sizeof(float) + sizeof(int32_t);
  if (bytes->size() < kHeaderBytes) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "token %d: the file ends after %d of the %d bytes of its score and length", id,
        bytes->size(), kHeaderBytes));
  }
  Token token;
  token.score = TakeNumber<float>(bytes);
  const int64_t length = TakeNumber<int32_t>(bytes);
  if (length < 1 || length > max_token_length) {
    return absl::InvalidArgumentError(
        absl::StrFormat("token %d: length %d, expected 1 to %d (the file's max_token_length)",
                        id, length, max_token_length));
  }
  if (static_cast<size_t>(length) > bytes->size()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("token %d: length %d, but only %d bytes are left in the file", id,
                        length, bytes->size()));
  }
  token.piece.assign(reinterpret_cast<const char*>(bytes->data()), length);
  bytes->remove_prefix(length);
  token.kind = KindOf(id, token.piece);
  return token;
}

}  // namespace

absl::StatusOr<std::vector<Token>> ParseTokenizerBin(absl::Span<const uint8_t> bytes) {
  const size_t file_size = bytes.size();
  if (file_size < sizeof(uint32_t)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "max_token_length: the file has %d bytes, expected at least 4", file_size));
  }
  const uint32_t max_token_length = TakeNumber<uint32_t>(&bytes);
  if (max_token_length > file_size) {
    return absl::InvalidArgumentError(
        absl::StrFormat("max_token_length: %d, expected at most the file's %d bytes; neither a "
                        "tokenizer.bin nor a SentencePiece model",
                        max_token_length, file_size));
  }
  std::vector<Token> tokens;
  while (!bytes.empty()) {
    ASSIGN_OR_RETURN(Token token, TakeToken(tokens.size(), max_token_length, &bytes));
    tokens.push_back(std::move(token));
  }
  return tokens;
}

std::string SerializeTokenizerBin(absl::Span<const Token> tokens) {
  size_t max_token_length = 0;
  for (const Token& token : tokens) {
    max_token_length = std::max(max_token_length, token.piece.size());
  }
  CHECK_LE(max_token_length, std::numeric_limits<int32_t>::max());
  std::string bytes;
  AppendNumber<uint32_t>(max_token_length, &bytes);
  for (const Token& token : tokens) {
    AppendNumber<float>(token.score, &bytes);
    AppendNumber<int32_t>(token.piece.size(), &bytes);
    bytes += token.piece;
  }
  return bytes;
}

absl::Status WriteTokenizerBin(absl::Span<const Token> tokens, absl::string_view path) {
  ASSIGN_OR_RETURN(AtomicFileWriter writer, AtomicFileWriter::Create(path));
  RETURN_IF_ERROR(writer.Append(SerializeTokenizerBin(tokens)));
  return writer.Commit();
}

}  // namespace llama2
