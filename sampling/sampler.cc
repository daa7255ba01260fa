#include "sampling/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/check.h"
#include "base/status_macros.h"

namespace llama2 {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kMaxFloat = std::numeric_limits<float>::max();

template <typename T>
absl::Status CheckRange(absl::string_view field, T found, T low, T high,
                        absl::string_view expected) {
  // Written so that NaN is out of range.
  if (low <= found && found <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, " is ", found, "; expected ", expected));
}

// Below infinity: neither NaN nor +infinity, which a sound checkpoint cannot give.
bool IsSound(float logit) { return logit < kInfinity; }

absl::Status CheckLogits(absl::Span<const float> logits) {
  // All of them without a branch, so that the loop can be vectorised.
  int damaged = 0;
  for (float logit : logits) damaged |= !IsSound(logit);
  if (!damaged) return absl::OkStatus();
  const auto found = std::find_if_not(logits.begin(), logits.end(), IsSound);
  return absl::DataLossError(absl::StrCat("the logit of token ", found - logits.begin(), " is ",
                                          *found,
                                          "; expected a number below infinity: the "
                                          "checkpoint's weights are damaged"));
}

float Penalized(float logit, float penalty) {
  if (logit == -kInfinity) return logit;
  // Clamped, so that no penalty makes an infinity of a number.
  return std::clamp(logit > 0 ? logit / penalty : logit * penalty, -kMaxFloat, kMaxFloat);
}

// The token, in order of the ids, on which the coin falls.
int SampleFromAll(absl::Span<const float> probabilities, float coin) {
  float cdf = 0;
  for (size_t i = 0; i < probabilities.size(); ++i) {
    cdf += probabilities[i];
    if (coin < cdf) return static_cast<int>(i);
  }
  // Rounding left the sum below the coin: it falls on the last token that can occur.
  size_t last = probabilities.size() - 1;
  while (probabilities[last] == 0) --last;
  return static_cast<int>(last);
}

// How far `coin` is from the ends of its token's interval, from `low` to `high`, all of them
// shares of 1: in log odds, which change as differences of logits do. 0 and 1 are no ends, for
// nothing lies beyond.
float DistanceToEnds(float low, float coin, float high) {
  const auto log_odds = [](float share) { return std::log(share / (1 - share)); };
  float distance = kInfinity;
  if (low > 0) distance = log_odds(coin) - log_odds(low);
  if (high < 1) distance = std::min(distance, log_odds(high) - log_odds(coin));
  return std::max(0.0f, distance);
}

// The choice of the largest logit, as if a coin fell on the one token that was kept.
SamplerTrace WithoutCoin(absl::Span<const float> logits, int64_t best) {
  SamplerTrace trace;
  trace.logits.assign(logits.begin(), logits.end());
  trace.token = static_cast<int>(best);
  trace.kept = {trace.token};
  trace.kept_sum = 1;
  return trace;
}

// All tokens stay, in the order of their ids.
void KeepAll(SamplerTrace& trace) {
  trace.kept.resize(trace.probabilities.size());
  std::iota(trace.kept.begin(), trace.kept.end(), 0);
  trace.kept_sum = 1;
  trace.target = trace.coin;
}

}  // namespace

absl::Status Validate(const SamplerOptions& options) {
  RETURN_IF_ERROR(CheckRange("temperature", options.temperature, 0.0f, kMaxFloat,
                             "a finite number, 0 or more"));
  RETURN_IF_ERROR(CheckRange("top_p", options.top_p, 0.0f, 1.0f, "a number from 0 to 1"));
  RETURN_IF_ERROR(CheckRange("top_k", options.top_k, 0, std::numeric_limits<int>::max(),
                             "0 (off) or more"));
  RETURN_IF_ERROR(CheckRange("min_p", options.min_p, 0.0f, 1.0f, "a number from 0 to 1"));
  RETURN_IF_ERROR(CheckRange("repetition_penalty", options.repetition_penalty,
                             std::numeric_limits<float>::denorm_min(), kMaxFloat,
                             "a finite number above 0"));
  return CheckRange("repetition_window", options.repetition_window, 0,
                    std::numeric_limits<int>::max(), "0 or more");
}

Sampler::Sampler(const SamplerOptions& options, Kernels kernels)
    : options_(options), kernels_(kernels), rng_(options.seed), ranking_(kernels) {
  CHECK(Validate(options).ok());
}

