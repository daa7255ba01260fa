// Checkpoint files, llama2.c's and our own, read. docs/formats.md describes them byte by byte;
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
#include "base/check.h"
#include "base/mapped_file.h"
#include "kernels/tensor_view.h"
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
  // on a cache line. `name` stands for the path in errors.
  static absl::StatusOr<Checkpoint> Parse(absl::Span<const uint8_t> bytes,
                                          absl::string_view name);

  // The same for bytes that the result keeps.
  static absl::StatusOr<Checkpoint> ParseOwned(AlignedBuffer<uint8_t> bytes,
                                               absl::string_view name);

  const Config& config() const { return header_.config; }
  const CheckpointFormat& format() const { return header_.format; }

  // Whether the matrices are int8 (versions 2 and 3).
  bool is_int8() const { return format().is_int8(); }
  // The weights of a file of versions 0 and 1, of version 2, of version 3; those of others
  // abort.
  const Weights& weights() const { return Get<Weights>(); }
  const Int8Weights& int8_weights() const { return Get<Int8Weights>(); }
  const PackedInt8Weights& packed_weights() const { return Get<PackedInt8Weights>(); }

  // Matrix `i` of the tensor of this kind as it lies in the file: layer i's, or 0 where
  // there is only one. For every kind that LayoutOf(format(), config()) has.
  StoredMatrix Stored(TensorKind kind, int64_t i) const;

  // Tells the system that the pages read so far need not stay in this process's memory;
  // they are read again when they are touched again. For who goes through a large file
  // once. Does nothing after Parse.
  void ReleasePages() const { file_.ReleasePages(); }
  // The same of the pages that hold nothing but rows of `part`, which lie one behind the other:
  // for who has made a copy of them.
  void ReleasePages(MatrixView<const float> part) const;
  // Copies such a part to `out`, row by row, without bringing its pages back. False after
  // Parse, or where the file cannot be read.
  bool Read(MatrixView<const float> part, float* out) const;

 private:
  template <typename SomeWeights>
  const SomeWeights& Get() const {
    CHECK(std::holds_alternative<SomeWeights>(weights_));
    return std::get<SomeWeights>(weights_);
  }

  MappedFile file_;                // or
  AlignedBuffer<uint8_t> memory_;  // what bytes_ points into, where it is kept here
  absl::Span<const uint8_t> bytes_;
  CheckpointHeader header_;
  std::variant<Weights, Int8Weights, PackedInt8Weights> weights_;
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_CHECKPOINT_H_
