#include "tokenizer/encoder.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "tokenizer/token.h"

namespace llama2 {
namespace {

// Pairs with this score or a lower one are never merged (llama2.c, run.c).
constexpr float kScoreFloor = -1e10f;

constexpr size_t kMaxCharacterBytes = 4;

bool IsContinuation(char byte) { return (byte & 0xC0) == 0x80; }

// The size of the character (rule 2) that `text`, which is not empty, begins with.
size_t CharacterSize(absl::string_view text) {
  const size_t limit = std::min(text.size(), kMaxCharacterBytes);
  size_t size = 1;
  while (size < limit && IsContinuation(text[size])) ++size;
  return size;
}

size_t JoinIndex(char left, char right) {
  return static_cast<uint8_t>(left) * size_t{256} + static_cast<uint8_t>(right);
}

// A number that is the smaller, the higher `score` is; the same for equal scores.
uint32_t Rank(float score) {
  uint32_t bits;
  score += 0.0f;  // -0 is 0
  std::memcpy(&bits, &score, sizeof(bits));
  // As integers, positive floats are in order and negative ones in reverse.
  constexpr uint32_t kSign = uint32_t{1} << 31;
  return (bits & kSign) != 0 ? bits : ~bits & ~kSign;
}

// A stretch of tokens that are neighbours in the text, and their merging (rule 3).
// Every token covers the bytes of the text that it came from, so a pair's text is a
// part of the whole, and a token can go by the place of its first byte.
class Stretch {
 public:
  explicit Stretch(const Vocabulary* vocabulary) : vocabulary_(*vocabulary) {}

  // Adds the token `id` that `text` is. Calls between two of Finish pass
  // neighbouring parts of one text.
  void Add(absl::string_view text, int id);

  // Merges, appends the resulting ids to `ids`, and is empty again.
  void Finish(std::vector<int>* ids);

 private:
  static constexpr uint32_t kNoMerge = std::numeric_limits<uint32_t>::max();

  // The token that covers the bytes [place, next). Where none begins, only the rank
  // means anything, and it is kNoMerge.
  struct Node {
    uint32_t previous = 0;  // the place of its left neighbour
    uint32_t next = 0;      // the place of its right neighbour
    int id = 0;
    int merged_id = 0;         // what it and its right neighbour would become,
    uint32_t rank = kNoMerge;  // and when: the lowest goes first
  };

  void FindMerge(uint32_t place);
  void Merge(uint32_t place);

  const Vocabulary& vocabulary_;
  const char* text_ = nullptr;
  std::vector<Node> nodes_;  // by place
  uint32_t last_ = 0;        // the place of the last token added
  // A heap of (rank, place), the lowest on top, the leftmost of equals. It has all
  // merges that nodes have; what it has besides is out of date.
  std::vector<uint64_t> heap_;
};

void Stretch::Add(absl::string_view text, int id) {
  const uint32_t place = nodes_.size();
  if (place == 0) text_ = text.data();
  nodes_.resize(place + text.size());
  nodes_[place].previous = last_;
  nodes_[place].next = nodes_.size();
  nodes_[place].id = id;
  last_ = place;
}

void Stretch::Finish(std::vector<int>* ids) {
  for (uint32_t place = 0; place < nodes_.size(); place = nodes_[place].next) {
    FindMerge(place);
  }
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    const uint32_t rank = heap_.back() >> 32;
    const uint32_t place = static_cast<uint32_t>(heap_.back());
    heap_.pop_back();
    if (nodes_[place].rank == rank) Merge(place);
  }
  for (uint32_t place = 0; place < nodes_.size(); place = nodes_[place].next) {
    ids->push_back(nodes_[place].id);
  }
  nodes_.clear();
  last_ = 0;
}

// Looks up what the token at `place` and its right neighbour would become.
void Stretch::FindMerge(uint32_t place) {
  Node& node = nodes_[place];
  node.rank = kNoMerge;
  if (node.next == nodes_.size()) return;
  const absl::string_view text(text_ + place, nodes_[node.next].next - place);
  const std::optional<int> id = vocabulary_.Find(text);
  if (!id.has_value() || vocabulary_.score(*id) <= kScoreFloor) return;
  node.merged_id = *id;
  node.rank = Rank(vocabulary_.score(*id));
  heap_.push_back(uint64_t{node.rank} << 32 | place);
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

// Merges the token at `place` with its right neighbour.
void Stretch::Merge(uint32_t place) {
  Node& node = nodes_[place];
  Node& absorbed = nodes_[node.next];
  absorbed.rank = kNoMerge;
  node.id = node.merged_id;
  node.next = absorbed.next;
  if (node.next < nodes_.size()) nodes_[node.next].previous = place;
  if (place > 0) FindMerge(node.previous);
  FindMerge(place);
}

}  // namespace

Encoder::Encoder(const Vocabulary* vocabulary)
    : vocabulary_(vocabulary), joins_(256 * 256, false) {
  for (const Token& token : vocabulary->tokens()) {
    if (!IsText(token.kind)) continue;
    for (size_t i = 1; i < token.piece.size(); ++i) {
      joins_[JoinIndex(token.piece[i - 1], token.piece[i])] = true;
    }
  }
}

bool Encoder::CanJoin(char left, char right) const { return joins_[JoinIndex(left, right)]; }

std::vector<int> Encoder::Encode(absl::string_view text, EncodeOptions options) const {
  CHECK_LE(text.size(), kMaxTextBytes);
  std::vector<int> ids;
  if (options.add_bos) ids.push_back(vocabulary_->bos_id());

  // The space in front is a character of its own, even before a continuation byte.
  const bool add_space = !text.empty() && vocabulary_->Find(" ").has_value();
  const std::string prefixed = absl::StrCat(add_space ? " " : "", text);
  const absl::string_view whole = prefixed;
  Stretch stretch(vocabulary_);
  for (size_t begin = 0; begin < whole.size();) {
    const size_t size = begin == 0 && add_space ? 1 : CharacterSize(whole.substr(begin));
    const absl::string_view character = whole.substr(begin, size);
    const std::optional<int> id = vocabulary_->Find(character);
    if (!id.has_value() || (begin > 0 && !CanJoin(whole[begin - 1], character[0]))) {
      stretch.Finish(&ids);
    }
    if (id.has_value()) {
      stretch.Add(character, *id);
    } else {
      for (const char byte : character) ids.push_back(vocabulary_->byte_id(byte));
    }
    begin += size;
  }
  stretch.Finish(&ids);

  if (options.add_eos) ids.push_back(vocabulary_->eos_id());
  return ids;
}

}  // namespace llama2
