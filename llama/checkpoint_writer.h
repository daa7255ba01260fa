// Writes a checkpoint of any version, one tensor after the other, so that a model need
// not fit in memory to be written.
//
//   const CheckpointHeader header = {{CheckpointVersion::kV2, 64}, config};
//   ASSIGN_OR_RETURN(CheckpointWriter writer, CheckpointWriter::Create(path, header));
//   while (!writer.done()) {
//     RETURN_IF_ERROR(writer.Append(old.Stored(writer.tensor().kind, writer.matrix())));
//   }
//   return writer.Commit();           // without it nothing has happened
//
// Or a whole model at once, to a file or to memory:
//
//   RETURN_IF_ERROR(WriteCheckpoint(path, header, weights));
//   ASSIGN_OR_RETURN(Checkpoint int8, ConvertCheckpoint(name, header, weights));
//   ASSIGN_OR_RETURN(Checkpoint fp32, ConvertCheckpoint(name, {CheckpointVersion::kV1}, int8));
#ifndef LLAMA2_LLAMA_CHECKPOINT_WRITER_H_
#define LLAMA2_LLAMA_CHECKPOINT_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/aligned_buffer.h"
#include "base/atomic_file_writer.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_header.h"
#include "llama/checkpoint_layout.h"
#include "llama/config.h"
#include "llama/stored_matrix.h"
#include "llama/weights.h"
#include "quant/int8_matrix.h"

namespace llama2 {

// Move-only. A file appears when it is whole, at Commit (base/atomic_file_writer.h);
// writing it takes about a megabyte and the memory of one matrix's scales, for version 3 of
// its values too. Thread-safety: one thread at a time.
class CheckpointWriter {
 public:
  // Starts the file with its header. Errors name the path: those of Validate(header) and
  // of AtomicFileWriter.
  static absl::StatusOr<CheckpointWriter> Create(absl::string_view path,
                                                 const CheckpointHeader& header);

  // The same in memory, for Open; `name` stands for the path in errors.
  // ResourceExhausted: there is no memory for the whole.
  static absl::StatusOr<CheckpointWriter> CreateInMemory(absl::string_view name,
                                                         const CheckpointHeader& header);

  // Whether all has been appended. If not, what comes next is matrix() of tensor(), in
  // the order of LayoutOf; but the RoPE tables of version 0, which nobody reads, are
  // written without being asked for, as llama2.c computes them.
  bool done() const { return tensor_ == layout_.size(); }
  const TensorLayout& tensor() const { return layout_[tensor_]; }
  int64_t matrix() const { return matrix_; }

  // Adds elements of that matrix in row-major order: all of it, or a part, after which
  // the next call goes on. Where the file is int8 they are quantised (quant/quantize.h).
  // InvalidArgument, naming the path and the matrix: one of them is not finite and must
  // become int8. Other errors: those of AtomicFileWriter.
  absl::Status Append(absl::Span<const float> values);

  // Adds the whole of that matrix, whose shape `stored` has. One that is int8 in groups
  // of the file's size keeps its values and scales.
  absl::Status Append(const StoredMatrix& stored);

  // Ends the file; done() is true.
  absl::Status Commit();

  // Ends one in memory, done() is true: what Checkpoint::Open would give of the file.
  absl::StatusOr<Checkpoint> Open() &&;

 private:
  CheckpointWriter(absl::string_view path, const CheckpointHeader& header);
  template <typename T>
  absl::Status Write(absl::Span<const T> values);
  absl::Status AppendQuantized(absl::Span<const float> values);
  absl::Status QuantizeBlock();
  absl::Status AppendInt8(const Int8Matrix& matrix);
  absl::Status WritePanels(const Int8Matrix& matrix);
  absl::Status EndQuantized();
  absl::StatusOr<absl::Span<uint8_t>> RoomForInt8();
  absl::Status Advance(int64_t elements);
  absl::Status WriteZeros(int64_t count);
  absl::Status AppendRopeTables();

  std::string path_;
  std::optional<AtomicFileWriter> file_;  // or
  AlignedBuffer<uint8_t> memory_;
  size_t written_ = 0;  // of memory_
  Config config_;
  std::vector<TensorLayout> layout_;
  size_t tensor_ = 0;     // what is written next: an index into layout_,
  int64_t matrix_ = 0;    // one of its matrices,
  int64_t elements_ = 0;  // and how much of that has been appended already
  // Of a matrix that becomes int8: what is not quantised yet, whole groups at last; and
  // the scales, which stand behind all of its values.
  std::vector<float> block_;
  std::vector<float> scales_;
  AlignedBuffer<uint8_t> int8_;  // one as an Int8Matrix, where panels are made of it or were
};

// Writes all of `weights`, whose shapes are those of header.config; or all of
// `checkpoint`, whose pages are released on the way. Errors: those of CheckpointWriter.
absl::Status WriteCheckpoint(absl::string_view path, const CheckpointHeader& header,
                             const Weights& weights);
absl::Status WriteCheckpoint(absl::string_view path, const CheckpointFormat& format,
                             const Checkpoint& checkpoint);

// What such a file holds, without one. What it was made of may go afterwards. Errors:
// those of CheckpointWriter.
absl::StatusOr<Checkpoint> ConvertCheckpoint(absl::string_view name,
                                             const CheckpointHeader& header,
                                             const Weights& weights);
absl::StatusOr<Checkpoint> ConvertCheckpoint(absl::string_view name,
                                             const CheckpointFormat& format,
                                             const Checkpoint& checkpoint);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_CHECKPOINT_WRITER_H_
