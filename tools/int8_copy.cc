#include "tools/int8_copy.h"

#include "llama/checkpoint_header.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"

namespace llama2 {

absl::StatusOr<Checkpoint> Int8Copy(const Checkpoint& checkpoint, absl::string_view name) {
  const CheckpointHeader header = {
      {CheckpointVersion::kV3, DefaultGroupSizeFor(checkpoint.config())}, checkpoint.config()};
  return ConvertCheckpoint(name, header, checkpoint.weights());
}

}  // namespace llama2
