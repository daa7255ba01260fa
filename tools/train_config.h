// What a training config (train_config.proto) means to the training library.
//
//   RETURN_IF_ERROR(Validate(config));
//   TrainerOptions options = TrainerOptionsOf(config, vocabulary.size());
#ifndef LLAMA2_TOOLS_TRAIN_CONFIG_H_
#define LLAMA2_TOOLS_TRAIN_CONFIG_H_

#include <cstdint>

#include "absl/status/status.h"
#include "tools/train_config.pb.h"
#include "training/trainer.h"

namespace llama2 {

// InvalidArgument, naming the field, what was found and what was expected, where a value
// does not keep to its limits, one is missing, or two contradict each other.
absl::Status Validate(const TrainConfig& config);

// The options of a model with `vocab_size` tokens, for a config that Validate accepts.
TrainerOptions TrainerOptionsOf(const TrainConfig& config, int64_t vocab_size);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_TRAIN_CONFIG_H_
