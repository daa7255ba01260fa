// Whether bytes are a text: what every program that reads text files asks first.
//
//   RETURN_IF_ERROR(CheckIsText("stories.txt", bytes));
//   // stories.txt:12: byte 3071: found 0xFF, expected text in UTF-8
#ifndef LLAMA2_TOKENIZER_CHECK_TEXT_H_
#define LLAMA2_TOKENIZER_CHECK_TEXT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace llama2 {

// InvalidArgument unless `bytes` are UTF-8 without NUL: it names the file, the line, counted
// from 1, and the first wrong byte, counted from 0 at the file's beginning.
absl::Status CheckIsText(absl::string_view path, absl::string_view bytes);

}  // namespace llama2

#endif  // LLAMA2_TOKENIZER_CHECK_TEXT_H_
