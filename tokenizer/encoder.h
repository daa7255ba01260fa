// Text -> token ids, by byte pair encoding as llama2.c (and SentencePiece) does it.
//
//   Encoder encoder(&vocabulary);
//   std::vector<int> ids = encoder.Encode("Once upon a time", {.add_bos = true});
//
// The rules:
// 1. Text that is not empty gets a space in front, if the vocabulary has " ".
// 2. The text is cut into characters: a byte and up to three UTF-8 continuation
//    bytes after it, whether they are valid together or not. A character that is a
//    token becomes it; any other becomes its bytes' tokens, or the unknown token for
//    a byte that the vocabulary lacks.
// 3. As long as two neighbours' texts together are a token with a score above -1e10,
//    the two with the highest such score are merged into it, the leftmost of equals.
//
// Only tokens of text arise from text or take part in merges: "<s>", "<unk>" and
// "<0x0A>" in a prompt are encoded as the characters that they consist of. The ids
// are llama2.c's wherever that has any, with one exception: it merges text to a
// control or byte token if a vocabulary's pieces lead there. Those of the Llama 2
// and stories260K vocabularies do not.
#ifndef LLAMA2_TOKENIZER_ENCODER_H_
#define LLAMA2_TOKENIZER_ENCODER_H_

#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {

struct EncodeOptions {
  bool add_bos = false;
  bool add_eos = false;
};

// Thread-safe: any number of threads may encode with one.
class Encoder {
 public:
  // The longest text: what 32 bits count, with room to spare.
  static constexpr size_t kMaxTextBytes = size_t{1} << 31;

  // `vocabulary` must outlive the encoder.
  explicit Encoder(const Vocabulary* vocabulary);

  // The ids of `text`, which is any bytes, at most kMaxTextBytes of them. Takes
  // O(n log n) time and O(n) memory.
  std::vector<int> Encode(absl::string_view text, EncodeOptions options = {}) const;

 private:
  // Whether some token's text has `left` directly followed by `right`. Where none
  // has, no merge can ever cross: the text on both sides is encoded apart.
  bool CanJoin(char left, char right) const;

  const Vocabulary* vocabulary_;
  std::vector<bool> joins_;  // by left * 256 + right
};

}  // namespace llama2

#endif  // LLAMA2_TOKENIZER_ENCODER_H_
