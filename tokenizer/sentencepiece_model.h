// Reads and writes the .model file of SentencePiece, a serialized ModelProto
// (sentencepiece_model.proto has the part that we need), as far as it can be encoded
// by the rules of a Llama vocabulary.
//
//   if (IsSentencePieceModel(bytes)) {
//     ASSIGN_OR_RETURN(std::vector<Token> tokens, ParseSentencePieceModel(bytes));
//   }
#ifndef LLAMA2_TOKENIZER_SENTENCEPIECE_MODEL_H_
#define LLAMA2_TOKENIZER_SENTENCEPIECE_MODEL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "tokenizer/token.h"

namespace llama2 {

// Whether `bytes` open as a .model does and no tokenizer.bin can: with a first
// piece (tag 0x0A, a length) that starts with its text (tag 0x0A). A tokenizer.bin
// that opened so would claim a piece ten times longer than a vocabulary's may be.
bool IsSentencePieceModel(absl::Span<const uint8_t> bytes);

// The tokens of the model in `bytes`, equal to those of the tokenizer.bin that
// llama2.c's tokenizer.py makes from it, but for the kinds that only a .model
// knows: U+2581 becomes a space, BOS is "\n<s>\n" and EOS "\n</s>\n".
//
// InvalidArgument where the bytes are no ModelProto, or lack trainer_spec or
// normalizer_spec (they come last: a truncated file lacks them).
// Unimplemented where a tokenizer.bin would not give the model's ids: it is not
// BPE with byte fallback, it has a normalizer that replaces characters, or it
// treats spaces differently. One difference is accepted, as llama2.c does for its
// own stories260K: remove_extra_whitespaces is ignored, and spaces are kept.
// Messages name the field, not the file.
absl::StatusOr<std::vector<Token>> ParseSentencePieceModel(absl::Span<const uint8_t> bytes);

// The bytes of a BPE model with byte fallback that holds `tokens`, those of a Vocabulary.
// Parsing them gives the same tokens but for the text of BOS and EOS, which a .model
// calls "<s>" and "</s>". SentencePiece reads the model too, and gives our ids, where all
// 256 byte tokens exist and no two tokens have the same text.
// InvalidArgument, naming the token, where its piece cannot be kept: one with U+2581,
// which a model takes for a space, or an unknown token so long (over 100 bytes) that
// IsSentencePieceModel would not know the file again.
absl::StatusOr<std::string> SerializeSentencePieceModel(absl::Span<const Token> tokens);

}  // namespace llama2

#endif  // LLAMA2_TOKENIZER_SENTENCEPIECE_MODEL_H_
