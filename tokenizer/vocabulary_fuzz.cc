// Any bytes as a vocabulary file: refused in one line, or a vocabulary that can be
// written, read again, and used.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/check.h"
#include "tokenizer/decoder.h"
#include "tokenizer/encoder.h"
#include "tokenizer/tokenizer_bin.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {
namespace {

void CheckIsOneLine(absl::string_view message) {
  CHECK(absl::StartsWith(message, "fuzz: "));
  for (const char c : message) CHECK(c >= ' ' && c <= '~');
}

void CheckCanBeWritten(const Vocabulary& vocabulary) {
  const std::string file = SerializeTokenizerBin(vocabulary.tokens());
  const absl::Span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(file.data()),
                                        file.size());
  const absl::StatusOr<Vocabulary> again =
      Vocabulary::Parse(bytes, "written", vocabulary.size());
  CHECK(again.ok());
  CHECK(SerializeTokenizerBin(again->tokens()) == file);
}

void Use(const Vocabulary& vocabulary) {
  const Encoder encoder(&vocabulary);
  Decoder decoder(&vocabulary);
  for (int id = 0; id < vocabulary.size(); ++id) {
    for (const int part : encoder.Encode(vocabulary.piece(id))) decoder.Decode(part);
    decoder.Decode(id);
  }
  decoder.Flush();
}

}  // namespace
}  // namespace llama2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::StatusOr<llama2::Vocabulary> vocabulary =
      llama2::Vocabulary::Parse(absl::MakeConstSpan(data, size), "fuzz");
  if (vocabulary.ok()) {
    llama2::CheckCanBeWritten(*vocabulary);
    llama2::Use(*vocabulary);
  } else {
    llama2::CheckIsOneLine(vocabulary.status().message());
  }
  return 0;
}
