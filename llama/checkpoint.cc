#include "llama/checkpoint.h"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/atomic_file_writer.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "kernels/tensor_view.h"

namespace llama2 {
namespace {

constexpr uint32_t kMagic = 0x616b3432;  // "24ka" in the file: v1 and later
constexpr int64_t kV0HeaderInts = 7;

int32_t ReadInt(absl::Span<const uint8_t> bytes, size_t offset) {
  int32_t value;
  CHECK_LE(offset + sizeof(value), bytes.size());
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

// The seven sizes of a header, which begin at `offset`.
Config ReadSizes(absl::Span<const uint8_t> bytes, size_t offset) {
  const auto size = [&](int i) -> int64_t { return ReadInt(bytes, offset + 4 * i); };
  return {.dim = size(0),
          .hidden_dim = size(1),
          .n_layers = size(2),
          .n_heads = size(3),
          .n_kv_heads = size(4),
          .vocab_size = size(5),
          .seq_len = size(6)};
}

// What a file is that is no checkpoint, where its first bytes tell.
absl::string_view GuessKind(absl::Span<const uint8_t> bytes) {
  const absl::string_view head(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (absl::StartsWith(head, "GGUF")) return " (this is a GGUF file, of llama.cpp)";
  if (absl::StartsWith(head, "PK")) return " (this is a zip archive, perhaps of PyTorch)";
  return "";
}

struct Header {
  CheckpointVersion version;
  Config config;
};

absl::StatusOr<Header> ReadV0Header(absl::Span<const uint8_t> bytes) {
  Header header = {CheckpointVersion::kV0, ReadSizes(bytes, 0)};
  Config& config = header.config;
  // A negative vocabulary size says that a classifier of its own follows.
  config.shared_classifier = config.vocab_size > 0;
  config.vocab_size = std::abs(config.vocab_size);
  if (absl::Status status = Validate(config); !status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        status.message(), "; read as a version 0 header, for want of the magic number 0x",
        absl::Hex(kMagic), GuessKind(bytes)));
  }
  return header;
}

absl::StatusOr<Header> ReadVersionedHeader(absl::Span<const uint8_t> bytes) {
  const int32_t version = ReadInt(bytes, 4);
  if (version == 2) {
    return absl::UnimplementedError(
        "version: found 2 (int8), which this program does not read; expected 0 or 1 (float32)");
  }
  if (version != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("version: found ", version, ", expected 0, 1 or 2"));
  }
  const size_t header_bytes = HeaderBytes(CheckpointVersion::kV1);
  if (bytes.size() < header_bytes) {
    return absl::InvalidArgumentError(absl::StrCat("header: found ", bytes.size(),
                                                   " bytes, expected ", header_bytes));
  }
  Header header = {CheckpointVersion::kV1, ReadSizes(bytes, 8)};
  const uint8_t shared = bytes[36];
  if (shared > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("shared_classifier: found ", shared, ", expected 0 or 1"));
  }
  header.config.shared_classifier = shared == 1;
  RETURN_IF_ERROR(Validate(header.config));
  return header;
}

absl::StatusOr<Header> ReadHeader(absl::Span<const uint8_t> bytes) {
  if (bytes.size() < kV0HeaderInts * sizeof(int32_t)) {
    return absl::InvalidArgumentError(
        absl::StrCat("header: found ", bytes.size(), " bytes, expected at least ",
                     kV0HeaderInts * sizeof(int32_t)));
  }
  const bool versioned = static_cast<uint32_t>(ReadInt(bytes, 0)) == kMagic;
  return versioned ? ReadVersionedHeader(bytes) : ReadV0Header(bytes);
}

