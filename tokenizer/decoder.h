// Token ids -> text, one token at a time, as they are sampled.
//
//   Decoder decoder(&vocabulary);
//   for (int id : ids) std::cout << decoder.Decode(id);
//   std::cout << decoder.Flush();
//
// The text is valid UTF-8 whatever the ids are; a terminal wants it without control
// characters (RemoveControlCharacters in utf8.h).
#ifndef LLAMA2_TOKENIZER_DECODER_H_
#define LLAMA2_TOKENIZER_DECODER_H_

#include <string>

#include "tokenizer/utf8.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {

// The decoder of one sequence. Thread-safety: one thread at a time.
class Decoder {
 public:
  // `vocabulary` must outlive the decoder.
  explicit Decoder(const Vocabulary* vocabulary);

  // The text that token `id` (0 <= id < vocabulary size) brings to an end:
  // - a byte token is that byte; the beginning of a character is held back until it
  //   is whole, and becomes U+FFFD when it cannot become so any more;
  // - a control token is no text, and ends a character that is held back;
  // - any other token is its piece, without its first space if BOS came just before
  //   and the vocabulary has " " (the encoder put it there, rule 1 in encoder.h). The
  //   unknown token's piece is usually "<unk>".
  std::string Decode(int id);

  // Ends the text: a character that is held back becomes U+FFFD. The decoder then
  // stands as new.
  std::string Flush();

 private:
  const Vocabulary* vocabulary_;
  Utf8Stream utf8_;
  bool after_bos_ = false;
};

}  // namespace llama2

#endif  // LLAMA2_TOKENIZER_DECODER_H_
