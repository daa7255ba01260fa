#include "llama/checkpoint_layout.h"

#include "absl/strings/str_cat.h"
#include "quant/int8_matrix.h"
#include "quant/packed_int8_matrix.h"
#include "quant/quantize.h"

namespace llama2 {
namespace {

// The order of the tensors in each format.
std::vector<TensorKind> OrderOf(CheckpointVersion version, bool shared_classifier) {
  using enum TensorKind;
  std::vector<TensorKind> order;
  switch (version) {
    case CheckpointVersion::kV0:
      order = {kTokenEmbedding,
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
               kRopeCosines,
               kRopeSines};
      break;
    case CheckpointVersion::kV1:
    case CheckpointVersion::kV2:
    case CheckpointVersion::kV3:
      order = {kAttentionNorm,
               kFeedForwardNorm,
               kFinalNorm,
               kTokenEmbedding,
               kWq,
               kWk,
               kWv,
               kWo,
               kW1,
               kW2,
               kW3};
      break;
  }
  if (!shared_classifier) order.push_back(kClassifier);
  return order;
}

// A tensor as float32, without its place in the file.
TensorLayout ShapeOf(TensorKind kind, const Config& c) {
  const auto shape = [&](absl::string_view name, int64_t count, int64_t rows, int64_t cols) {
    return TensorLayout{.kind = kind, .name = name, .count = count, .rows = rows, .cols = cols};
  };
  switch (kind) {
    case TensorKind::kTokenEmbedding:
      return shape("token_embedding", 1, c.vocab_size, c.dim);
    case TensorKind::kAttentionNorm:
      return shape("attention_norm", c.n_layers, 1, c.dim);
    case TensorKind::kWq:
      return shape("wq", c.n_layers, c.dim, c.dim);
    case TensorKind::kWk:
      return shape("wk", c.n_layers, c.kv_dim(), c.dim);
    case TensorKind::kWv:
      return shape("wv", c.n_layers, c.kv_dim(), c.dim);
    case TensorKind::kWo:
      return shape("wo", c.n_layers, c.dim, c.dim);
    case TensorKind::kFeedForwardNorm:
      return shape("feed_forward_norm", c.n_layers, 1, c.dim);
    case TensorKind::kW1:
      return shape("w1", c.n_layers, c.hidden_dim, c.dim);
    case TensorKind::kW2:
      return shape("w2", c.n_layers, c.dim, c.hidden_dim);
    case TensorKind::kW3:
      return shape("w3", c.n_layers, c.hidden_dim, c.dim);
    case TensorKind::kFinalNorm:
      return shape("final_norm", 1, 1, c.dim);
    case TensorKind::kClassifier:
      return shape("classifier", 1, c.vocab_size, c.dim);
    case TensorKind::kRopeCosines:
      return shape("rope_cosines", 1, c.seq_len, c.head_dim() / 2);
    case TensorKind::kRopeSines:
      return shape("rope_sines", 1, c.seq_len, c.head_dim() / 2);
  }
  return shape("", 0, 0, 0);
}

// What versions 2 and 3 hold as int8: everything but the norms.
bool IsMatrix(TensorKind kind) {
  return kind != TensorKind::kAttentionNorm && kind != TensorKind::kFeedForwardNorm &&
         kind != TensorKind::kFinalNorm;
}

absl::Status GroupSizeError(int64_t found, absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat("group_size: found ", found, ", expected ", expected));
}

}  // namespace

int64_t DefaultGroupSizeFor(const Config& config) {
  return DefaultGroupSize({config.dim, config.hidden_dim, config.kv_dim()});
}

std::string Describe(const CheckpointFormat& format) {
  const std::string version = absl::StrCat("version ", static_cast<int>(format.version));
  if (!format.is_int8()) return absl::StrCat(version, " (float32)");
  return absl::StrCat(version, " (int8 in groups of ", format.group_size,
                      format.version == CheckpointVersion::kV3 ? ", in panels)" : ")");
}

absl::Status Validate(const CheckpointFormat& format, const Config& config) {
  const int64_t group_size = format.group_size;
  if (!format.is_int8()) {
    return group_size == 0 ? absl::OkStatus() : GroupSizeError(group_size, "0 (float32)");
  }
  if (group_size < 1 || group_size > kMaxGroupSize) {
    return GroupSizeError(group_size, absl::StrCat("1 to ", kMaxGroupSize));
  }
  for (TensorKind kind : OrderOf(format.version, config.shared_classifier)) {
    const TensorLayout t = ShapeOf(kind, config);
    if (IsMatrix(kind) && t.matrix_elements() % group_size != 0) {
      return GroupSizeError(
          group_size, absl::StrCat("a divisor of the ", t.matrix_elements(), " elements of ",
                                   t.name, " (", t.rows, " x ", t.cols, ")"));
    }
  }
  return absl::OkStatus();
}

int64_t TensorLayout::matrix_bytes() const {
  if (packed) return PackedInt8Matrix::Bytes(rows, cols, group_size);
  if (group_size != 0) return Int8Matrix::Bytes(rows, cols, group_size);
  return matrix_elements() * static_cast<int64_t>(sizeof(float));
}

std::string TensorLayout::MatrixName(int64_t i) const {
  return count == 1 ? std::string(name) : absl::StrCat(name, "[", i, "]");
}

int64_t HeaderBytes(CheckpointVersion version) {
  return version == CheckpointVersion::kV0 ? 28 : 256;
}

std::vector<TensorLayout> LayoutOf(const CheckpointFormat& format, const Config& config) {
  std::vector<TensorLayout> layout;
  int64_t offset = HeaderBytes(format.version);
  for (TensorKind kind : OrderOf(format.version, config.shared_classifier)) {
    TensorLayout& tensor = layout.emplace_back(ShapeOf(kind, config));
    if (IsMatrix(kind)) {
      tensor.group_size = format.group_size;
      tensor.packed = format.version == CheckpointVersion::kV3;
    }
    if (tensor.packed) {
      constexpr int64_t kAlignment = PackedInt8Matrix::kAlignment;
      offset = (offset + kAlignment - 1) / kAlignment * kAlignment;
    }
    tensor.offset = offset;
    offset += tensor.bytes();
  }
  return layout;
}

int64_t FileBytes(const CheckpointFormat& format, const Config& config) {
  const TensorLayout last = LayoutOf(format, config).back();
  return last.offset + last.bytes();
}

}  // namespace llama2
