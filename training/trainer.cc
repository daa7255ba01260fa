#include "training/trainer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "kernels/tensor_view.h"
#include "training/initialize.h"

namespace llama2 {
namespace {

// The shortest text that reads back as `value`.
std::string TextOf(double value) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof(text), value).ptr);
}

absl::Status Refuse(absl::string_view field, double found, absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": found ", TextOf(found), ", expected ", expected));
}

}  // namespace

absl::Status Validate(const TrainerOptions& options) {
  RETURN_IF_ERROR(Validate(options.model));
  RETURN_IF_ERROR(Validate(options.learning_rate));
  if (options.batch_size < 1 || options.batch_size > kMaxConfigValue) {
    return Refuse("batch_size", options.batch_size,
                  absl::StrCat("1 to ", kMaxConfigValue, " windows in a step"));
  }
  if (options.batch_shards < 1 || options.batch_shards > kMaxConfigValue) {
    return Refuse("batch_shards", options.batch_shards, absl::StrCat("1 to ", kMaxConfigValue));
  }
  if (!(options.dropout >= 0 && options.dropout < 1)) {
    return Refuse("dropout", options.dropout, "a number from 0 to less than 1");
  }
  const AdamWOptions& adamw = options.adamw;
  if (!(adamw.beta1 >= 0 && adamw.beta1 < 1)) {
    return Refuse("beta1", adamw.beta1, "a number from 0 to less than 1");
  }
  if (!(adamw.beta2 >= 0 && adamw.beta2 < 1)) {
    return Refuse("beta2", adamw.beta2, "a number from 0 to less than 1");
  }
  if (!(std::isfinite(adamw.epsilon) && adamw.epsilon > 0)) {
    return Refuse("epsilon", adamw.epsilon, "a finite number, more than 0");
  }
  if (!(std::isfinite(adamw.weight_decay) && adamw.weight_decay >= 0)) {
    return Refuse("weight_decay", adamw.weight_decay, "a finite number, 0 or more");
  }
  if (!(std::isfinite(options.gradient_clip) && options.gradient_clip >= 0)) {
    return Refuse("grad_clip", options.gradient_clip, "a finite number, 0 or more");
  }
  return absl::OkStatus();
}

std::vector<Setting> SettingsOf(const TrainerOptions& options, const Dataset& dataset) {
  const Config& model = options.model;
  const LearningRateSchedule& rate = options.learning_rate;
  const AdamWOptions& adamw = options.adamw;
  return {
      {"data", absl::StrCat(absl::Hex(dataset.fingerprint(), absl::kZeroPad16))},
      {"dim", absl::StrCat(model.dim)},
      {"hidden_dim", absl::StrCat(model.hidden_dim)},
      {"n_layers", absl::StrCat(model.n_layers)},
      {"n_heads", absl::StrCat(model.n_heads)},
      {"n_kv_heads", absl::StrCat(model.n_kv_heads)},
      {"vocab_size", absl::StrCat(model.vocab_size)},
      {"seq_len", absl::StrCat(model.seq_len)},
      {"shared_classifier", model.shared_classifier ? "true" : "false"},
      {"batch_size * gradient_accumulation_steps", absl::StrCat(options.batch_size)},
      {"batch_shards", absl::StrCat(options.batch_shards)},
      {"dropout", TextOf(options.dropout)},
      {"learning_rate", TextOf(rate.peak)},
      {"min_learning_rate", TextOf(rate.minimum)},
      {"warmup_steps", absl::StrCat(rate.warmup_steps)},
      {"decay_steps", absl::StrCat(rate.decay_steps)},
      {"beta1", TextOf(adamw.beta1)},
      {"beta2", TextOf(adamw.beta2)},
      {"epsilon", TextOf(adamw.epsilon)},
      {"weight_decay", TextOf(adamw.weight_decay)},
      {"grad_clip", TextOf(options.gradient_clip)},
      {"seed", absl::StrCat(options.seed)},
  };
}

