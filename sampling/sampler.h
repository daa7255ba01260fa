// From a row of logits to the next token.
//
//   SamplerOptions options;
//   options.temperature = 0.8f;
//   options.seed = 42;
//   RETURN_IF_ERROR(Validate(options));
//   Sampler sampler(options, kernels);
//   ASSIGN_OR_RETURN(int token, sampler.Sample(logits, tokens_so_far));
//
// With the default top_k, min_p and repetition_penalty the choice is llama2.c's to
// the bit, given the same probabilities. The steps, in this order:
//
//   1. The repetition penalty changes the logits of recent tokens.
//   2. Temperature 0 takes the largest logit, the first of equals, and ends here.
//   3. The coin is drawn: one number in [0, 1) for each token, whatever follows.
//   4. The logits are divided by the temperature; softmax makes them probabilities.
//   5. Of the tokens in order of falling probability (equals in order of their ids)
//      top-k, min-p and top-p each keep a prefix. All three judge by the
//      probabilities of step 4, which are not normalised again in between: so the
//      shortest prefix is what stays, and the order of the three does not matter.
//   6. The coin times the sum of what stayed falls on a token. Where all three are
//      off, tokens are walked in the order of their ids, and the sum is 1.
#ifndef LLAMA2_SAMPLING_SAMPLER_H_
#define LLAMA2_SAMPLING_SAMPLER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "kernels/kernels.h"
#include "sampling/ranking.h"
#include "sampling/rng.h"

namespace llama2 {

struct SamplerOptions {
  // What logits are divided by, >= 0: below 1 sharper, above 1 flatter, 0 greedy.
  float temperature = 1.0f;

  // Keeps the shortest prefix whose probabilities add up to more than this.
  // In [0, 1]; 0 and 1 keep all tokens. Holtzman et al., "The Curious Case of Neural
  // Text Degeneration", 2020.
  float top_p = 0.9f;

  // Keeps this many tokens, >= 0; 0, V and more keep all.
  // Fan et al., "Hierarchical Neural Story Generation", 2018.
  int top_k = 0;

  // Keeps the tokens that are at least this times as probable as the most probable
  // one. In [0, 1]; 0 keeps all. Nguyen et al., "Turning Up the Heat: Min-p Sampling",
  // 2024.
  float min_p = 0.0f;

  // Positive logits of recent tokens are divided by this, negative ones multiplied,
  // once however often the token occurred. > 0; 1 is off, above 1 discourages.
  // Keskar et al., "CTRL", 2019.
  float repetition_penalty = 1.0f;

  // How many of the last tokens are recent, >= 0.
  int repetition_window = 64;

  // Where the coins start (see Rng; any value).
  uint64_t seed = 0;
};

// InvalidArgument where a field is out of its range or not a finite number: names the
// field, what was found and what was expected.
absl::Status Validate(const SamplerOptions& options);

// One choice as it was made: for one who wants to see it.
struct SamplerTrace {
  std::vector<float> logits;         // (V) of step 1, after the repetition penalty
  std::vector<float> probabilities;  // (V) of step 4; empty where no coin decides (step 2)
  std::vector<int> kept;             // what stayed in step 5, in the order that the coin walks
  float kept_sum = 0;                // of their probabilities
  float coin = 0;                    // of step 3; 0 where none was drawn
  float target = 0;                  // the coin times kept_sum
  int token = 0;                     // the choice
};

// Chooses the tokens of one sequence. Copyable: the copy makes the same choices.
// Memory: 20 bytes and a bit for each token of the vocabulary, from the first call
// that needs them; later calls allocate nothing.
// Thread-safety: one thread at a time.
class Sampler {
 public:
  // `options` are valid.
  Sampler(const SamplerOptions& options, Kernels kernels);

  // Chooses the token that follows. `logits` (V, not empty) is overwritten; `history`
  // is the sequence so far, its last token last, and is read for the repetition
  // penalty only. A `trace` is filled in, unless there is an error; the choice is the same.
  //
  // A logit of -infinity is a token that is never chosen. Where the largest logit
  // overflows when divided by a tiny temperature, the choice is that of temperature 0
  // (a coin is drawn all the same).
  //
  // A `margin` is set to how far the choice was from another one, unless there is an error: by
  // how much, about, the difference of two logits (divided by the temperature, unless that is
  // 0) would have to change for the coin to fall on another token. >= 0, in nats.
  //
  // DataLoss: a logit is NaN or +infinity (its token is named), or all are -infinity;
  // InvalidArgument: the repetition penalty met a token in `history` that is not in
  // [0, V). No coin is drawn on an error.
  absl::StatusOr<int> Sample(absl::Span<float> logits, absl::Span<const int> history,
                             SamplerTrace* trace = nullptr, float* margin = nullptr);

  // Whether a choice depends on all logits. Otherwise it depends on the largest alone: of
  // others, any that are smaller do as well.
  bool NeedsAllLogits() const;

  // The coins to come: Rng(rng().state()) can be kept and given to set_rng later, so
  // that a sequence is continued as if it had not been interrupted.
  const Rng& rng() const { return rng_; }
  void set_rng(Rng rng) { rng_ = rng; }

 private:
  absl::Status PenalizeRepetition(absl::Span<const int> history, absl::Span<float> logits);
  // Whether top-k, min-p or top-p may drop a token of V.
  bool Truncates(size_t vocabulary_size) const;
  // Step 6 over the prefix of step 5.
  int SampleFromPrefix(absl::Span<const float> probabilities, float max_probability, float coin,
                       SamplerTrace* trace);
  // The margins of steps 2 and 6.
  float MarginOfLargest(absl::Span<const float> logits, int64_t largest) const;
  float MarginOfCoin(absl::Span<const float> probabilities, int token, float coin) const;

  SamplerOptions options_;
  Kernels kernels_;
  Rng rng_;
  Ranking ranking_;         // of the last choice, where tokens were dropped
  std::vector<bool> seen_;  // (V) scratch of PenalizeRepetition, all false
};

}  // namespace llama2

#endif  // LLAMA2_SAMPLING_SAMPLER_H_
