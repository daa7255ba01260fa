// Any ids: the text is valid UTF-8 after every token, and without control characters
// once they are removed. An input is two bytes for each id.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/check.h"
#include "tokenizer/decoder.h"
#include "tokenizer/test_vocabulary.h"
#include "tokenizer/utf8.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {
namespace {

// The character that `text`, which is not empty, begins with; its bytes are taken
// off. Aborts where they are not valid UTF-8 (RFC 3629).
uint32_t TakeCharacter(absl::string_view* text) {
  const uint8_t first = text->front();
  CHECK(first < 0x80 || (first >= 0xC0 && first < 0xF8));
  const int size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  CHECK_LE(size, text->size());
  uint32_t character = size == 1 ? first : first & (0x7F >> size);
  for (int i = 1; i < size; ++i) {
    CHECK(((*text)[i] & 0xC0) == 0x80);
    character = character << 6 | ((*text)[i] & 0x3F);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  CHECK_LE(kSmallest[size], character);
  CHECK_LE(character, 0x10FFFF);
  CHECK(character < 0xD800 || character > 0xDFFF);
  text->remove_prefix(size);
  return character;
}

void CheckIsUtf8(absl::string_view text) {
  while (!text.empty()) TakeCharacter(&text);
}

void CheckControlsNothing(absl::string_view text) {
  while (!text.empty()) {
    const uint32_t c = TakeCharacter(&text);
    CHECK(c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7F) || c >= 0xA0);
  }
}

void CheckDecoding(absl::Span<const uint8_t> input) {
  const Vocabulary vocabulary = TestVocabulary({" ", " a", "\u20AC", "\xE2\x82", "\xAC"});
  Decoder decoder(&vocabulary);
  std::string text;
  for (size_t i = 0; i + 1 < input.size(); i += 2) {
    const int id = (input[i] | input[i + 1] << 8) % vocabulary.size();
    const std::string part = decoder.Decode(id);
    CheckIsUtf8(part);
    text += part;
  }
  text += decoder.Flush();
  CheckIsUtf8(text);
  CheckControlsNothing(RemoveControlCharacters(text));
}

}  // namespace
}  // namespace llama2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  llama2::CheckDecoding(absl::MakeConstSpan(data, size));
  return 0;
}
