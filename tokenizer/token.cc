#include "tokenizer/token.h"

#include "absl/strings/str_format.h"

namespace llama2 {
namespace {

// The value of an upper-case hexadecimal digit, or -1.
int DigitValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<uint8_t> ByteOfPiece(absl::string_view piece) {
  if (piece.size() != 6 || piece.substr(0, 3) != "<0x" || piece[5] != '>') {
    return std::nullopt;
  }
  const int high = DigitValue(piece[3]);
  const int low = DigitValue(piece[4]);
  if (high < 0 || low < 0) return std::nullopt;
  return high * 16 + low;
}

std::string PieceOfByte(uint8_t byte) { return absl::StrFormat("<0x%02X>", byte); }

}  // namespace llama2
