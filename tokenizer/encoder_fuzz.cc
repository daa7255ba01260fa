// Any text on any vocabulary: the ids are the specification's, and decode to the
// text. An input is the vocabulary's pieces, each ended by the byte FF, and the text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/check.h"
#include "tokenizer/decoder.h"
#include "tokenizer/encoder.h"
#include "tokenizer/reference_encoder.h"
#include "tokenizer/test_vocabulary.h"
#include "tokenizer/token.h"
#include "tokenizer/utf8.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {
namespace {

constexpr size_t kMaxBytes = 1000;  // the specification takes quadratic time

void CheckEncoding(absl::string_view input) {
  std::vector<absl::string_view> pieces = absl::StrSplit(input, '\xFF');
  const absl::string_view text = pieces.back();
  pieces.pop_back();

  std::vector<Token> tokens = TestTokens({});
  for (const absl::string_view piece : pieces) {
    if (piece.empty() || ByteOfPiece(piece).has_value()) continue;
    // Few different scores: equal ones are what goes wrong.
    const float score = -static_cast<float>(tokens.size() % 4);
    tokens.push_back({std::string(piece), score, TokenKind::kNormal});
  }
  const absl::StatusOr<Vocabulary> vocabulary = Vocabulary::Create(std::move(tokens));
  CHECK(vocabulary.ok());

  const std::vector<int> ids = Encoder(&*vocabulary).Encode(text);
  CHECK(ids == ReferenceEncode(*vocabulary, text));

  Decoder decoder(&*vocabulary);
  std::string decoded = decoder.Decode(vocabulary->bos_id());
  for (const int id : ids) decoded += decoder.Decode(id);
  decoded += decoder.Flush();
  std::string repaired;
  Utf8Stream utf8;
  utf8.Append(text, &repaired);
  utf8.Flush(&repaired);
  CHECK(decoded == repaired);
}

}  // namespace
}  // namespace llama2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  llama2::CheckEncoding(absl::string_view(reinterpret_cast<const char*>(data),
                                          std::min(size, llama2::kMaxBytes)));
  return 0;
}
