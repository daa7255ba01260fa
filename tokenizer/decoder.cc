#include "tokenizer/decoder.h"

#include <utility>

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tokenizer/token.h"

namespace llama2 {

Decoder::Decoder(const Vocabulary* vocabulary) : vocabulary_(vocabulary) {}

std::string Decoder::Decode(int id) {
  const bool after_bos = std::exchange(after_bos_, id == vocabulary_->bos_id());
  absl::string_view piece = vocabulary_->piece(id);
  std::string text;
  switch (vocabulary_->kind(id)) {
    case TokenKind::kControl:
      utf8_.Flush(&text);
      break;
    case TokenKind::kByte: {
      const char byte = static_cast<char>(*ByteOfPiece(piece));
      utf8_.Append(absl::string_view(&byte, 1), &text);
      break;
    }
    default:
      if (after_bos && vocabulary_->Find(" ").has_value()) absl::ConsumePrefix(&piece, " ");
      utf8_.Append(piece, &text);
      break;
  }
  return text;
}

std::string Decoder::Flush() {
  after_bos_ = false;
  std::string text;
  utf8_.Flush(&text);
  return text;
}

}  // namespace llama2
