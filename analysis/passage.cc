#include "analysis/passage.h"

#include <cstddef>
#include <utility>

#include "tokenizer/encoder.h"
#include "tokenizer/token.h"

namespace llama2 {
namespace {

// The bytes of text that token `id` stands for.
int64_t TextBytes(int id, const Vocabulary& vocabulary) {
  const TokenKind kind = vocabulary.kind(id);
  if (kind == TokenKind::kControl) return 0;
  // The unknown token stands for one byte too: one that has no token.
  return IsText(kind) ? static_cast<int64_t>(vocabulary.piece(id).size()) : 1;
}

}  // namespace

Passage MakePassage(std::vector<int> tokens, const Vocabulary& vocabulary) {
  Passage passage;
  for (size_t i = 1; i < tokens.size(); ++i) {
    passage.bytes += TextBytes(tokens[i], vocabulary);
    const bool begins = tokens[i - 1] == vocabulary.bos_id();
    if (begins && vocabulary.piece(tokens[i]).front() == ' ') --passage.bytes;
  }
  passage.tokens = std::move(tokens);
  return passage;
}

std::vector<Passage> StoryPassages(absl::Span<const absl::string_view> stories,
                                   const Vocabulary& vocabulary, int64_t max_tokens) {
  const Encoder encoder(&vocabulary);
  std::vector<Passage> passages;
  passages.reserve(stories.size());
  for (absl::string_view story : stories) {
    std::vector<int> tokens = encoder.Encode(story, {.add_bos = true});
    if (static_cast<int64_t>(tokens.size()) > max_tokens) tokens.resize(max_tokens);
    passages.push_back(MakePassage(std::move(tokens), vocabulary));
  }
  return passages;
}

}  // namespace llama2
