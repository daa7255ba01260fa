#include "testing/tiny_vocabulary.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_format.h"
#include "base/check.h"

namespace llama2 {
namespace {

// Each is two earlier ones, or letters, put together.
constexpr const char* kMerges[] = {
    " t", "he", " a",   " s", "in", "re",  " w", "nd",   "ou",   "er",   "on",
    " b", "ed", " the", "it", " h", "is",  " m", "ing",  " to",  " and", "or",
    "en", "an", "ll",   " o", "as", " he", "ay", " was", " she",
};

// The n-th of "aa", "ab", ..., "zz", "aaa", ...: letters as the digits of a number.
std::string Letters(int64_t n) {
  int64_t count = 26 * 26;
  size_t length = 2;
  for (; n >= count; ++length) {
    n -= count;
    count *= 26;
  }
  std::string letters(length, 'a');
  for (; n > 0; n /= 26) letters[--length] += n % 26;
  return letters;
}

template <typename T>
void AppendNumber(T number, std::string& bytes) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

}  // namespace

std::vector<std::string> TinyVocabulary(int64_t tokens) {
  CHECK_GE(tokens, kLeastVocabulary);
  std::vector<std::string> vocabulary = {"<unk>", "\n<s>\n", "\n</s>\n"};
  for (int byte = 0; byte < 256; ++byte) {
    vocabulary.push_back(absl::StrFormat("<0x%02X>", byte));
  }
  vocabulary.push_back(" ");
  for (char letter = 'a'; letter <= 'z'; ++letter) vocabulary.emplace_back(1, letter);
  vocabulary.insert(vocabulary.end(), std::begin(kMerges), std::end(kMerges));
  const absl::flat_hash_set<std::string> merges(std::begin(kMerges), std::end(kMerges));
  for (int64_t i = 0; vocabulary.size() < tokens; ++i) {
    std::string letters = Letters(i);
    if (!merges.contains(letters)) vocabulary.push_back(std::move(letters));
  }
  vocabulary.resize(tokens);
  return vocabulary;
}

std::string TinyTokenizerBin(int64_t tokens) {
  const std::vector<std::string> vocabulary = TinyVocabulary(tokens);
  size_t longest = 0;
  for (const std::string& text : vocabulary) longest = std::max(longest, text.size());
  std::string bytes;
  AppendNumber<uint32_t>(longest, bytes);
  for (int64_t id = 0; id < tokens; ++id) {
    AppendNumber<float>(-id, bytes);
    AppendNumber<int32_t>(vocabulary[id].size(), bytes);
    bytes += vocabulary[id];
  }
  return bytes;
}

}  // namespace llama2
