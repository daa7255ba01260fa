#include "tokenizer/reference_encoder.h"

#include <cstdint>
#include <map>
#include <string>

#include "tokenizer/token.h"

namespace llama2 {
namespace {

using TextIds = std::map<std::string, int>;

// Rule 2: appends the ids of one character.
void AppendCharacter(const Vocabulary& vocabulary, const TextIds& text_ids,
                     const std::string& character, std::vector<int>* ids) {
  const auto found = text_ids.find(character);
  if (found != text_ids.end()) {
    ids->push_back(found->second);
    return;
  }
  for (const uint8_t byte : character) {
    int id = vocabulary.unknown_id();
    for (int i = vocabulary.size() - 1; i >= 0; --i) {
      if (vocabulary.kind(i) == TokenKind::kByte && ByteOfPiece(vocabulary.piece(i)) == byte) {
        id = i;
      }
    }
    ids->push_back(id);
  }
}

// Rule 3: merges the best pair. False where there is none.
bool MergeBest(const Vocabulary& vocabulary, const TextIds& text_ids, std::vector<int>* ids) {
  float best_score = -1e10f;
  int best_id = -1;
  size_t best = 0;
  for (size_t i = 0; i + 1 < ids->size(); ++i) {
    const Token& left = vocabulary.tokens()[(*ids)[i]];
    const Token& right = vocabulary.tokens()[(*ids)[i + 1]];
    if (!IsText(left.kind) || !IsText(right.kind)) continue;
    const auto found = text_ids.find(left.piece + right.piece);
    if (found == text_ids.end()) continue;
    const float score = vocabulary.score(found->second);
    if (score > best_score) {
      best_score = score;
      best_id = found->second;
      best = i;
    }
  }
  if (best_id < 0) return false;
  (*ids)[best] = best_id;
  ids->erase(ids->begin() + best + 1);
  return true;
}

}  // namespace

std::vector<int> ReferenceEncode(const Vocabulary& vocabulary, absl::string_view text) {
  TextIds text_ids;
  for (int id = 0; id < vocabulary.size(); ++id) {
    // emplace keeps the first of equals.
    if (IsText(vocabulary.kind(id))) text_ids.emplace(vocabulary.piece(id), id);
  }
  std::vector<int> ids;
  if (!text.empty() && text_ids.contains(" ")) ids.push_back(text_ids[" "]);
  std::string character;
  for (const char byte : text) {
    const bool continues = (byte & 0xC0) == 0x80;
    if (!character.empty() && (!continues || character.size() == 4)) {
      AppendCharacter(vocabulary, text_ids, character, &ids);
      character.clear();
    }
    character.push_back(byte);
  }
  if (!character.empty()) AppendCharacter(vocabulary, text_ids, character, &ids);
  while (MergeBest(vocabulary, text_ids, &ids)) {
  }
  return ids;
}

}  // namespace llama2
