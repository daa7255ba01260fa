#include "llama/checkpoint_header.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/check.h"
#include "base/status_macros.h"

namespace llama2 {
namespace {

constexpr uint32_t kMagic = 0x616b3432;  // "24ka" in the file: version 1 and later
constexpr size_t kVersionOffset = 4;
constexpr size_t kSizesOffset = 8;  // 0 in version 0
constexpr size_t kSharedClassifierOffset = 36;
constexpr size_t kGroupSizeOffset = 37;

int32_t ReadInt(absl::Span<const uint8_t> bytes, size_t offset) {
  int32_t value;
  CHECK_LE(offset + sizeof(value), bytes.size());
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

void AppendInt(int64_t value, std::string* bytes) {
  const int32_t narrow = static_cast<int32_t>(value);
  bytes->append(reinterpret_cast<const char*>(&narrow), sizeof(narrow));
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

void AppendSizes(const Config& c, std::string* bytes) {
  for (int64_t size :
       {c.dim, c.hidden_dim, c.n_layers, c.n_heads, c.n_kv_heads, c.vocab_size, c.seq_len}) {
    AppendInt(size, bytes);
  }
}

absl::Status CheckBytes(absl::Span<const uint8_t> bytes, CheckpointVersion version) {
  const size_t expected = HeaderBytes(version);
  if (bytes.size() >= expected) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("header: found ", bytes.size(), " bytes, expected at least ", expected));
}

// Files that people have and that are no checkpoint. No header begins so: read as a
// dim, their first bytes are far above kMaxConfigValue.
absl::Status CheckOtherKinds(absl::Span<const uint8_t> bytes) {
  const absl::string_view head(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  absl::string_view kind;
  if (absl::StartsWith(head, "GGUF")) kind = "a GGUF file, of llama.cpp";
  if (absl::StartsWith(head, "PK\3\4")) kind = "a zip archive, perhaps of PyTorch";
  if (kind.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("found ", kind, ", expected a checkpoint of llama2.c"));
}

absl::StatusOr<CheckpointHeader> ParseV0(absl::Span<const uint8_t> bytes) {
  RETURN_IF_ERROR(CheckOtherKinds(bytes));
  RETURN_IF_ERROR(CheckBytes(bytes, CheckpointVersion::kV0));
  CheckpointHeader header;
  header.config = ReadSizes(bytes, 0);
  // A negative vocabulary size says that a classifier of its own follows.
  header.config.shared_classifier = header.config.vocab_size > 0;
  header.config.vocab_size = std::abs(header.config.vocab_size);
  return header;
}

// Of version 1 and later.
absl::StatusOr<CheckpointHeader> ParseVersioned(absl::Span<const uint8_t> bytes) {
  RETURN_IF_ERROR(CheckBytes(bytes, CheckpointVersion::kV1));
  const int32_t version = ReadInt(bytes, kVersionOffset);
  if (version < 1 || version > 3) {
    return absl::InvalidArgumentError(
        absl::StrCat("version: found ", version, ", expected 0, 1, 2 or 3"));
  }
  CheckpointHeader header;
  header.format.version = static_cast<CheckpointVersion>(version);
  if (header.format.is_int8()) header.format.group_size = ReadInt(bytes, kGroupSizeOffset);
  header.config = ReadSizes(bytes, kSizesOffset);
  const int shared = bytes[kSharedClassifierOffset];
  if (shared > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("shared_classifier: found ", shared, ", expected 0 or 1"));
  }
  header.config.shared_classifier = shared == 1;
  return header;
}

}  // namespace

absl::StatusOr<CheckpointHeader> ParseCheckpointHeader(absl::Span<const uint8_t> bytes) {
  const bool versioned =
      bytes.size() >= sizeof(kMagic) && static_cast<uint32_t>(ReadInt(bytes, 0)) == kMagic;
  return versioned ? ParseVersioned(bytes) : ParseV0(bytes);
}

absl::Status Validate(const CheckpointHeader& header) {
  const absl::Status status = Validate(header.config);
  if (status.ok()) return Validate(header.format, header.config);
  if (header.format.version != CheckpointVersion::kV0) return status;
  return absl::InvalidArgumentError(
      absl::StrCat(status.message(),
                   "; read as a version 0 header, for want of the magic "
                   "number 0x",
                   absl::Hex(kMagic)));
}

std::string SerializeCheckpointHeader(const CheckpointHeader& header) {
  const CheckpointVersion version = header.format.version;
  std::string bytes;
  if (version == CheckpointVersion::kV0) {
    Config sizes = header.config;
    if (!sizes.shared_classifier) sizes.vocab_size = -sizes.vocab_size;
    AppendSizes(sizes, &bytes);
    return bytes;
  }
  AppendInt(kMagic, &bytes);
  AppendInt(static_cast<int>(version), &bytes);
  AppendSizes(header.config, &bytes);
  bytes.push_back(header.config.shared_classifier ? 1 : 0);
  if (header.format.is_int8()) AppendInt(header.format.group_size, &bytes);
  bytes.resize(HeaderBytes(version), '\0');
  return bytes;
}

}  // namespace llama2
