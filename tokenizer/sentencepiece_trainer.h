// SentencePiece's own trainer, behind the standard library's types alone: its headers
// declare an absl::string_view that cannot stand in one file with Abseil's.
//
//   const SentencePieceTraining result = TrainSentencePiece({"Once upon a time"}, 300);
//   if (result.error.empty()) ParseSentencePieceModel(result.model);
//
// For train_vocabulary.cc; nothing else should need it.
#ifndef LLAMA2_TOKENIZER_SENTENCEPIECE_TRAINER_H_
#define LLAMA2_TOKENIZER_SENTENCEPIECE_TRAINER_H_

#include <string>
#include <string_view>
#include <vector>

namespace llama2 {

struct SentencePieceTraining {
  std::string model;  // a serialized ModelProto
  std::string error;  // what SentencePiece says, where it failed
};

// Trains a BPE model with byte fallback on `texts`, with the settings of llama2.c's
// tinystories.py, of at most `vocab_size` tokens: fewer where no more pairs are left.
// Deterministic. Prints nothing: the library's log level, which belongs to the process,
// is set to silence.
SentencePieceTraining TrainSentencePiece(const std::vector<std::string_view>& texts,
                                         int vocab_size);

}  // namespace llama2

#endif  // LLAMA2_TOKENIZER_SENTENCEPIECE_TRAINER_H_
