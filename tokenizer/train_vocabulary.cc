#include "tokenizer/train_vocabulary.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "tokenizer/sentencepiece_model.h"
#include "tokenizer/sentencepiece_trainer.h"
#include "tokenizer/token.h"

namespace llama2 {
namespace {

// <unk>, BOS, EOS and the bytes.
constexpr int kTokensOfNoText = 259;

absl::Status SizeError(int found, absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat("vocab_size: found ", found, ", expected ", expected));
}

// How many different characters the texts have for SentencePiece: a space is in front of each,
// U+2581 stands for one, and a tab and U+2585 are left out.
int CountCharacters(absl::Span<const absl::string_view> texts) {
  absl::flat_hash_set<absl::string_view> characters = {" "};
  for (absl::string_view text : texts) {
    while (!text.empty()) {
      size_t length = 1;
      while (length < text.size() && (text[length] & 0xC0) == 0x80) ++length;
      characters.insert(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  for (const char* left_out : {"\t", "\xE2\x96\x81", "\xE2\x96\x85"}) {
    characters.erase(left_out);
  }
  return static_cast<int>(characters.size());
}

// No text gives more tokens: a character each, and for each pair merged there is one token
// less in the text. SentencePiece takes memory for as many as it is asked for.
int64_t MostTokens(absl::Span<const absl::string_view> texts) {
  int64_t bytes = 0;
  for (absl::string_view text : texts) bytes += 1 + static_cast<int64_t>(text.size());
  return kTokensOfNoText + 2 * bytes;
}

// SentencePiece's failure in our words, where it is that of the arguments.
absl::Status ExplainFailure(absl::Span<const absl::string_view> texts, int vocab_size,
                            absl::string_view error) {
  const int characters = CountCharacters(texts);
  if (vocab_size < kTokensOfNoText + characters) {
    return SizeError(vocab_size,
                     absl::StrCat("at least ", kTokensOfNoText + characters, ": ",
                                  kTokensOfNoText, " special tokens and bytes, and the text's ",
                                  characters, " different characters"));
  }
  return absl::InternalError(absl::StrCat("SentencePiece cannot train on this text: ", error));
}

}  // namespace

absl::StatusOr<Vocabulary> TrainVocabulary(absl::Span<const absl::string_view> texts,
                                           int vocab_size) {
  std::vector<std::string_view> views;
  views.reserve(texts.size());
  for (absl::string_view text : texts) views.emplace_back(text.data(), text.size());
  if (std::all_of(views.begin(), views.end(), [](auto view) { return view.empty(); })) {
    return absl::InvalidArgumentError("text: found none, expected some to learn from");
  }
  const SentencePieceTraining training = TrainSentencePiece(
      views, static_cast<int>(std::min<int64_t>(vocab_size, MostTokens(texts))));
  if (!training.error.empty()) return ExplainFailure(texts, vocab_size, training.error);

  ASSIGN_OR_RETURN(
      std::vector<Token> tokens,
      ParseSentencePieceModel(absl::MakeConstSpan(
          reinterpret_cast<const uint8_t*>(training.model.data()), training.model.size())));
  const int size = static_cast<int>(tokens.size());
  if (size != vocab_size) {
    return SizeError(vocab_size,
                     absl::StrCat("at most ", size, ": this text has no more pairs to merge"));
  }
  return Vocabulary::Create(std::move(tokens));
}

}  // namespace llama2
