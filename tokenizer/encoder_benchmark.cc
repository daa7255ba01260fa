// How many megabytes of text a second are encoded, on a vocabulary of 32,000 tokens:
// the real one where LLAMA2_SHARED_DATA has it, else one of made-up words.
//
//   bazel run -c opt //tokenizer:encoder_benchmark
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/check.h"
#include "benchmark/benchmark.h"
#include "testing/shared_data.h"
#include "tokenizer/encoder.h"
#include "tokenizer/test_vocabulary.h"
#include "tokenizer/token.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {
namespace {

constexpr int kVocabularySize = 32000;
constexpr size_t kTextBytes = 1 << 20;

// All strings over a to z, the short ones first, half of them with a space in front.
Vocabulary MadeUpVocabulary() {
  std::vector<Token> tokens = TestTokens({" "});
  std::vector<std::string> words = {""};
  for (size_t i = 0; tokens.size() < kVocabularySize; ++i) {
    for (char letter = 'a'; letter <= 'z'; ++letter) {
      words.push_back(words[i] + letter);
      for (const std::string& piece : {words.back(), " " + words.back()}) {
        tokens.push_back({piece, -static_cast<float>(tokens.size()), TokenKind::kNormal});
      }
    }
  }
  tokens.resize(kVocabularySize);
  absl::StatusOr<Vocabulary> vocabulary = Vocabulary::Create(std::move(tokens));
  CHECK(vocabulary.ok());
  return *std::move(vocabulary);
}

Vocabulary BenchmarkVocabulary() {
  const std::optional<std::string> path = SharedDataPath("tokenizer.bin");
  if (!path) return MadeUpVocabulary();
  absl::StatusOr<Vocabulary> vocabulary = Vocabulary::Load(*path, kVocabularySize);
  CHECK(vocabulary.ok());
  return *std::move(vocabulary);
}

void Encode(benchmark::State& state, const std::string& text) {
  const Vocabulary vocabulary = BenchmarkVocabulary();
  const Encoder encoder(&vocabulary);
  for (auto _ : state) benchmark::DoNotOptimize(encoder.Encode(text));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}

void BM_EncodeWords(benchmark::State& state) {
  const std::vector<std::string> words = {"once",   "upon", "a",    "time", "there", "was",
                                          "little", "girl", "who",  "saw",  "very",  "big",
                                          "dragon", "and",  "they", "went", "home\n"};
  std::mt19937 random(1);
  std::string text;
  while (text.size() < kTextBytes) text += " " + words[random() % words.size()];
  Encode(state, text);
}
BENCHMARK(BM_EncodeWords)->Unit(benchmark::kMillisecond);

void BM_EncodeRandomBytes(benchmark::State& state) {
  std::mt19937 random(1);
  std::string text(kTextBytes, '\0');
  for (char& byte : text) byte = static_cast<char>(random());
  Encode(state, text);
}
BENCHMARK(BM_EncodeRandomBytes)->Unit(benchmark::kMillisecond);

// One token's text cannot be told from the next's: the whole is one stretch.
void BM_EncodeOneLetter(benchmark::State& state) {
  Encode(state, std::string(kTextBytes, 'a'));
}
BENCHMARK(BM_EncodeOneLetter)->Unit(benchmark::kMillisecond);

void BM_EncodeSpaces(benchmark::State& state) { Encode(state, std::string(kTextBytes, ' ')); }
BENCHMARK(BM_EncodeSpaces)->Unit(benchmark::kMillisecond);

void BM_EncodeRandomLetters(benchmark::State& state) {
  std::mt19937 random(1);
  std::string text(kTextBytes, '\0');
  for (char& byte : text) byte = static_cast<char>('a' + random() % 26);
  Encode(state, text);
}
BENCHMARK(BM_EncodeRandomLetters)->Unit(benchmark::kMillisecond);

// A short prompt: what each request pays.
void BM_EncodePrompt(benchmark::State& state) { Encode(state, "Once upon a time"); }
BENCHMARK(BM_EncodePrompt);

void BM_MakeEncoder(benchmark::State& state) {
  const Vocabulary vocabulary = BenchmarkVocabulary();
  for (auto _ : state) benchmark::DoNotOptimize(Encoder(&vocabulary));
}
BENCHMARK(BM_MakeEncoder)->Unit(benchmark::kMillisecond);

void BM_MakeVocabulary(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(BenchmarkVocabulary());
}
BENCHMARK(BM_MakeVocabulary)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace llama2
