#include "tokenizer/utf8.h"

namespace llama2 {
namespace {

constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// What may follow the first byte of a character: how many bytes, and the range of
// the first of them (the others are 80..BF). Unicode 15, table 3-7.
struct Continuation {
  int count;
  uint8_t low;
  uint8_t high;
};

// count is -1 for a byte that cannot begin a character.
Continuation ContinuationOf(uint8_t first) {
  if (first <= 0x7F) return {0, 0, 0};
  if (first <= 0xC1) return {-1, 0, 0};  // continuation bytes, and overlong ASCII
  if (first <= 0xDF) return {1, 0x80, 0xBF};
  if (first == 0xE0) return {2, 0xA0, 0xBF};  // not overlong
  if (first == 0xED) return {2, 0x80, 0x9F};  // no surrogates
  if (first <= 0xEF) return {2, 0x80, 0xBF};
  if (first == 0xF0) return {3, 0x90, 0xBF};  // not overlong
  if (first <= 0xF3) return {3, 0x80, 0xBF};
  if (first == 0xF4) return {3, 0x80, 0x8F};  // at most U+10FFFF
  return {-1, 0, 0};
}

}  // namespace

void Utf8Stream::Append(absl::string_view bytes, std::string* text) {
  for (const uint8_t byte : bytes) {
    if (missing_ == 0) {
      Begin(byte, text);
    } else if (byte >= low_ && byte <= high_) {
      held_.push_back(static_cast<char>(byte));
      low_ = 0x80;
      high_ = 0xBF;
      if (--missing_ == 0) {
        text->append(held_);
        held_.clear();
      }
    } else {
      Flush(text);
      Begin(byte, text);
    }
  }
}

void Utf8Stream::Begin(uint8_t byte, std::string* text) {
  const Continuation continuation = ContinuationOf(byte);
  if (continuation.count < 0) {
    text->append(kReplacement.data(), kReplacement.size());
  } else if (continuation.count == 0) {
    text->push_back(static_cast<char>(byte));
  } else {
    held_.push_back(static_cast<char>(byte));
    missing_ = continuation.count;
    low_ = continuation.low;
    high_ = continuation.high;
  }
}

void Utf8Stream::Flush(std::string* text) {
  if (missing_ == 0) return;
  text->append(kReplacement.data(), kReplacement.size());
  held_.clear();
  missing_ = 0;
}

size_t ValidUtf8Prefix(absl::string_view text) {
  size_t valid = 0;
  while (valid < text.size()) {
    const Continuation continuation = ContinuationOf(text[valid]);
    const size_t end = valid + 1 + continuation.count;
    if (continuation.count < 0 || end > text.size()) return valid;
    uint8_t low = continuation.low;
    uint8_t high = continuation.high;
    for (size_t i = valid + 1; i < end; ++i) {
      const uint8_t byte = text[i];
      if (byte < low || byte > high) return valid;
      low = 0x80;
      high = 0xBF;
    }
    valid = end;
  }
  return valid;
}

std::string RemoveControlCharacters(absl::string_view text) {
  std::string kept;
  kept.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const uint8_t byte = text[i];
    const bool is_c0 = byte < 0x20 && byte != '\n' && byte != '\t';
    const bool is_delete = byte == 0x7F;
    if (is_c0 || is_delete) continue;
    // C1, U+0080 to U+009F, is C2 80 to C2 9F.
    if (byte == 0xC2 && i + 1 < text.size() && (text[i + 1] & 0xE0) == 0x80) {
      ++i;
      continue;
    }
    kept.push_back(text[i]);
  }
  return kept;
}

}  // namespace llama2
