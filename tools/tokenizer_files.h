// A vocabulary from one of its file formats to the other, and what one is.
//
//   ASSIGN_OR_RETURN(const Vocabulary vocabulary, Vocabulary::Load("tokenizer.model"));
//   ASSIGN_OR_RETURN(const std::vector<std::string> losses,
//                    WriteTokenizer(vocabulary, TokenizerFormat::kBin, "tokenizer.bin"));
//   for (const std::string& loss : losses) std::cerr << loss << "\n";
#ifndef LLAMA2_TOOLS_TOKENIZER_FILES_H_
#define LLAMA2_TOOLS_TOKENIZER_FILES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {

enum class TokenizerFormat {
  kBin,    // llama2.c's tokenizer.bin
  kModel,  // SentencePiece's .model
};

// The format that a file of this name should have: ".bin" or ".model" at its end says.
std::optional<TokenizerFormat> FormatOfName(absl::string_view path);

// Writes the vocabulary's tokens, whole or not at all. Returns a line for each way in
// which the file is not the vocabulary: it is read back and compared. Of a .model, what
// is not part of a vocabulary (how it was trained) is lost without a word.
// Errors: those of SerializeSentencePieceModel, with the path, and of AtomicFileWriter.
absl::StatusOr<std::vector<std::string>> WriteTokenizer(const Vocabulary& vocabulary,
                                                        TokenizerFormat format,
                                                        absl::string_view path);

// Lines for a person: how many tokens of which kind, the scores' range, the longest
// text, the byte tokens that are missing, the texts that two tokens have.
std::string DescribeVocabulary(const Vocabulary& vocabulary);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_TOKENIZER_FILES_H_
