// Where each tensor stands in a checkpoint file: the one description of the file
// formats, which reading, writing and inspecting a file share.
//
//   for (const TensorLayout& t : LayoutOf(CheckpointVersion::kV0, config)) {
//     Print(t.name, t.offset, t.count, t.rows, t.cols);
//   }
#ifndef LLAMA2_LLAMA_CHECKPOINT_LAYOUT_H_
#define LLAMA2_LLAMA_CHECKPOINT_LAYOUT_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "llama/config.h"

namespace llama2 {

// The file formats, by llama2.c's version numbers.
enum class CheckpointVersion {
  kV0 = 0,  // 28-byte header without a magic number, float32: what llama2.c's run reads
  kV1 = 1,  // 256-byte header, float32
};

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
  int64_t offset;

  int64_t elements() const { return count * rows * cols; }
  int64_t bytes() const { return elements() * static_cast<int64_t>(sizeof(float)); }
};

// The bytes before the first tensor.
int64_t HeaderBytes(CheckpointVersion version);

// The tensors of a file in the order in which they stand there, without gaps.
// `config` is one that Validate accepts; nothing overflows then.
std::vector<TensorLayout> LayoutOf(CheckpointVersion version, const Config& config);

// The size of the whole file.
int64_t FileBytes(CheckpointVersion version, const Config& config);

}  // namespace llama2

#endif  // LLAMA2_LLAMA_CHECKPOINT_LAYOUT_H_
