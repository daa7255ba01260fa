#include "llama/convert_checkpoint.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/aligned_buffer.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "kernels/tensor_view.h"
#include "llama/checkpoint_header.h"
#include "llama/checkpoint_layout.h"
#include "llama/visit_tensor.h"
#include "quant/int8_matrix.h"
#include "quant/quantize.h"

namespace llama2 {
namespace {

// Writes one matrix (or norm) of a model to its place in the new checkpoint.
struct ConvertInto {
  absl::Span<uint8_t> place;
  const TensorLayout& layout;
  int64_t index;  // of the matrix in its tensor
  absl::Status& status;

  void operator()(absl::Span<const float> norm) const { Copy(norm, place); }

  void operator()(const MatrixView<const float>& w) const {
    const int64_t size = w.rows() * w.cols();
    CHECK_EQ(w.stride(), w.cols());
    CHECK_EQ(size, layout.matrix_elements());
    const absl::Span<const float> weights = absl::MakeConstSpan(w.data(), size);
    if (const int64_t bad = FirstNotFinite(weights); bad < size) {
      status = absl::InvalidArgumentError(
          absl::StrCat(layout.MatrixName(index), ": found a weight of ", weights[bad],
                       ", expected finite ones to make int8 of"));
      return;
    }
    // Where the scales go need not be aligned.
    std::vector<float> scales(size / layout.group_size);
    Quantize(weights, layout.group_size,
             absl::MakeSpan(reinterpret_cast<int8_t*>(place.data()), size),
             absl::MakeSpan(scales));
    Copy(scales, place.subspan(size));
  }

  void operator()(const Int8Matrix& w) const {
    CHECK_EQ(w.rows() * w.cols(), layout.matrix_elements());
    float* weights = reinterpret_cast<float*>(place.data());
    for (int64_t row = 0; row < w.rows(); ++row, weights += w.cols()) {
      DequantizeRow(w, row, absl::MakeSpan(weights, w.cols()));
    }
  }

  static void Copy(absl::Span<const float> from, absl::Span<uint8_t> to) {
    CHECK_EQ(from.size() * sizeof(float), to.size());
    std::copy_n(reinterpret_cast<const uint8_t*>(from.data()), to.size(), to.data());
  }
};

template <typename SomeWeights>
absl::StatusOr<Checkpoint> Convert(const SomeWeights& weights, const CheckpointHeader& header) {
  RETURN_IF_ERROR(Validate(header));
  AlignedBuffer<uint8_t> bytes;
  const int64_t size = FileBytes(header.format, header.config);
  if (!bytes.TryResize(size)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("weights: no memory for ", size, " bytes"));
  }
  const std::string head = SerializeCheckpointHeader(header);
  std::copy(head.begin(), head.end(), bytes.data());
  for (const TensorLayout& t : LayoutOf(header.format, header.config)) {
    for (int64_t i = 0; i < t.count; ++i) {
      const absl::Span<uint8_t> place =
          bytes.span().subspan(t.offset + i * t.matrix_bytes(), t.matrix_bytes());
      absl::Status status;
      VisitTensor(weights, t.kind, i, ConvertInto{place, t, i, status});
      RETURN_IF_ERROR(status);
    }
  }
  return Checkpoint::ParseOwned(std::move(bytes), "in memory");
}

absl::StatusOr<Checkpoint> Named(absl::string_view name, absl::StatusOr<Checkpoint> result) {
  if (result.ok()) return result;
  return absl::Status(result.status().code(),
                      absl::StrCat(name, ": ", result.status().message()));
}

}  // namespace

absl::StatusOr<Checkpoint> QuantizeCheckpoint(absl::string_view name, const Config& config,
                                              const Weights& weights, int64_t group_size) {
  return Named(name, Convert(weights, {{CheckpointVersion::kV2, group_size}, config}));
}

absl::StatusOr<Checkpoint> DequantizeCheckpoint(absl::string_view name, const Config& config,
                                                const Int8Weights& weights) {
  return Named(name, Convert(weights, {{CheckpointVersion::kV1}, config}));
}

}  // namespace llama2
