#include "tools/int8_copy.h"

#include "llama/checkpoint_header.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "quant/quantize.h"

namespace llama2 {

int64_t Int8CopyGroupSize(const Config& config) {
  return DefaultGroupSize({config.dim, config.hidden_dim, config.kv_dim()});
}

absl::StatusOr<Checkpoint> Int8Copy(const Checkpoint& checkpoint, absl::string_view name) {
  const CheckpointHeader header = {
      {CheckpointVersion::kV3, Int8CopyGroupSize(checkpoint.config())}, checkpoint.config()};
  return ConvertCheckpoint(name, header, checkpoint.weights());
}

}  // namespace llama2
