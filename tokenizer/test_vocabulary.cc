#include "tokenizer/test_vocabulary.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/check.h"

namespace llama2 {

std::vector<Token> TestTokens(absl::Span<const absl::string_view> pieces) {
  std::vector<Token> tokens = {
      {"<unk>", 0, TokenKind::kUnknown},
      {"\n<s>\n", 0, TokenKind::kControl},
      {"\n</s>\n", 0, TokenKind::kControl},
  };
  for (int byte = 0; byte < 256; ++byte) {
    tokens.push_back({PieceOfByte(byte), 0, TokenKind::kByte});
  }
  CHECK_EQ(tokens.size(), kFirstTextId);
  for (size_t i = 0; i < pieces.size(); ++i) {
    tokens.push_back({std::string(pieces[i]), -static_cast<float>(i), TokenKind::kNormal});
  }
  return tokens;
}

Vocabulary TestVocabulary(absl::Span<const absl::string_view> pieces) {
  absl::StatusOr<Vocabulary> vocabulary = Vocabulary::Create(TestTokens(pieces));
  CHECK(vocabulary.ok());
  return *std::move(vocabulary);
}

}  // namespace llama2
