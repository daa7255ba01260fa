// The tokens that a model knows: their text, their scores, and what each is for.
//
//   ASSIGN_OR_RETURN(Vocabulary vocabulary,
//                    Vocabulary::Load("tokenizer.bin", config.vocab_size));
//   vocabulary.piece(306);                       // " I"
//   Encoder encoder(&vocabulary);                // text -> ids
//   Decoder decoder(&vocabulary);                // ids -> text
#ifndef LLAMA2_TOKENIZER_VOCABULARY_H_
#define LLAMA2_TOKENIZER_VOCABULARY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tokenizer/token.h"

namespace llama2 {

// Immutable and move-only; a moved-from vocabulary may only be destroyed or
// assigned to. Thread-safe: any number of threads may share one.
//
// Id 0 is the unknown token, 1 BOS, 2 EOS. Of tokens with the same text, the
// lowest id is the one that text is encoded to (SentencePiece allows no duplicates;
// vocabularies that were extended by hand have them). Byte tokens may be missing:
// the unknown token then stands for the byte.
class Vocabulary {
 public:
  // No vocabulary file is larger: those in use have at most a few megabytes, and
  // memory for a hostile one is bounded by this.
  static constexpr size_t kMaxFileBytes = size_t{32} << 20;

  // Nor any token's text: 27 bytes are the longest of Llama 2's.
  static constexpr size_t kMaxPieceBytes = size_t{64} << 10;

  // Reads the file at `path`, a tokenizer.bin or a SentencePiece .model; which one,
  // its content says. `expected_size` is the model's vocabulary size; without it the
  // file is taken for whole. (A tokenizer.bin that was cut between two tokens can
  // only be told by its size.)
  //
  // Errors name the file, and the token where it is one: InvalidArgument for a file
  // that is malformed or does not have `expected_size` tokens, Unimplemented for
  // a .model of another kind than Llama's (see sentencepiece_model.h), and those of
  // MappedFile::Open.
  static absl::StatusOr<Vocabulary> Load(absl::string_view path,
                                         std::optional<int> expected_size = std::nullopt);

  // The same for a file's content, which is not kept. Errors call it `name`.
  static absl::StatusOr<Vocabulary> Parse(absl::Span<const uint8_t> bytes,
                                          absl::string_view name,
                                          std::optional<int> expected_size = std::nullopt);

  // A vocabulary of these tokens (fewer than 2^31), which get the ids 0, 1, ...
  // InvalidArgument, naming the token, unless: there are at least the three tokens
  // named above, of their kinds, and no second unknown token; every piece has 1 to
  // kMaxPieceBytes bytes; scores are finite; "<0xHH>" is the piece of every byte token and of
  // no other.
  static absl::StatusOr<Vocabulary> Create(std::vector<Token> tokens);

  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;

  static constexpr int unknown_id() { return kUnknownId; }
  static constexpr int bos_id() { return kBosId; }
  static constexpr int eos_id() { return kEosId; }

  // All tokens by id. The rest of the accessors with an `id` need 0 <= id < size().
  absl::Span<const Token> tokens() const { return tokens_; }
  int size() const { return static_cast<int>(tokens_.size()); }
  const std::string& piece(int id) const { return token(id).piece; }
  float score(int id) const { return token(id).score; }
  TokenKind kind(int id) const { return token(id).kind; }

  // The token that `text` as a whole is, if it is one. Never a control, byte or
  // unknown token: no text is.
  std::optional<int> Find(absl::string_view text) const;

  // The byte token for `byte`, or unknown_id() where the vocabulary has none.
  int byte_id(uint8_t byte) const { return byte_ids_[byte]; }

  // The most bytes that a text given to Find can have and be found.
  size_t longest_text() const { return longest_text_; }

 private:
  explicit Vocabulary(std::vector<Token> tokens);
  const Token& token(int id) const;

  std::vector<Token> tokens_;
  // The keys point into tokens_, whose elements stay where they are.
  absl::flat_hash_map<absl::string_view, int> text_ids_;
  std::array<int, 256> byte_ids_;
  size_t longest_text_ = 0;
};

}  // namespace llama2

#endif  // LLAMA2_TOKENIZER_VOCABULARY_H_
