// UTF-8 that arrives in pieces, and text that is fit for a terminal.
//
//   Utf8Stream utf8;
//   utf8.Append("\xF0\x9F", &text);      // nothing yet
//   utf8.Append("\x98\x80", &text);      // the smiley
//   utf8.Flush(&text);                   // what never became whole, as U+FFFD
#ifndef LLAMA2_TOKENIZER_UTF8_H_
#define LLAMA2_TOKENIZER_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace llama2 {

// Turns any bytes into valid UTF-8, however they are cut into pieces. Valid text
// stays as it is. Of the rest, each maximal part that begins a character but cannot
// be completed, and each byte that cannot begin one, becomes one U+FFFD (Unicode 15,
// section 3.9, "U+FFFD Substitution of Maximal Subparts"). Overlong forms,
// surrogates and what lies above U+10FFFF are not valid.
// Thread-safety: one thread at a time.
class Utf8Stream {
 public:
  // Appends to `text` all of what is held and `bytes` that is decided; holds the
  // beginning of a character, at most three bytes.
  void Append(absl::string_view bytes, std::string* text);

  // Ends the text: what is held becomes U+FFFD. The stream can be used anew.
  void Flush(std::string* text);

 private:
  void Begin(uint8_t byte, std::string* text);

  std::string held_;
  int missing_ = 0;  // bytes that the held character still needs
  // The range of the next of them.
  uint8_t low_ = 0;
  uint8_t high_ = 0;
};

// How many bytes at the beginning of `text` are valid UTF-8: text.size() where all are.
size_t ValidUtf8Prefix(absl::string_view text);

// `text`, which is UTF-8, without the characters that control a terminal: C0 but for
// newline and tab, DEL, and C1. Model output may hold escape sequences.
std::string RemoveControlCharacters(absl::string_view text);

}  // namespace llama2

#endif  // LLAMA2_TOKENIZER_UTF8_H_
