#include "training/event_file.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "training/crc32c.h"
#include "training/event.pb.h"

namespace llama2 {
namespace {

struct Scalar {
  const char* tag;  // what is before the slash groups the charts
  std::optional<double> MetricsRow::*value;
};

constexpr Scalar kScalars[] = {
    {"loss/training", &MetricsRow::loss},
    {"loss/validation", &MetricsRow::validation_loss},
    {"optimisation/learning_rate", &MetricsRow::learning_rate},
    {"optimisation/gradient_norm", &MetricsRow::gradient_norm},
    {"speed/tokens_per_second", &MetricsRow::tokens_per_second},
    {"speed/gflops", &MetricsRow::gflops},
};

// The lowest byte first.
template <typename T>
std::string BytesOf(T number) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>(number >> 8 * i & 0xFF);
  return bytes;
}

std::string MaskedChecksum(absl::string_view bytes) {
  const uint32_t crc = Crc32c(bytes);
  return BytesOf(static_cast<uint32_t>((crc >> 15 | crc << 17) + 0xA282EAD8));
}

std::string RecordOf(const Event& event) {
  const std::string data = event.SerializeAsString();
  const std::string length = BytesOf(static_cast<uint64_t>(data.size()));
  return absl::StrCat(length, MaskedChecksum(length), data, MaskedChecksum(data));
}

}  // namespace

std::string EventRecord(const MetricsRow& row) {
  Event event;
  event.set_wall_time(row.unix_time);
  event.set_step(row.step);
  for (const Scalar& scalar : kScalars) {
    const std::optional<double> figure = row.*scalar.value;
    if (!figure.has_value()) continue;
    Summary::Value* value = event.mutable_summary()->add_value();
    value->set_tag(scalar.tag);
    value->set_simple_value(static_cast<float>(*figure));
  }
  return RecordOf(event);
}

absl::StatusOr<EventFile> EventFile::Create(absl::string_view path,
                                            absl::Span<const MetricsRow> rows,
                                            double unix_time) {
  Event first;
  first.set_wall_time(rows.empty() ? unix_time : rows.front().unix_time);
  first.set_file_version("brain.Event:2");
  std::string content = RecordOf(first);
  for (const MetricsRow& row : rows) absl::StrAppend(&content, EventRecord(row));
  ASSIGN_OR_RETURN(AppendFile file, AppendFile::Create(path, content));
  return EventFile(std::move(file));
}

}  // namespace llama2