absl::StatusOr<int> Sampler::Sample(absl::Span<float> logits, absl::Span<const int> history,
                                    SamplerTrace* trace, float* margin) {
  CHECK(!logits.empty());
  RETURN_IF_ERROR(CheckLogits(logits));
  if (options_.repetition_penalty != 1) RETURN_IF_ERROR(PenalizeRepetition(history, logits));

  const int64_t best = kernels_.Argmax(logits);
  if (logits[best] == -kInfinity) {
    return absl::DataLossError(
        "every logit is -infinity; expected a number: the checkpoint's weights are damaged");
  }
  if (trace != nullptr) *trace = WithoutCoin(logits, best);
  const bool greedy = options_.temperature == 0;
  if (margin != nullptr) *margin = greedy ? MarginOfLargest(logits, best) : kInfinity;
  const float temperature = options_.temperature;
  if (temperature == 0) return static_cast<int>(best);

  const float coin = rng_.NextFloat();
  if (trace != nullptr) trace->coin = coin;
  if (std::isinf(logits[best] / temperature)) return static_cast<int>(best);
  if (temperature != 1) {  // dividing by 1 would change nothing
    for (float& logit : logits) logit /= temperature;
  }
  kernels_.Softmax(logits);
  const int token = Truncates(logits.size())
                        ? SampleFromPrefix(logits, logits[best], coin, trace)
                        : SampleFromAll(logits, coin);
  if (trace != nullptr) {
    trace->probabilities.assign(logits.begin(), logits.end());
    trace->token = token;
    if (!Truncates(logits.size())) KeepAll(*trace);
  }
  if (margin != nullptr) *margin = MarginOfCoin(logits, token, coin);
  return token;
}

bool Sampler::NeedsAllLogits() const {
  return options_.temperature != 0 || options_.repetition_penalty != 1;
}

absl::Status Sampler::PenalizeRepetition(absl::Span<const int> history,
                                         absl::Span<float> logits) {
  const absl::Span<const int> recent =
      history.last(std::min<size_t>(history.size(), options_.repetition_window));
  for (int token : recent) {
    if (token < 0 || token >= logits.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("history has token ", token, "; expected 0 to ", logits.size() - 1));
    }
  }
  seen_.resize(logits.size());
  for (int token : recent) {
    if (!seen_[token]) logits[token] = Penalized(logits[token], options_.repetition_penalty);
    seen_[token] = true;
  }
  for (int token : recent) seen_[token] = false;
  return absl::OkStatus();
}

bool Sampler::Truncates(size_t vocabulary_size) const {
  return (options_.top_p > 0 && options_.top_p < 1) ||
         (options_.top_k > 0 && options_.top_k < vocabulary_size) || options_.min_p > 0;
}

int Sampler::SampleFromPrefix(absl::Span<const float> probabilities, float max_probability,
                              float coin, SamplerTrace* trace) {
  const bool has_top_p = options_.top_p > 0 && options_.top_p < 1;
  const size_t size = probabilities.size();

  // Before a token that top-p keeps, except the first, at least 1 - top_p is left for it
  // and the less probable ones, n - 1 at most: it has no less than an equal share. What
  // has less need not be sorted. The first stays in any case.
  float cutoff = options_.min_p * max_probability;
  if (has_top_p) {
    cutoff = std::max(cutoff, (1.0f - options_.top_p) / static_cast<int>(size - 1));
  }
  cutoff = std::min(cutoff, max_probability);

  ranking_.Keep(probabilities, max_probability,
                {.cutoff = cutoff,
                 .tokens = options_.top_k > 0 ? static_cast<size_t>(options_.top_k) : size,
                 .enough = has_top_p ? options_.top_p : kInfinity});
  const float target = coin * ranking_.sum();
  const size_t kept = ranking_.size();
  if (trace != nullptr) {
    trace->kept.resize(kept);
    for (size_t i = 0; i < kept; ++i) trace->kept[i] = ranking_.token(i);
    trace->kept_sum = ranking_.sum();
    trace->target = target;
  }
  float cdf = 0;
  for (size_t i = 0; i + 1 < kept; ++i) {
    cdf += ranking_.probability(i);
    if (target < cdf) return ranking_.token(i);
  }
  return ranking_.token(kept - 1);
}

float Sampler::MarginOfLargest(absl::Span<const float> logits, int64_t largest) const {
  float next = -kInfinity;
  for (absl::Span<const float> others : {logits.first(largest), logits.subspan(largest + 1)}) {
    if (!others.empty()) next = std::max(next, others[kernels_.Argmax(others)]);
  }
  return logits[largest] - next;
}

float Sampler::MarginOfCoin(absl::Span<const float> probabilities, int token,
                            float coin) const {
  const float p = probabilities[token];
  if (!Truncates(probabilities.size())) {
    const float low = kernels_.SumAtLeast(probabilities.first(token), 0);
    return DistanceToEnds(low, coin, low + p);
  }
  // The interval begins where those of more probable tokens end. But where the token changes
  // places with its neighbour in that order, so do their intervals.
  const float low = kernels_.SumAtLeast(probabilities, std::nextafter(p, kInfinity));
  float more = kInfinity, less = 0;
  for (size_t i = 0; i < probabilities.size(); ++i) {
    const float other = i == token ? 0 : probabilities[i];
    more = std::min(more, other < p ? kInfinity : other);
    less = std::max(less, other > p ? 0 : other);
  }
  const float to_ends = DistanceToEnds(low / ranking_.sum(), coin, (low + p) / ranking_.sum());
  return std::max(0.0f, std::min({to_ends, std::log(more / p), std::log(p / less)}));
}

}  // namespace llama2
