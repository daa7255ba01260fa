// The training loop's body: one step after the other, from windows of the data to new
// weights.
//
//   TrainerOptions options = {.model = config, .batch_size = 32};
//   ASSIGN_OR_RETURN(Trainer trainer, Trainer::Create(options, &dataset, threads, BestIsa()));
//   while (trainer.state().step < 10000) {
//     ASSIGN_OR_RETURN(StepResult result, trainer.Step());
//   }
//   WriteModel(trainer.state().parameters);
//
// The weights after a step are a function of the options and the data, whatever the
// number of threads, the instruction set, and how often training stopped in between.
#ifndef LLAMA2_TRAINING_TRAINER_H_
#define LLAMA2_TRAINING_TRAINER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/aligned_buffer.h"
#include "kernels/isa.h"
#include "llama/config.h"
#include "training/adamw.h"
#include "training/batch_gradient.h"
#include "training/dataset.h"
#include "training/learning_rate.h"
#include "training/training_state.h"

namespace llama2 {

// What decides the weights, beside the data. T is model.seq_len.
struct TrainerOptions {
  Config model;
  // Windows of T + 1 tokens in a step, B. Memory does not grow with it: this is llama2.c's
  // batch_size times gradient_accumulation_steps.
  int64_t batch_size = 128;
  int64_t batch_shards = 8;  // of BatchGradient
  double dropout = 0;
  LearningRateSchedule learning_rate;
  AdamWOptions adamw;
  double gradient_clip = 1;  // the largest norm of a gradient that is used; 0: any
  uint64_t seed = 1;         // of the first weights, the windows and the dropout
};

// InvalidArgument, naming the field as the training config does, what was found and what
// was expected, unless the numbers make sense.
absl::Status Validate(const TrainerOptions& options);

// The options and the data's fingerprint by name, for a state's file.
std::vector<Setting> SettingsOf(const TrainerOptions& options, const Dataset& dataset);

struct StepResult {
  int64_t step = 0;  // counted from 1
  double loss = 0;   // of the weights before the step, on its windows: nats a token
  double learning_rate = 0;
  double gradient_norm = 0;  // before clipping
};

// Move-only. Thread-safety: one thread at a time; it has threads of its own.
class Trainer {
 public:
  // At step 0, with the first weights. `options` are some that Validate accepts; `dataset`
  // has windows of T + 1 tokens, ids below the model's vocab_size, and outlives the trainer.
  // Errors: ResourceExhausted (memory), those of BatchGradient::Create.
  static absl::StatusOr<Trainer> Create(const TrainerOptions& options, const Dataset* dataset,
                                        int threads, Isa isa);

  // Goes on from `state`, which another trainer had.
  // FailedPrecondition: its settings are others (CheckSettings) or its size is.
  absl::Status Resume(TrainingState state);

  // Does the next step. FailedPrecondition, naming the step, where its loss or gradient is
  // not finite; the state is then still that of the step before.
  absl::StatusOr<StepResult> Step();

  // The mean loss in nats a token over `windows` windows that are spread evenly over the
  // data's held-out part, the same ones each time; windows > 0.
  double ValidationLoss(int64_t windows);

  // Notes the loss of the weights on the held-out part; returns whether it is the least yet.
  bool NoteValidationLoss(double loss);

  const TrainingState& state() const { return state_; }

  // Of a step: the tokens that it predicts, and the floating-point operations.
  double TokensPerStep() const;
  double FlopsPerStep() const;

 private:
  Trainer(const TrainerOptions& options, const Dataset* dataset, BatchGradient batch_gradient);

  TrainerOptions options_;
  const Dataset* dataset_;
  BatchGradient batch_gradient_;
  TrainingState state_;
  AlignedBuffer<float> gradient_;   // (P)
  AlignedBuffer<int32_t> windows_;  // (B, T + 1)
};

}  // namespace llama2

#endif  // LLAMA2_TRAINING_TRAINER_H_
