#include "training/dataset.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "tokenizer/token.h"
#include "training/fingerprint.h"
#include "training/held_out.h"

namespace llama2 {
namespace {

// A one-to-one function whose every output bit depends on every input bit: the finalizer of
// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
uint64_t Mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
  x = (x ^ x >> 27) * 0x94D049BB133111EB;
  return x ^ x >> 31;
}

using Wide = unsigned __int128;

// A whole number from 0 to `count` - 1 of random bits.
int64_t Scale(uint64_t bits, int64_t count) {
  return static_cast<int64_t>(Wide{bits} * static_cast<uint64_t>(count) >> 64);
}

int64_t TokensOf(const std::vector<Shard>& shards) {
  int64_t tokens = 0;
  for (const Shard& shard : shards) tokens += shard.size();
  return tokens;
}

// The places of the stories' first tokens in `shards`, one after the other.
std::vector<int64_t> StoryBegins(const std::vector<Shard>& shards) {
  std::vector<int64_t> begins;
  int64_t shard_begin = 0;
  for (const Shard& shard : shards) {
    for (int64_t i = 0; i < shard.size(); ++i) {
      if (shard.token(i) == kBosId) begins.push_back(shard_begin + i);
    }
    shard_begin += shard.size();
  }
  return begins;
}

}  // namespace

absl::StatusOr<Dataset> Dataset::Split(std::vector<Shard> shards, double held_out_fraction,
                                       int64_t window) {
  if (!(held_out_fraction > 0 && held_out_fraction < 1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "held_out_fraction: found ", held_out_fraction, ", expected more than 0, less than 1"));
  }
  const std::vector<int64_t> begins = StoryBegins(shards);
  if (begins.size() < 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("text: found ", begins.size(),
                     " story, expected at least 2: some to train on and some to hold out"));
  }
  const int64_t training_tokens = HeldOutBegin(begins, TokensOf(shards), held_out_fraction);
  Dataset dataset(std::move(shards), training_tokens, window);
  RETURN_IF_ERROR(dataset.CheckSizes());
  return dataset;
}

absl::StatusOr<Dataset> Dataset::Create(std::vector<Shard> training,
                                        std::vector<Shard> held_out, int64_t window) {
  const int64_t training_tokens = TokensOf(training);
  std::vector<Shard> shards = std::move(training);
  std::move(held_out.begin(), held_out.end(), std::back_inserter(shards));
  Dataset dataset(std::move(shards), training_tokens, window);
  RETURN_IF_ERROR(dataset.CheckSizes());
  return dataset;
}

Dataset::Dataset(std::vector<Shard> shards, int64_t training_tokens, int64_t window)
    : shards_(std::move(shards)), training_tokens_(training_tokens), window_(window) {
  CHECK_GE(window, 2);
  for (const Shard& shard : shards_) {
    begins_.push_back(tokens_);
    tokens_ += shard.size();
  }
}

absl::Status Dataset::CheckSizes() const {
  const auto check = [&](absl::string_view part, int64_t tokens) {
    if (tokens >= window_) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(part, ": found ", tokens,
                                                   " tokens, expected at least ", window_,
                                                   ": a sequence and the token after it"));
  };
  RETURN_IF_ERROR(check("text for training", training_tokens()));
  return check("text that is held out", held_out_tokens());
}

void Dataset::TrainingWindow(uint64_t seed, int64_t step, int64_t index,
                             absl::Span<int32_t> tokens) const {
  CHECK_EQ(tokens.size(), window_);
  const uint64_t bits =
      Mix(Mix(Mix(seed) + static_cast<uint64_t>(step)) + static_cast<uint64_t>(index));
  Copy(Scale(bits, training_tokens() - window_ + 1), tokens);
}

void Dataset::ValidationWindow(int64_t index, int64_t count, absl::Span<int32_t> tokens) const {
  CHECK_EQ(tokens.size(), window_);
  const int64_t places = held_out_tokens() - window_ + 1;
  Copy(training_tokens() + ValidationPlace(index, count, places), tokens);
}

void Dataset::Copy(int64_t begin, absl::Span<int32_t> tokens) const {
  size_t shard = std::upper_bound(begins_.begin(), begins_.end(), begin) - begins_.begin() - 1;
  while (!tokens.empty()) {
    const int64_t offset = begin - begins_[shard];
    const auto count = std::min<int64_t>(tokens.size(), shards_[shard].size() - offset);
    shards_[shard].Copy(offset, tokens.first(count));
    tokens.remove_prefix(count);
    begin += count;
    ++shard;
  }
}

uint64_t Dataset::fingerprint() const {
  Fingerprint fingerprint;
  for (const Shard& shard : shards_) fingerprint.AddNumber(shard.fingerprint());
  fingerprint.AddNumber(training_tokens_);
  return fingerprint.value();
}

}  // namespace llama2
