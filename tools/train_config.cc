#include "tools/train_config.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "kernels/isa.h"
#include "llama/config.h"
#include "tools/cli/field_value.h"

namespace llama2 {
namespace {

absl::Status Missing(absl::string_view field, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": missing, expected ", expected));
}

Config ModelOf(const TrainConfig& config, int64_t vocab_size) {
  Config model = {.dim = config.dim(),
                  .hidden_dim = config.hidden_dim(),
                  .n_layers = config.n_layers(),
                  .n_heads = config.n_heads(),
                  .n_kv_heads = config.n_kv_heads(),
                  .vocab_size = vocab_size,
                  .seq_len = config.seq_len(),
                  .shared_classifier = config.shared_classifier()};
  if (!config.has_n_kv_heads()) model.n_kv_heads = model.n_heads;
  if (!config.has_hidden_dim()) {
    // With its three matrices, SwiGLU of 8/3 D has the weights of a plain layer of 4 D.
    const int64_t step = config.multiple_of();
    model.hidden_dim = (2 * 4 * model.dim / 3 + step - 1) / step * step;
  }
  return model;
}

}  // namespace

absl::Status Validate(const TrainConfig& config) {
  RETURN_IF_ERROR(CheckFields(config));
  if (!config.has_output()) return Missing("output", "a folder to write to");
  if (config.text().empty()) return Missing("text", "a text file to learn from");
  if (!config.has_tokenizer()) {
    return Missing("tokenizer", "a vocabulary, such as train_tokenizer writes");
  }
  if (!config.isa().empty()) RETURN_IF_ERROR(ParseIsa(config.isa()).status());
  constexpr int64_t kSomeVocabulary = 512;  // which one, only its file says
  return Validate(TrainerOptionsOf(config, kSomeVocabulary));
}

TrainerOptions TrainerOptionsOf(const TrainConfig& config, int64_t vocab_size) {
  return {
      .model = ModelOf(config, vocab_size),
      .batch_size = config.batch_size() * config.gradient_accumulation_steps(),
      .batch_shards = config.batch_shards(),
      .dropout = config.dropout(),
      .learning_rate = {.peak = config.learning_rate(),
                        .minimum = config.min_learning_rate(),
                        .warmup_steps = config.warmup_steps(),
                        .decay_steps =
                            config.has_decay_steps() ? config.decay_steps() : config.steps()},
      .adamw = {.beta1 = config.beta1(),
                .beta2 = config.beta2(),
                .epsilon = config.epsilon(),
                .weight_decay = config.weight_decay()},
      .gradient_clip = config.grad_clip(),
      .seed = config.seed(),
  };
}

}  // namespace llama2
