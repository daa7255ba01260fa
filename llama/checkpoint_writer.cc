#include "llama/checkpoint_writer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "llama/visit_tensor.h"
#include "quant/packed_int8_matrix.h"
#include "quant/quantize.h"

namespace llama2 {
namespace {

// About how many elements are quantised at once.
constexpr int64_t kBlockElements = 1 << 16;

// RoPE's frequencies (HD / 2), in float32 as llama2.c's exporter computes them.
std::vector<float> RopeFrequencies(const Config& config) {
  std::vector<float> frequencies;
  const float head_dim = static_cast<float>(config.head_dim());
  for (int64_t i = 0; i < config.head_dim(); i += 2) {
    const float exponent = static_cast<float>(i) / head_dim;
    frequencies.push_back(1.0f / std::pow(static_cast<float>(config.rope_theta), exponent));
  }
  return frequencies;
}

bool IsRopeTable(const TensorLayout& t) {
  return t.kind == TensorKind::kRopeCosines || t.kind == TensorKind::kRopeSines;
}

absl::Status CheckHeader(absl::string_view path, const CheckpointHeader& header) {
  const absl::Status status = Validate(header);
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

absl::Status AppendAll(const Weights& weights, CheckpointWriter& writer) {
  while (!writer.done()) {
    absl::Status status;
    VisitTensor(weights, writer.tensor().kind, writer.matrix(),
                [&](const auto& tensor) { status = writer.Append(tensor); });
    RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

absl::Status AppendAll(const Checkpoint& checkpoint, CheckpointWriter& writer) {
  while (!writer.done()) {
    RETURN_IF_ERROR(writer.Append(checkpoint.Stored(writer.tensor().kind, writer.matrix())));
    checkpoint.ReleasePages();
  }
  return absl::OkStatus();
}

// `source`: Weights or a Checkpoint.
template <typename Source>
absl::Status WriteAll(absl::string_view path, const CheckpointHeader& header,
                      const Source& source) {
  ASSIGN_OR_RETURN(CheckpointWriter writer, CheckpointWriter::Create(path, header));
  RETURN_IF_ERROR(AppendAll(source, writer));
  return writer.Commit();
}

template <typename Source>
absl::StatusOr<Checkpoint> ConvertAll(absl::string_view name, const CheckpointHeader& header,
                                      const Source& source) {
  ASSIGN_OR_RETURN(CheckpointWriter writer, CheckpointWriter::CreateInMemory(name, header));
  RETURN_IF_ERROR(AppendAll(source, writer));
  return std::move(writer).Open();
}

}  // namespace

absl::StatusOr<CheckpointWriter> CheckpointWriter::Create(absl::string_view path,
                                                          const CheckpointHeader& header) {
  RETURN_IF_ERROR(CheckHeader(path, header));
  CheckpointWriter writer(path, header);
  ASSIGN_OR_RETURN(writer.file_, AtomicFileWriter::Create(path));
  RETURN_IF_ERROR(writer.Write(absl::MakeConstSpan(SerializeCheckpointHeader(header))));
  return writer;
}

absl::StatusOr<CheckpointWriter> CheckpointWriter::CreateInMemory(
    absl::string_view name, const CheckpointHeader& header) {
  RETURN_IF_ERROR(CheckHeader(name, header));
  CheckpointWriter writer(name, header);
  const int64_t size = FileBytes(header.format, header.config);
  if (!writer.memory_.TryResize(size)) {
    return absl::ResourceExhaustedError(
        absl::StrCat(name, ": no memory for its weights, ", size, " bytes"));
  }
  writer.memory_.PreferHugePages();
  RETURN_IF_ERROR(writer.Write(absl::MakeConstSpan(SerializeCheckpointHeader(header))));
  return writer;
}

CheckpointWriter::CheckpointWriter(absl::string_view path, const CheckpointHeader& header)
    : path_(path), config_(header.config), layout_(LayoutOf(header.format, header.config)) {}

template <typename T>
absl::Status CheckpointWriter::Write(absl::Span<const T> values) {
  if (file_.has_value()) return file_->AppendArray(values);
  const size_t size = values.size() * sizeof(T);
  CHECK_LE(size, memory_.size() - written_);
  std::copy_n(reinterpret_cast<const uint8_t*>(values.data()), size, memory_.data() + written_);
  written_ += size;
  return absl::OkStatus();
}

absl::Status CheckpointWriter::Append(absl::Span<const float> values) {
  CHECK(!done());
  CHECK_LE(elements_ + static_cast<int64_t>(values.size()), tensor().matrix_elements());
  if (tensor().group_size == 0) {
    RETURN_IF_ERROR(Write(values));
  } else {
    RETURN_IF_ERROR(AppendQuantized(values));
  }
  return Advance(values.size());
}

absl::Status CheckpointWriter::Append(const StoredMatrix& stored) {
  CHECK(!done());
  CHECK_EQ(elements_, 0);
  const auto* int8 = std::get_if<Int8Matrix>(&stored);
  if (int8 != nullptr && int8->group_size() == tensor().group_size) return AppendInt8(*int8);
  const auto* packed = std::get_if<PackedInt8Matrix>(&stored);
  if (packed != nullptr && packed->group_size() == tensor().group_size) {
    ASSIGN_OR_RETURN(const absl::Span<uint8_t> bytes, RoomForInt8());
    Unpack(*packed, bytes);
    return AppendInt8(Int8Matrix(bytes, packed->rows(), packed->cols(), packed->group_size()));
  }
  const int64_t rows = tensor().rows;  // Append moves on to the next tensor
  std::vector<float> row(tensor().cols);
  for (int64_t i = 0; i < rows; ++i) {
    ReadRow(stored, i, absl::MakeSpan(row));
    RETURN_IF_ERROR(Append(row));
  }
  return absl::OkStatus();
}

absl::Status CheckpointWriter::Commit() {
  CHECK(done() && file_.has_value());
  return file_->Commit();
}

absl::StatusOr<Checkpoint> CheckpointWriter::Open() && {
  CHECK(done() && !file_.has_value());
  return Checkpoint::ParseOwned(std::move(memory_), path_);
}

absl::Status CheckpointWriter::AppendQuantized(absl::Span<const float> values) {
  const int64_t group_size = tensor().group_size;
  const size_t block_size = std::max<int64_t>(kBlockElements / group_size, 1) * group_size;
  while (!values.empty()) {
    const auto head = values.subspan(0, block_size - block_.size());
    block_.insert(block_.end(), head.begin(), head.end());
    values.remove_prefix(head.size());
    if (block_.size() == block_size) RETURN_IF_ERROR(QuantizeBlock());
  }
  return absl::OkStatus();
}

absl::Status CheckpointWriter::QuantizeBlock() {
  const size_t bad = FirstNotFinite(block_);
  if (bad < block_.size()) {
    return absl::InvalidArgumentError(absl::StrCat(path_, ": ", tensor().MatrixName(matrix_),
                                                   ": found a weight of ", block_[bad],
                                                   ", expected finite ones to make int8 of"));
  }
  const size_t groups = block_.size() / tensor().group_size;
  const size_t begin = scales_.size() * tensor().group_size;
  std::vector<int8_t> quantized(block_.size());
  scales_.resize(scales_.size() + groups);
  Quantize(block_, tensor().group_size, absl::MakeSpan(quantized),
           absl::MakeSpan(scales_).last(groups));
  block_.clear();
  if (!tensor().packed) return Write(absl::MakeConstSpan(quantized));
  ASSIGN_OR_RETURN(const absl::Span<uint8_t> bytes, RoomForInt8());
  std::copy(quantized.begin(), quantized.end(), bytes.begin() + begin);
  return absl::OkStatus();
}

// The last block of a matrix that became int8, and its scales.
absl::Status CheckpointWriter::EndQuantized() {
  if (!block_.empty()) RETURN_IF_ERROR(QuantizeBlock());
  const TensorLayout& t = tensor();
  if (t.packed && !scales_.empty()) {
    ASSIGN_OR_RETURN(const absl::Span<uint8_t> bytes, RoomForInt8());
    std::memcpy(bytes.data() + t.matrix_elements(), scales_.data(),
                scales_.size() * sizeof(float));
    RETURN_IF_ERROR(WritePanels(Int8Matrix(bytes, t.rows, t.cols, t.group_size)));
  } else {
    RETURN_IF_ERROR(Write(absl::MakeConstSpan(scales_)));
  }
  scales_.clear();
  return absl::OkStatus();
}

// int8_, as large as the matrix takes; what it holds of it stays.
absl::StatusOr<absl::Span<uint8_t>> CheckpointWriter::RoomForInt8() {
  const TensorLayout& t = tensor();
  const size_t size = Int8Matrix::Bytes(t.rows, t.cols, t.group_size);
  if (int8_.size() != size && !int8_.TryResize(size)) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path_, ": no memory for ", t.MatrixName(matrix_), ", ", size, " bytes"));
  }
  return int8_.span();
}

// All of a matrix that has the file's groups already.
absl::Status CheckpointWriter::AppendInt8(const Int8Matrix& matrix) {
  CHECK(matrix.rows() == tensor().rows && matrix.cols() == tensor().cols);
  RETURN_IF_ERROR(tensor().packed ? WritePanels(matrix) : Write(matrix.bytes()));
  return Advance(tensor().matrix_elements());
}

absl::Status CheckpointWriter::WritePanels(const Int8Matrix& matrix) {
  constexpr int64_t kRows = PackedInt8Matrix::kRowsAtOnce;
  std::vector<uint8_t> panel(
      PackedInt8Matrix::Bytes(kRows, matrix.cols(), matrix.group_size()));
  for (int64_t row = 0; row < matrix.rows(); row += kRows) {
    PackPanel(matrix, row, absl::MakeSpan(panel));
    RETURN_IF_ERROR(Write(absl::MakeConstSpan(panel)));
  }
  return absl::OkStatus();
}

// Counts what has been appended, and at the end of a matrix goes on to the next.
absl::Status CheckpointWriter::Advance(int64_t elements) {
  elements_ += elements;
  if (elements_ < tensor().matrix_elements()) return absl::OkStatus();
  RETURN_IF_ERROR(EndQuantized());
  elements_ = 0;
  if (++matrix_ < tensor().count) return absl::OkStatus();
  matrix_ = 0;
  const int64_t end = tensor().offset + tensor().bytes();
  ++tensor_;
  if (!done()) RETURN_IF_ERROR(WriteZeros(tensor().offset - end));
  return AppendRopeTables();
}

// The gap before a tensor.
absl::Status CheckpointWriter::WriteZeros(int64_t count) {
  return Write(absl::MakeConstSpan(std::string(count, '\0')));
}

// The two tables (S, HD / 2) of version 0, where they come next.
absl::Status CheckpointWriter::AppendRopeTables() {
  for (; !done() && IsRopeTable(tensor()); ++tensor_) {
    const auto function = tensor().kind == TensorKind::kRopeCosines ? cosf : sinf;
    const std::vector<float> frequencies = RopeFrequencies(config_);
    std::vector<float> row(frequencies.size());
    for (int64_t position = 0; position < tensor().rows; ++position) {
      for (size_t i = 0; i < row.size(); ++i) {
        row[i] = function(static_cast<float>(position) * frequencies[i]);
      }
      RETURN_IF_ERROR(Write(absl::MakeConstSpan(row)));
    }
  }
  return absl::OkStatus();
}

absl::Status WriteCheckpoint(absl::string_view path, const CheckpointHeader& header,
                             const Weights& weights) {
  return WriteAll(path, header, weights);
}

absl::Status WriteCheckpoint(absl::string_view path, const CheckpointFormat& format,
                             const Checkpoint& checkpoint) {
  return WriteAll(path, {format, checkpoint.config()}, checkpoint);
}

absl::StatusOr<Checkpoint> ConvertCheckpoint(absl::string_view name,
                                             const CheckpointHeader& header,
                                             const Weights& weights) {
  return ConvertAll(name, header, weights);
}

absl::StatusOr<Checkpoint> ConvertCheckpoint(absl::string_view name,
                                             const CheckpointFormat& format,
                                             const Checkpoint& checkpoint) {
  return ConvertAll(name, {format, checkpoint.config()}, checkpoint);
}

}  // namespace llama2
