// From one version of the checkpoint files to another, for a model of any size.
//
//   ExportConfig config;                         // tools/export_config.proto
//   config.set_input("stories15M.bin");
//   config.set_output("stories15M_q80.bin");
//   config.set_version(2);
//   RETURN_IF_ERROR(Validate(config));
//   return ExportCheckpoint(config, [](int64_t done, int64_t total) { return true; });
#ifndef LLAMA2_TOOLS_EXPORT_CHECKPOINT_H_
#define LLAMA2_TOOLS_EXPORT_CHECKPOINT_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "tools/export_config.pb.h"

namespace llama2 {

// InvalidArgument, naming the field, what was found and what was expected, where a value
// does not keep to the schema's limits, one is missing, or two contradict each other.
absl::Status Validate(const ExportConfig& config);

// Is told after each matrix how many of the output's bytes there are; false ends it.
using ExportProgress = absl::FunctionRef<bool(int64_t done, int64_t total)>;

// Writes config.output, whole or not at all, for a config that Validate accepts and that
// does not ask to inspect. Its memory is that of the largest matrix in the input, whose
// pages are given back after each, that matrix as int8, and a megabyte.
//
// Errors name the file: AlreadyExists (the output, without config.force); InvalidArgument
// (the output is the input, by whatever name; the group size does not fit the model);
// Cancelled; those of Checkpoint::Open and CheckpointWriter.
absl::Status ExportCheckpoint(const ExportConfig& config, ExportProgress progress);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_EXPORT_CHECKPOINT_H_
