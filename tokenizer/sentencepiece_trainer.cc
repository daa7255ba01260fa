#include "tokenizer/sentencepiece_trainer.h"

#include <sentencepiece_trainer.h>

#include <cstddef>
#include <unordered_map>

namespace llama2 {
namespace {

// Hands out the texts one by one.
class TextIterator : public ::sentencepiece::SentenceIterator {
 public:
  explicit TextIterator(const std::vector<std::string_view>& texts) : texts_(texts) { Load(); }

  bool done() const override { return next_ >= texts_.size(); }
  void Next() override {
    ++next_;
    Load();
  }
  const std::string& value() const override { return text_; }
  ::sentencepiece::util::Status status() const override { return {}; }

 private:
  // SentencePiece reserves U+2585 and drops a text that has one. A tab is only left out.
  void Load() {
    constexpr std::string_view kReserved = "\xE2\x96\x85";
    if (done()) return;
    text_ = texts_[next_];
    for (size_t at = 0; (at = text_.find(kReserved, at)) != std::string::npos;) {
      text_.replace(at, kReserved.size(), "\t");
    }
  }

  const std::vector<std::string_view>& texts_;
  size_t next_ = 0;
  std::string text_;
};

}  // namespace

SentencePieceTraining TrainSentencePiece(const std::vector<std::string_view>& texts,
                                         int vocab_size) {
  const std::unordered_map<std::string, std::string> settings = {
      {"model_type", "bpe"},
      {"vocab_size", std::to_string(vocab_size)},
      {"character_coverage", "1.0"},
      {"byte_fallback", "true"},
      {"split_digits", "true"},
      {"allow_whitespace_only_pieces", "true"},
      {"normalization_rule_name", "identity"},
      {"unk_surface", " \xE2\x81\x87 "},
      // Our encoder keeps every space.
      {"remove_extra_whitespaces", "false"},
      // In bytes, the most that it takes: a text is a whole story, and a longer one is dropped.
      {"max_sentence_length", "1073741824"},
      {"hard_vocab_limit", "false"},
      {"self_test_sample_size", "0"},
      {"num_threads", "1"},
      {"minloglevel", "4"},
  };
  TextIterator iterator(texts);
  SentencePieceTraining result;
  const ::sentencepiece::util::Status status =
      ::sentencepiece::SentencePieceTrainer::Train(settings, &iterator, &result.model);
  if (!status.ok()) result.error = status.ToString();
  return result;
}

}  // namespace llama2
