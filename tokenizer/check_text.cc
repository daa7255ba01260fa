#include "tokenizer/check_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/str_format.h"
#include "tokenizer/utf8.h"

namespace llama2 {

absl::Status CheckIsText(absl::string_view path, absl::string_view bytes) {
  const absl::string_view valid = bytes.substr(0, ValidUtf8Prefix(bytes));
  const size_t wrong = std::min(valid.find('\0'), valid.size());
  if (wrong == bytes.size()) return absl::OkStatus();
  const int64_t line = 1 + std::count(bytes.begin(), bytes.begin() + wrong, '\n');
  return absl::InvalidArgumentError(
      absl::StrFormat("%s:%d: byte %d: found 0x%02X, expected text in UTF-8", path, line, wrong,
                      static_cast<uint8_t>(bytes[wrong])));
}

}  // namespace llama2
