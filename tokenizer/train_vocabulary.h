// A vocabulary made for a text: byte pair encoding with byte fallback, learnt by
// SentencePiece with llama2.c's settings.
//
//   const std::vector<absl::string_view> stories = {"Once upon a time ...", ...};
//   ASSIGN_OR_RETURN(Vocabulary vocabulary, TrainVocabulary(stories, 1024));
//   return WriteTokenizerBin(vocabulary.tokens(), "tokenizer.bin");
//
// The tokens are <unk>, BOS, EOS, the 256 bytes, then pieces of text in the order in which
// they were merged (the most frequent pair of the text first), then its characters. No
// piece holds letters of two scripts, a digit beside another character, or a space but at
// its beginning (and none has more than 16 characters).
//
// Unlike llama2.c, whose texts are lines, a text here is a whole story. So the vocabulary
// has newlines (".\n"), and is trained on what will be encoded; on TinyStories that takes 2%
// fewer tokens.
#ifndef LLAMA2_TOKENIZER_TRAIN_VOCABULARY_H_
#define LLAMA2_TOKENIZER_TRAIN_VOCABULARY_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {

// The vocabulary of `vocab_size` tokens for `texts`, each UTF-8 without NUL bytes. The same
// texts give the same vocabulary, which SentencePiece and our encoder use alike: the .model
// made of it (sentencepiece_model.h) gives the ids of Encoder. Takes memory for all
// distinct words of the text, and a few seconds for 20 MB of it.
//
// InvalidArgument where there is no text, or `vocab_size` is less than what the text's
// characters need or more than its pairs give; says how many tokens are possible.
absl::StatusOr<Vocabulary> TrainVocabulary(absl::Span<const absl::string_view> texts,
                                           int vocab_size);

}  // namespace llama2

#endif  // LLAMA2_TOKENIZER_TRAIN_VOCABULARY_H_
