// Text -> token ids by SentencePiece itself: what our encoder is held to.
//
//   SentencePieceEncoder encoder(model_bytes);
//   encoder.Encode("Once upon a time") == Encoder(&vocabulary).Encode("Once upon a time");
#ifndef LLAMA2_TOKENIZER_SENTENCEPIECE_ENCODER_H_
#define LLAMA2_TOKENIZER_SENTENCEPIECE_ENCODER_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace llama2 {

// The standard library's types alone, as in sentencepiece_trainer.h and for its reason.
class SentencePieceEncoder {
 public:
  // Of a .model's bytes. Aborts where SentencePiece cannot read them.
  explicit SentencePieceEncoder(const std::string& model);
  ~SentencePieceEncoder();

  std::vector<int> Encode(std::string_view text) const;

 private:
  std::unique_ptr<::sentencepiece::SentencePieceProcessor> processor_;
};

}  // namespace llama2

#endif  // LLAMA2_TOKENIZER_SENTENCEPIECE_ENCODER_H_
