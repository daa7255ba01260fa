// The header of a checkpoint file: its version, the model's sizes, the group size.
// Reading and checking are two steps, so that a damaged file can be described.
//
//   ASSIGN_OR_RETURN(CheckpointHeader header, ParseCheckpointHeader(bytes));
//   RETURN_IF_ERROR(Validate(header));
//   int64_t expected = FileBytes(header.format, header.config);
#ifndef LLAMA2_LLAMA_CHECKPOINT_HEADER_H_
#define LLAMA2_LLAMA_CHECKPOINT_HEADER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "llama/checkpoint_layout.h"
#include "llama/config.h"

namespace llama2 {

struct CheckpointHeader {
  CheckpointFormat format;
  Config config;
};

// What the first bytes of a file say. Bytes without the magic number of version 1 and
// later are a version 0 header, whatever they are; nothing but Validate tells.
// InvalidArgument, naming the field but not the file, where there are too few bytes for a
// header, the version is unknown, or the bytes are known to be another kind of file.
absl::StatusOr<CheckpointHeader> ParseCheckpointHeader(absl::Span<const uint8_t> bytes);

// InvalidArgument, naming the field, what was found and what was expected, unless the
// config is one that Validate(config) accepts and the format one that CheckGroupSize does.
absl::Status Validate(const CheckpointHeader& header);

// The header's bytes, for one that Validate accepts.
std::string SerializeCheckpointHeader(const CheckpointHeader& header);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_CHECKPOINT_HEADER_H_
