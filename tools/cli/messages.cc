#include "tools/cli/messages.h"

#include <cstdio>

#include "absl/strings/str_replace.h"
#include "tokenizer/utf8.h"

namespace llama2 {

void Messages::Print(absl::string_view text) const {
  const std::string line =
      RemoveControlCharacters(absl::StrReplaceAll(text, {{"\n", "\\n"}, {"\t", "\\t"}}));
  std::fprintf(stderr, "%s: %s\n", program_.c_str(), line.c_str());
}

}  // namespace llama2
