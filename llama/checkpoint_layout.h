// Where each tensor stands in a checkpoint file: the one description of the file
// formats, which reading, writing and inspecting a file share.
//
//   for (const TensorLayout& t : LayoutOf({CheckpointVersion::kV2, 64}, config)) {
//     Print(t.name, t.offset, t.count, t.rows, t.cols);
//   }
#ifndef LLAMA2_LLAMA_CHECKPOINT_LAYOUT_H_
#define LLAMA2_LLAMA_CHECKPOINT_LAYOUT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "llama/config.h"

namespace llama2 {

// The file formats, by llama2.c's version numbers; the last is ours alone.
enum class CheckpointVersion {
  kV0 = 0,  // 28-byte header without a magic number, float32: what llama2.c's run reads
  kV1 = 1,  // 256-byte header, float32
  kV2 = 2,  // the same header, group-wise int8: what llama2.c's runq reads
  kV3 = 3,  // the same as version 2, in panels: computed with where it is mapped
};

struct CheckpointFormat {
  CheckpointVersion version = CheckpointVersion::kV0;
  int64_t group_size = 0;  // of versions 2 and 3: the weights that share a scale; else 0

  bool is_int8() const { return version >= CheckpointVersion::kV2; }

  friend bool operator==(const CheckpointFormat&, const CheckpointFormat&) = default;
};

// The group size of int8 where nothing else is said: the largest usual one with which no
// group straddles rows of a model with `config` (quant/quantize.h).
int64_t DefaultGroupSizeFor(const Config& config);

// For a person: "version 1 (float32)", "version 3 (int8 in groups of 64, in panels)".
std::string Describe(const CheckpointFormat& format);

// InvalidArgument, naming group_size, what was found and what was expected, unless a
// model with `config`, which Validate accepts, can be stored so: the group size of a
// one that is_int8() is 1 .. kMaxGroupSize and divides every matrix (not: every row).
absl::Status Validate(const CheckpointFormat& format, const Config& config);

// The tensors of a model, all layers of a kind together; the last two are tables
// that a v0 file has and nobody reads.
enum class TensorKind {
  kTokenEmbedding,
  kAttentionNorm,
  kWq,
  kWk,
  kWv,
  kWo,
  kFeedForwardNorm,
  kW1,
  kW2,
  kW3,
  kFinalNorm,
  kClassifier,
  kRopeCosines,
  kRopeSines,
};

// `count` matrices (rows, cols), one for each layer (or one in all), one after the
// other from byte `offset` of the file on.
struct TensorLayout {
  TensorKind kind;
  absl::string_view name;
  int64_t count;
  int64_t rows;
  int64_t cols;
  int64_t group_size;  // of an int8 matrix; 0: the tensor is float32
  bool packed;         // int8 as a PackedInt8Matrix, not as an Int8Matrix (quant/)
  int64_t offset;

  int64_t matrix_elements() const { return rows * cols; }
  int64_t matrix_bytes() const;
  int64_t bytes() const { return count * matrix_bytes(); }

  // Of matrix `i`, 0 <= i < count: "wq[3]", or "final_norm" where there is only one.
  std::string MatrixName(int64_t i) const;
};

// The bytes before the first tensor.
int64_t HeaderBytes(CheckpointVersion version);

// The tensors of a file in the order in which they stand there; without gaps, but that
// those that are packed begin at a multiple of PackedInt8Matrix::kAlignment.
// Validate accepts the config, and the format for it; nothing overflows then.
std::vector<TensorLayout> LayoutOf(const CheckpointFormat& format, const Config& config);

// The size of the whole file.
int64_t FileBytes(const CheckpointFormat& format, const Config& config);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_CHECKPOINT_LAYOUT_H_
