// A small Llama 2 vocabulary, so that tests can go from text to text without a real
// one. It has every part that a real one has, and merges that English text uses.
//
//   std::ofstream(path, std::ios::binary) << TinyTokenizerBin(config.vocab_size);
#ifndef LLAMA2_TESTING_TINY_VOCABULARY_H_
#define LLAMA2_TESTING_TINY_VOCABULARY_H_

#include <cstdint>
#include <string>
#include <vector>

namespace llama2 {

// <unk>, BOS, EOS and the 256 bytes, which every Llama 2 vocabulary begins with.
inline constexpr int64_t kLeastVocabulary = 259;

// The texts of `tokens` (at least kLeastVocabulary) distinct tokens by id, as a
// tokenizer.bin has them: the least vocabulary, then the space and 26 letters (ids
// 259 to 285), then merges, each of two earlier tokens: first frequent pieces of
// English (" t", "he", " the", ...), then all pairs, triples, ... of letters. A
// smaller vocabulary is the beginning of a larger one.
std::vector<std::string> TinyVocabulary(int64_t tokens);

// The bytes of a tokenizer.bin with these tokens. A score is minus the id, so that
// what comes earlier is merged earlier.
std::string TinyTokenizerBin(int64_t tokens);

}  // namespace llama2

#endif  // LLAMA2_TESTING_TINY_VOCABULARY_H_
