// A float32 model in int8, in memory: what runq makes of a checkpoint that is not int8 yet,
// and of which the layers draft for run.
//
//   ASSIGN_OR_RETURN(Checkpoint int8, Int8Copy(checkpoint, path));
//   ASSIGN_OR_RETURN(const auto model, MakeInt8Transformer(std::move(int8), kernels));
#ifndef LLAMA2_TOOLS_INT8_COPY_H_
#define LLAMA2_TOOLS_INT8_COPY_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "llama/checkpoint.h"

namespace llama2 {

// `checkpoint`, whose weights are float32, in groups of DefaultGroupSizeFor. It takes a
// quarter of the memory, and a bit. Errors, which name the model `name`: those of
// ConvertCheckpoint.
absl::StatusOr<Checkpoint> Int8Copy(const Checkpoint& checkpoint, absl::string_view name);

// The same of the layers alone: the rest is that of the smallest vocabulary.
absl::StatusOr<Checkpoint> Int8Layers(const Checkpoint& checkpoint, absl::string_view name);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_INT8_COPY_H_