// The file's length is exactly what its header promises.
absl::Status CheckSize(int64_t found, const Header& header) {
  const int64_t expected = FileBytes(header.version, header.config);
  if (found == expected) return absl::OkStatus();
  std::string where;
  for (const TensorLayout& t : LayoutOf(header.version, header.config)) {
    if (found >= t.offset && found < t.offset + t.bytes()) {
      where = absl::StrCat("; it ends inside ", t.name);
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("size: found ", found, " bytes, expected ", expected, " for version ",
                   static_cast<int>(header.version), " with ", Describe(header.config), where));
}

// Calls visit with the member of `weights` (a Weights, const or not) that holds
// layer `l` of the tensors of this kind: a MatrixView or, for a norm, a Span. The
// tables that nobody reads have none.
template <typename SomeWeights, typename Visitor>
void VisitTensor(SomeWeights& weights, TensorKind kind, int64_t l, Visitor visit) {
  switch (kind) {
    case TensorKind::kTokenEmbedding:
      return visit(weights.token_embedding);
    case TensorKind::kAttentionNorm:
      return visit(weights.layers[l].attention_norm);
    case TensorKind::kWq:
      return visit(weights.layers[l].wq);
    case TensorKind::kWk:
      return visit(weights.layers[l].wk);
    case TensorKind::kWv:
      return visit(weights.layers[l].wv);
    case TensorKind::kWo:
      return visit(weights.layers[l].wo);
    case TensorKind::kFeedForwardNorm:
      return visit(weights.layers[l].feed_forward_norm);
    case TensorKind::kW1:
      return visit(weights.layers[l].w1);
    case TensorKind::kW2:
      return visit(weights.layers[l].w2);
    case TensorKind::kW3:
      return visit(weights.layers[l].w3);
    case TensorKind::kFinalNorm:
      return visit(weights.final_norm);
    case TensorKind::kClassifier:
      return visit(weights.classifier);
    case TensorKind::kRopeCosines:
    case TensorKind::kRopeSines:
      return;
  }
}

// Points a tensor of a Weights at its place in the file.
struct PointAt {
  const float* data;
  const TensorLayout& layout;

  void operator()(MatrixView<const float>& matrix) const {
    matrix = MatrixView<const float>(data, layout.rows, layout.cols);
  }
  void operator()(absl::Span<const float>& vector) const {
    vector = absl::MakeConstSpan(data, layout.cols);
  }
};

// Views of the tensors in `bytes`, whose size CheckSize has accepted.
Weights PointInto(absl::Span<const uint8_t> bytes, const Header& header) {
  Weights weights;
  weights.layers.resize(header.config.n_layers);
  for (const TensorLayout& t : LayoutOf(header.version, header.config)) {
    const float* data = reinterpret_cast<const float*>(bytes.data() + t.offset);
    for (int64_t l = 0; l < t.count; ++l, data += t.rows * t.cols) {
      VisitTensor(weights, t.kind, l, PointAt{data, t});
    }
  }
  if (header.config.shared_classifier) weights.classifier = weights.token_embedding;
  return weights;
}

// Appends a tensor of a Weights to a file.
struct AppendTo {
  AtomicFileWriter& writer;
  absl::Status& status;

  void operator()(absl::Span<const float> vector) const {
    if (status.ok()) status = writer.AppendArray(vector);
  }
  void operator()(const MatrixView<const float>& matrix) const {
    for (int64_t i = 0; i < matrix.rows(); ++i) (*this)(matrix.Row(i));
  }
};

std::string MakeHeader(CheckpointVersion version, const Config& config) {
  std::string header;
  const auto append = [&](int64_t value) {
    const int32_t narrow = static_cast<int32_t>(value);
    header.append(reinterpret_cast<const char*>(&narrow), sizeof(narrow));
  };
  const bool negate = version == CheckpointVersion::kV0 && !config.shared_classifier;
  if (version != CheckpointVersion::kV0) {
    append(kMagic);
    append(static_cast<int>(version));
  }
  for (int64_t size : {config.dim, config.hidden_dim, config.n_layers, config.n_heads,
                       config.n_kv_heads, negate ? -config.vocab_size : config.vocab_size,
                       config.seq_len}) {
    append(size);
  }
  if (version != CheckpointVersion::kV0) header.push_back(config.shared_classifier ? 1 : 0);
  header.resize(HeaderBytes(version), '\0');
  return header;
}

// One of the two tables (S, HD / 2) that a v0 file has and nobody reads, in float32
// as llama2.c's exporter computes it.
std::vector<float> RopeTable(const Config& config, float (*function)(float)) {
  std::vector<float> table;
  const int64_t head_dim = config.head_dim();
  for (int64_t position = 0; position < config.seq_len; ++position) {
    for (int64_t i = 0; i < head_dim; i += 2) {
      const float exponent = static_cast<float>(i) / static_cast<float>(head_dim);
      const float frequency = 1.0f / std::pow(static_cast<float>(config.rope_theta), exponent);
      table.push_back(function(static_cast<float>(position) * frequency));
    }
  }
  return table;
}

}  // namespace

absl::StatusOr<Checkpoint> Checkpoint::Parse(absl::Span<const uint8_t> bytes,
                                             absl::string_view name) {
  static_assert(std::endian::native == std::endian::little, "the formats are little-endian");
  CHECK_EQ(reinterpret_cast<uintptr_t>(bytes.data()) % alignof(float), uintptr_t{0});
  const auto named = [&](const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat(name, ": ", status.message()));
  };
  absl::StatusOr<Header> header = ReadHeader(bytes);
  if (!header.ok()) return named(header.status());
  if (absl::Status status = CheckSize(bytes.size(), *header); !status.ok()) {
    return named(status);
  }
  Checkpoint checkpoint;
  checkpoint.version_ = header->version;
  checkpoint.config_ = header->config;
  checkpoint.weights_ = PointInto(bytes, *header);
  return checkpoint;
}

absl::StatusOr<Checkpoint> Checkpoint::Open(absl::string_view path) {
  ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(path));
  ASSIGN_OR_RETURN(Checkpoint checkpoint, Parse(file.bytes(), path));
  checkpoint.file_ = std::move(file);
  return checkpoint;
}

absl::Status WriteCheckpoint(absl::string_view path, CheckpointVersion version,
                             const Config& config, const Weights& weights) {
  ASSIGN_OR_RETURN(AtomicFileWriter writer, AtomicFileWriter::Create(path));
  RETURN_IF_ERROR(writer.Append(MakeHeader(version, config)));
  for (const TensorLayout& t : LayoutOf(version, config)) {
    absl::Status status;
    for (int64_t l = 0; l < t.count; ++l) {
      VisitTensor(weights, t.kind, l, AppendTo{writer, status});
    }
    if (t.kind == TensorKind::kRopeCosines) AppendTo{writer, status}(RopeTable(config, std::cos));
    if (t.kind == TensorKind::kRopeSines) AppendTo{writer, status}(RopeTable(config, std::sin));
    RETURN_IF_ERROR(status);
  }
  return writer.Commit();
}

}  // namespace llama2
