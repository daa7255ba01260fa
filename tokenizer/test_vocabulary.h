// Vocabularies of a few given pieces, for tests.
//
//   Vocabulary vocabulary = TestVocabulary({" ", "a", "b", "ab"});
//   vocabulary.Find("ab");                        // kFirstTextId + 3
#ifndef LLAMA2_TOKENIZER_TEST_VOCABULARY_H_
#define LLAMA2_TOKENIZER_TEST_VOCABULARY_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tokenizer/token.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {

// Where a test vocabulary's text begins: after unknown, BOS, EOS and 256 bytes.
inline constexpr int kFirstTextId = 259;

// The tokens of a vocabulary laid out as Llama's: "<unk>", BOS, EOS, the bytes, then
// `pieces` as normal tokens with scores 0, -1, -2, ...
std::vector<Token> TestTokens(absl::Span<const absl::string_view> pieces);

// The vocabulary of these tokens. Aborts where they do not make one.
Vocabulary TestVocabulary(absl::Span<const absl::string_view> pieces);

}  // namespace llama2

#endif  // LLAMA2_TOKENIZER_TEST_VOCABULARY_H_
