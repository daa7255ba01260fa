// A random model with a vocabulary, for the tests of this room.
//
//   const TestModel test;
//   const Passage passage = test.Read("the rain");
#ifndef LLAMA2_ANALYSIS_TEST_MODEL_H_
#define LLAMA2_ANALYSIS_TEST_MODEL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "analysis/passage.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "llama/config.h"
#include "llama/fp32.h"
#include "llama/transformer.h"
#include "testing/oracle.h"
#include "testing/tiny_models.h"
#include "testing/tiny_vocabulary.h"
#include "tokenizer/encoder.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {

struct TestModel {
  // The last token of the vocabulary is " the".
  static constexpr Config kConfig = {.dim = 32,
                                     .hidden_dim = 40,
                                     .n_layers = 2,
                                     .n_heads = 4,
                                     .n_kv_heads = 2,
                                     .vocab_size = 300,
                                     .seq_len = 64};

  explicit TestModel(uint64_t seed = 1, Config c = kConfig)
      : config(c),
        tiny(MakeTinyModel(c, seed)),
        model(MakeFp32Transformer(c, tiny.weights(), Kernels(BestIsa()))) {}

  static Vocabulary MakeVocabulary() {
    const std::string bytes = TinyTokenizerBin(kConfig.vocab_size);
    return *Vocabulary::Parse(
        absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
        "tiny");
  }

  std::vector<int> Encode(absl::string_view text) const {
    return Encoder(&vocabulary).Encode(text, {.add_bos = true});
  }
  Passage Read(absl::string_view text) const { return MakePassage(Encode(text), vocabulary); }

  std::vector<double> Losses(const std::vector<int>& tokens) const {
    return OracleLosses(config, tiny.weights(), tokens);
  }

  Config config;
  Vocabulary vocabulary = MakeVocabulary();
  TinyModel tiny;
  std::unique_ptr<const Transformer> model;
};

inline bool GoOn(int64_t, int64_t) { return true; }

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_TEST_MODEL_H_