absl::StatusOr<Trainer> Trainer::Create(const TrainerOptions& options, const Dataset* dataset,
                                        int threads, Isa isa) {
  ASSIGN_OR_RETURN(BatchGradient batch_gradient,
                   BatchGradient::Create(options.model, options.model.seq_len, threads,
                                         options.batch_shards, isa));
  Trainer trainer(options, dataset, std::move(batch_gradient));
  const int64_t size = options.model.parameters();
  TrainingState& state = trainer.state_;
  for (AlignedBuffer<float>* array :
       {&state.parameters, &state.first_moment, &state.second_moment, &trainer.gradient_}) {
    if (!array->TryResize(size)) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "model: found ", size, " parameters, and there is no memory to train them"));
    }
  }
  if (!trainer.windows_.TryResize(options.batch_size * (options.model.seq_len + 1))) {
    return absl::ResourceExhaustedError(
        absl::StrCat("batch_size: found ", options.batch_size, " windows of ",
                     options.model.seq_len, " tokens, and there is no memory for their ids"));
  }
  InitializeParameters(options.model, options.seed, state.parameters.span());
  return trainer;
}

Trainer::Trainer(const TrainerOptions& options, const Dataset* dataset,
                 BatchGradient batch_gradient)
    : options_(options), dataset_(dataset), batch_gradient_(std::move(batch_gradient)) {
  state_.settings = SettingsOf(options, *dataset);
}

absl::Status Trainer::Resume(TrainingState state) {
  RETURN_IF_ERROR(CheckSettings(state.settings, state_.settings));
  if (state.parameters.size() != state_.parameters.size()) {
    return absl::FailedPreconditionError(absl::StrCat("parameters: found ",
                                                      state.parameters.size(), ", expected ",
                                                      state_.parameters.size()));
  }
  state_ = std::move(state);
  return absl::OkStatus();
}

absl::StatusOr<StepResult> Trainer::Step() {
  const int64_t width = options_.model.seq_len + 1;
  const int64_t step = state_.step + 1;
  for (int64_t i = 0; i < options_.batch_size; ++i) {
    dataset_->TrainingWindow(options_.seed, step, i, windows_.span().subspan(i * width, width));
  }
  StepResult result = {.step = step,
                       .learning_rate = LearningRate(options_.learning_rate, step)};
  result.loss = batch_gradient_.Compute(
      state_.parameters.span(),
      MatrixView<const int32_t>(windows_.data(), options_.batch_size, width),
      {.rate = options_.dropout, .seed = options_.seed, .step = step}, gradient_.span());
  result.gradient_norm = GradientNorm(gradient_.span());
  if (!std::isfinite(result.loss) || !std::isfinite(result.gradient_norm)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "step ", step, ": found loss ", result.loss, " and gradient norm ",
        result.gradient_norm, ", expected finite ones; a lower learning_rate may help"));
  }
  const bool clip = options_.gradient_clip > 0 && result.gradient_norm > options_.gradient_clip;
  const double scale = clip ? options_.gradient_clip / result.gradient_norm : 1;
  AdamWStep(options_.model, options_.adamw, result.learning_rate, step,
            static_cast<float>(scale), gradient_.span(), state_.parameters.span(),
            state_.first_moment.span(), state_.second_moment.span());
  state_.step = step;
  return result;
}

double Trainer::ValidationLoss(int64_t windows) {
  CHECK_GT(windows, 0);
  const int64_t width = options_.model.seq_len + 1;
  double sum = 0;
  for (int64_t begin = 0; begin < windows; begin += options_.batch_size) {
    const int64_t count = std::min(options_.batch_size, windows - begin);
    for (int64_t i = 0; i < count; ++i) {
      dataset_->ValidationWindow(begin + i, windows, windows_.span().subspan(i * width, width));
    }
    const MatrixView<const int32_t> batch(windows_.data(), count, width);
    sum += batch_gradient_.Loss(state_.parameters.span(), batch) * static_cast<double>(count);
  }
  return sum / static_cast<double>(windows);
}

bool Trainer::NoteValidationLoss(double loss) {
  if (!(loss < state_.best_validation_loss)) return false;
  state_.best_validation_loss = loss;
  return true;
}

double Trainer::TokensPerStep() const {
  return static_cast<double>(options_.batch_size * options_.model.seq_len);
}

double Trainer::FlopsPerStep() const {
  return batch_gradient_.FlopsPerWindow() * static_cast<double>(options_.batch_size);
}

}  // namespace llama2
