// What a model is trained on and judged by: windows of tokens, the ones for training at
// random, the ones for validation always the same, from parts that have no story in common.
//
//   ASSIGN_OR_RETURN(const Dataset dataset,
//                    Dataset::Split(std::move(shards), /*held_out_fraction=*/0.01,
//                                   /*window=*/sequence_length + 1));
//   std::vector<int32_t> tokens(dataset.window());
//   dataset.TrainingWindow(seed, step, row, absl::MakeSpan(tokens));
//
// A window is T + 1 tokens in a row: the first T are what the model reads, the last T what it
// should say. It begins anywhere, in a story's middle too, and goes on into the next
// story, where BOS tells the model to forget.
#ifndef LLAMA2_TRAINING_DATASET_H_
#define LLAMA2_TRAINING_DATASET_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "training/shard.h"

namespace llama2 {

// Immutable and move-only. Thread-safe.
class Dataset {
 public:
  // The stories at the end of `shards`, one after the other, that make up about
  // `held_out_fraction` of the tokens are held out: at least one, and never all. What is held
  // out does not depend on `window`, the tokens of a window, which is at least 2.
  // InvalidArgument where the fraction is not between 0 and 1, there is one story only, or
  // one of the parts has less tokens than a window.
  static absl::StatusOr<Dataset> Split(std::vector<Shard> shards, double held_out_fraction,
                                       int64_t window);

  // The held-out part from shards of its own; neither list is empty.
  // InvalidArgument where one of the parts has less tokens than a window.
  static absl::StatusOr<Dataset> Create(std::vector<Shard> training,
                                        std::vector<Shard> held_out, int64_t window);

  // Sets `tokens`, window() of them, to a window of the training part: a pure function of
  // the data, `seed`, `step` and `index`, the window's number within the step. Whoever knows
  // these has nothing to keep for going on later, and threads may ask in any order. Each
  // place where a window can begin is as probable as any other.
  void TrainingWindow(uint64_t seed, int64_t step, int64_t index,
                      absl::Span<int32_t> tokens) const;

  // Sets `tokens`, window() of them, to window `index` of `count` that are spread evenly over
  // the held-out part; 0 <= index < count.
  void ValidationWindow(int64_t index, int64_t count, absl::Span<int32_t> tokens) const;

  int64_t window() const { return window_; }
  int64_t training_tokens() const { return training_tokens_; }
  int64_t held_out_tokens() const { return tokens_ - training_tokens_; }

  // Of the tokens and of which of them are held out: other data has another.
  uint64_t fingerprint() const;

 private:
  Dataset(std::vector<Shard> shards, int64_t training_tokens, int64_t window);
  absl::Status CheckSizes() const;

  // Tokens of all shards, one after the other.
  void Copy(int64_t begin, absl::Span<int32_t> tokens) const;

  std::vector<Shard> shards_;
  std::vector<int64_t> begins_;  // of the shards
  int64_t tokens_ = 0;
  int64_t training_tokens_;  // the first of them; the others are held out
  int64_t window_;
};

}  // namespace llama2

#endif  // LLAMA2_TRAINING_DATASET_H_
