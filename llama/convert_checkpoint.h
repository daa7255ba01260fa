// A model in the other number format: a checkpoint in memory, the same as if a file had
// been exported and opened.
//
//   ASSIGN_OR_RETURN(Checkpoint small, QuantizeCheckpoint(path, config, weights, 64));
//   const auto model = MakeInt8Transformer(std::move(small), kernels);
//
// For a file, and for a model that does not fit in memory: checkpoint_writer.h.
#ifndef LLAMA2_LLAMA_CONVERT_CHECKPOINT_H_
#define LLAMA2_LLAMA_CONVERT_CHECKPOINT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "llama/checkpoint.h"
#include "llama/config.h"
#include "llama/weights.h"

namespace llama2 {

// A version 2 of weights that have the shapes of `config`; they may go afterwards.
// Errors begin with `name`, a path perhaps. InvalidArgument: the group size does not fit
// the model (Validate in checkpoint_layout.h), or a weight is not finite; says which.
// ResourceExhausted: there is no memory for it.
absl::StatusOr<Checkpoint> QuantizeCheckpoint(absl::string_view name, const Config& config,
                                              const Weights& weights, int64_t group_size);

// A version 1: each weight is its value times its scale. ResourceExhausted as above.
absl::StatusOr<Checkpoint> DequantizeCheckpoint(absl::string_view name, const Config& config,
                                                const Int8Weights& weights);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_CONVERT_CHECKPOINT_H_
