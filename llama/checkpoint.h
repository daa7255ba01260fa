// llama2.c's checkpoint files: what they hold, reading and writing them.
// docs/formats.md describes them byte by byte.
//
//   ASSIGN_OR_RETURN(Checkpoint checkpoint, Checkpoint::Open("stories15M.bin"));
//   const Config& config = checkpoint.config();
//   MatrixView<const float> wq = checkpoint.weights().layers[0].wq;   // (D, D)
//
//   RETURN_IF_ERROR(WriteCheckpoint("copy.bin", CheckpointVersion::kV1, config,
//                                   checkpoint.weights()));
#ifndef LLAMA2_LLAMA_CHECKPOINT_H_
#define LLAMA2_LLAMA_CHECKPOINT_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/mapped_file.h"
#include "llama/checkpoint_layout.h"
#include "llama/config.h"
#include "llama/weights.h"

namespace llama2 {

// A checkpoint file, mapped; weights() points into it. Move-only; immutable.
class Checkpoint {
 public:
  // Maps the file and checks its header and its size; the weights are not read.
  // Errors name the file, the field, what was found and what was expected:
  // InvalidArgument (no checkpoint, or a damaged one), Unimplemented (a version
  // that is known but not read here), and those of MappedFile::Open.
  static absl::StatusOr<Checkpoint> Open(absl::string_view path);

  // The same for a file's bytes in memory, which must outlive the result and begin
  // at a multiple of 4. `name` stands for the path in errors.
  static absl::StatusOr<Checkpoint> Parse(absl::Span<const uint8_t> bytes,
                                          absl::string_view name);

  const Config& config() const { return config_; }
  CheckpointVersion version() const { return version_; }
  const Weights& weights() const { return weights_; }

 private:
  MappedFile file_;
  CheckpointVersion version_ = CheckpointVersion::kV0;
  Config config_;
  Weights weights_;
};

// Writes a checkpoint atomically (base/atomic_file_writer.h). The shapes in
// `weights` are those of `config`, which Validate accepts. The two RoPE tables that
// a v0 file has and nobody reads are written as llama2.c computes them.
// Errors: those of AtomicFileWriter.
absl::Status WriteCheckpoint(absl::string_view path, CheckpointVersion version,
                             const Config& config, const Weights& weights);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_CHECKPOINT_H_
