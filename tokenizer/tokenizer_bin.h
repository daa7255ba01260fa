// The vocabulary file of llama2.c, tokenizer.bin:
//
//   u32 max_token_length           bytes of the longest piece
//   for each id, from 0:
//     f32 score
//     i32 length                   bytes of the piece, at least 1
//     u8  piece[length]            no terminator
//
// All little-endian. The number of tokens is not in the file, nor are their kinds:
// id 0 is the unknown token, 1 is BOS, 2 is EOS, a piece "<0xHH>" is a byte, and
// everything else is normal.
//
//   return WriteTokenizerBin(vocabulary.tokens(), "tokenizer.bin");
#ifndef LLAMA2_TOKENIZER_TOKENIZER_BIN_H_
#define LLAMA2_TOKENIZER_TOKENIZER_BIN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tokenizer/token.h"

namespace llama2 {

// Reads `bytes` to their end. max_token_length may be larger than the longest piece
// (all that a reader needs is a bound), not smaller.
// InvalidArgument, naming token and field but not the file, where the bytes do not
// follow the format. What the tokens must be to make a vocabulary is checked by
// Vocabulary::Create.
absl::StatusOr<std::vector<Token>> ParseTokenizerBin(absl::Span<const uint8_t> bytes);

// The bytes of the tokenizer.bin that holds `tokens`. Reading them back gives the
// same pieces and scores, to the bit.
std::string SerializeTokenizerBin(absl::Span<const Token> tokens);

// Writes that file, whole or not at all. Errors: as AtomicFileWriter's.
absl::Status WriteTokenizerBin(absl::Span<const Token> tokens, absl::string_view path);

}  // namespace llama2

#endif  // LLAMA2_TOKENIZER_TOKENIZER_BIN_H_
