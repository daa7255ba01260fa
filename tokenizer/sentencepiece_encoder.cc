#include "tokenizer/sentencepiece_encoder.h"

#include <sentencepiece_processor.h>

#include <cstdlib>

namespace llama2 {

SentencePieceEncoder::SentencePieceEncoder(const std::string& model)
    : processor_(std::make_unique<::sentencepiece::SentencePieceProcessor>()) {
  if (!processor_->LoadFromSerializedProto(model).ok()) std::abort();
}

SentencePieceEncoder::~SentencePieceEncoder() = default;

std::vector<int> SentencePieceEncoder::Encode(std::string_view text) const {
  std::vector<int> ids;
  if (!processor_->Encode(text, &ids).ok()) std::abort();
  return ids;
}

}  // namespace llama2
