#include "llama/checkpoint.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "kernels/tensor_view.h"
#include "llama/visit_tensor.h"

namespace llama2 {
namespace {

// The file's length is exactly what its header promises.
absl::Status CheckSize(int64_t found, const CheckpointHeader& header) {
  const int64_t expected = FileBytes(header.format, header.config);
  if (found == expected) return absl::OkStatus();
  std::string where;
  for (const TensorLayout& t : LayoutOf(header.format, header.config)) {
    if (found >= t.offset + t.bytes()) continue;
    const int64_t whole = (found - t.offset) / t.matrix_bytes();  // 0 in the gap before it
    where = absl::StrCat("; it ends inside ", t.MatrixName(whole));
    break;
  }
  return absl::InvalidArgumentError(absl::StrCat("size: found ", found, " bytes, expected ",
                                                 expected, " for ", Describe(header.format),
                                                 " with ", Describe(header.config), where));
}

absl::StatusOr<CheckpointHeader> CheckedHeader(absl::Span<const uint8_t> bytes) {
  ASSIGN_OR_RETURN(CheckpointHeader header, ParseCheckpointHeader(bytes));
  RETURN_IF_ERROR(Validate(header));
  RETURN_IF_ERROR(CheckSize(bytes.size(), header));
  return header;
}

// Points a tensor of a BasicWeights at its place in the file.
struct PointAt {
  StoredMatrix stored;

  void operator()(absl::Span<const float>& norm) const {
    norm = std::get<MatrixView<const float>>(stored).Row(0);
  }
  template <typename Matrix>
  void operator()(Matrix& matrix) const {
    matrix = std::get<Matrix>(stored);
  }
};

// Views of the tensors in `bytes`, whose size CheckSize has accepted.
template <typename SomeWeights>
SomeWeights PointInto(absl::Span<const uint8_t> bytes, const CheckpointHeader& header) {
  SomeWeights weights;
  weights.layers.resize(header.config.n_layers);
  for (const TensorLayout& t : LayoutOf(header.format, header.config)) {
    for (int64_t i = 0; i < t.count; ++i) {
      VisitTensor(weights, t.kind, i, PointAt{MatrixAt(bytes, t, i)});
    }
  }
  if (header.config.shared_classifier) weights.classifier = weights.token_embedding;
  return weights;
}

// Rows that lie one behind the other.
absl::Span<const uint8_t> AsBytes(MatrixView<const float> rows) {
  CHECK_EQ(rows.stride(), rows.cols());
  return absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(rows.data()),
                             rows.rows() * rows.cols() * sizeof(float));
}

}  // namespace

absl::StatusOr<Checkpoint> Checkpoint::Parse(absl::Span<const uint8_t> bytes,
                                             absl::string_view name) {
  static_assert(std::endian::native == std::endian::little, "the formats are little-endian");
  CHECK_EQ(reinterpret_cast<uintptr_t>(bytes.data()) % kCacheLineBytes, uintptr_t{0});
  const absl::StatusOr<CheckpointHeader> header = CheckedHeader(bytes);
  if (!header.ok()) {
    return absl::Status(header.status().code(),
                        absl::StrCat(name, ": ", header.status().message()));
  }
  Checkpoint checkpoint;
  checkpoint.bytes_ = bytes;
  checkpoint.header_ = *header;
  switch (header->format.version) {
    case CheckpointVersion::kV0:
    case CheckpointVersion::kV1:
      checkpoint.weights_ = PointInto<Weights>(bytes, *header);
      break;
    case CheckpointVersion::kV2:
      checkpoint.weights_ = PointInto<Int8Weights>(bytes, *header);
      break;
    case CheckpointVersion::kV3:
      checkpoint.weights_ = PointInto<PackedInt8Weights>(bytes, *header);
      break;
  }
  return checkpoint;
}

absl::StatusOr<Checkpoint> Checkpoint::Open(absl::string_view path) {
  ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(path));
  ASSIGN_OR_RETURN(Checkpoint checkpoint, Parse(file.bytes(), path));
  checkpoint.file_ = std::move(file);
  return checkpoint;
}

absl::StatusOr<Checkpoint> Checkpoint::ParseOwned(AlignedBuffer<uint8_t> bytes,
                                                  absl::string_view name) {
  ASSIGN_OR_RETURN(Checkpoint checkpoint, Parse(bytes.span(), name));
  checkpoint.memory_ = std::move(bytes);
  return checkpoint;
}

void Checkpoint::ReleasePages(MatrixView<const float> part) const {
  file_.ReleasePages(AsBytes(part));
}

bool Checkpoint::Read(MatrixView<const float> part, float* out) const {
  return file_.Read(AsBytes(part), reinterpret_cast<uint8_t*>(out));
}

StoredMatrix Checkpoint::Stored(TensorKind kind, int64_t i) const {
  const std::vector<TensorLayout> layout = LayoutOf(format(), config());
  const auto tensor = std::find_if(layout.begin(), layout.end(),
                                   [&](const TensorLayout& t) { return t.kind == kind; });
  CHECK(tensor != layout.end());
  return MatrixAt(bytes_, *tensor, i);
}

}  // namespace llama2
