// The mean loss of a batch of windows, and its gradient, by many threads.
//
//   ASSIGN_OR_RETURN(BatchGradient batch_gradient,
//                    BatchGradient::Create(config, 256, threads, 8, BestIsa()));
//   double loss = batch_gradient.Compute(parameters, windows, dropout, gradient);
//
// The batch is cut into shards. A thread takes one shard after the other, adds up its
// windows' gradients, and at the end the shards' sums are added in order: so the threads
// hardly wait for each other, and their number does not change a bit of the result.
#ifndef LLAMA2_TRAINING_BATCH_GRADIENT_H_
#define LLAMA2_TRAINING_BATCH_GRADIENT_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/aligned_buffer.h"
#include "kernels/isa.h"
#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"
#include "llama/config.h"
#include "llama/weights.h"
#include "training/dropout.h"
#include "training/sequence_gradient.h"

namespace llama2 {

// Move-only. `parameters` and `gradient` are config.parameters() floats, P, as WeightsAt
// (llama/weights.h) views them. Thread-safety: one call at a time.
class BatchGradient {
 public:
  // For windows of up to `sequence_length` inputs, T. The number of shards decides the
  // bits, how many threads can work, and the memory: P floats for each.
  // ResourceExhausted where that cannot be had.
  static absl::StatusOr<BatchGradient> Create(const Config& config, int64_t sequence_length,
                                              int threads, int64_t shards, Isa isa);

  // The mean of the losses of all B T targets, in nats a token; `gradient` becomes its
  // gradient. windows (B, T + 1): ids in 0 .. V - 1, of which the first T are inputs and the
  // last T targets; B > 0.
  double Compute(absl::Span<const float> parameters, MatrixView<const int32_t> windows,
                 const Dropout& dropout, absl::Span<float> gradient);

  // The mean loss alone, without dropout.
  double Loss(absl::Span<const float> parameters, MatrixView<const int32_t> windows);

  // The floating-point operations of Compute for one window of T inputs, a multiply-add
  // being two: those of the matrix products and of attention, forward once and backward
  // twice as many.
  double FlopsPerWindow() const;

 private:
  BatchGradient(const Config& config, int64_t sequence_length, int threads)
      : config_(config),
        sequence_length_(sequence_length),
        team_(std::make_unique<ThreadTeam>(threads)) {}

  Config config_;
  int64_t sequence_length_;
  std::unique_ptr<ThreadTeam> team_;
  std::vector<SequenceGradient> passes_;              // a thread's each
  std::vector<AlignedBuffer<float>> shard_gradient_;  // (shards, P)
  std::vector<double> losses_;                        // (B)
};

}  // namespace llama2

#endif  // LLAMA2_TRAINING_BATCH_GRADIENT_H_
