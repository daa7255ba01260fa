// llama2.c's checkpoint files, read. docs/formats.md describes them byte by byte;
// checkpoint_writer.h writes them.
//
//   ASSIGN_OR_RETURN(Checkpoint checkpoint, Checkpoint::Open("stories15M.bin"));
//   const Config& config = checkpoint.config();
//   if (!checkpoint.is_int8()) {
//     MatrixView<const float> wq = checkpoint.weights().layers[0].wq;   // (D, D)
//   }
#ifndef LLAMA2_LLAMA_CHECKPOINT_H_
#define LLAMA2_LLAMA_CHECKPOINT_H_

#include <cstdint>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/aligned_buffer.h"
#include "base/mapped_file.h"
#include "llama/checkpoint_header.h"
#include "llama/checkpoint_layout.h"
#include "llama/config.h"
#include "llama/stored_matrix.h"
#include "llama/weights.h"

namespace llama2 {

// A checkpoint file of any version, mapped; the weights point into it. Move-only;
// immutable.
class Checkpoint {
 public:
  // Maps the file and checks its header and its size; the weights are not read.
  // Errors name the file, the field, what was found and what was expected:
  // InvalidArgument (no checkpoint, or a damaged one), and those of MappedFile::Open.
  static absl::StatusOr<Checkpoint> Open(absl::string_view path);

  // The same for a file's bytes in memory, which must outlive the result and begin
  // at a multiple of 4. `name` stands for the path in errors.
  static absl::StatusOr<Checkpoint> Parse(absl::Span<const uint8_t> bytes,
                                          absl::string_view name);

  // The same for bytes that the result keeps.
  static absl::StatusOr<Checkpoint> ParseOwned(AlignedBuffer<uint8_t> bytes,
                                               absl::string_view name);

  const Config& config() const { return header_.config; }
  const CheckpointFormat& format() const { return header_.format; }

  // Whether the matrices are int8 (version 2). If so there are int8_weights(), otherwise
  // weights(); the other of the two aborts.
  bool is_int8() const { return std::holds_alternative<Int8Weights>(weights_); }
  const Weights& weights() const;
  const Int8Weights& int8_weights() const;

  // Matrix `i` of the tensor of this kind as it lies in the file: layer i's, or 0 where
  // there is only one. For every kind that LayoutOf(format(), config()) has.
  StoredMatrix Stored(TensorKind kind, int64_t i) const;

  // Tells the system that the pages read so far need not stay in this process's memory;
  // they are read again when they are touched again. For who goes through a large file
  // once. Does nothing after Parse.
  void ReleasePages() const { file_.ReleasePages(); }

 private:
  MappedFile file_;                // or
  AlignedBuffer<uint8_t> memory_;  // what bytes_ points into, where it is kept here
  absl::Span<const uint8_t> bytes_;
  CheckpointHeader header_;
  std::variant<Weights, Int8Weights> weights_;
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_CHECKPOINT_H_
