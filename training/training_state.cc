#include "training/training_state.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <type_traits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/atomic_file_writer.h"
#include "base/check.h"
#include "base/mapped_file.h"
#include "base/status_macros.h"
#include "training/crc32c.h"

namespace llama2 {
namespace {

constexpr char kMagic[8] = {'L', '2', 'C', 'C', 'T', 'R', 'N', '\n'};
constexpr uint32_t kVersion = 1;

// The first bytes of a file, in memory as they are there. All numbers are little-endian.
struct Header {
  char magic[8];
  uint32_t version;
  uint32_t checksum;  // CRC-32C of all bytes after it
  int64_t step;
  double best_validation_loss;
  int64_t parameters;      // P
  int64_t settings_bytes;  // a line for each setting, "name: value\n"
  // Behind it: the settings, then three times f32[P].
};
static_assert(sizeof(Header) == 48 && std::is_trivially_copyable_v<Header>);
constexpr size_t kChecksummedFrom = offsetof(Header, step);

absl::string_view BytesOf(absl::Span<const float> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

absl::string_view BytesOf(const Header& header) {
  return {reinterpret_cast<const char*>(&header), sizeof(header)};
}

std::string SettingLines(absl::Span<const Setting> settings) {
  std::string lines;
  for (const Setting& s : settings) {
    CHECK(!absl::StrContains(s.name, ": "));
    CHECK(!absl::StrContains(s.name, '\n') && !absl::StrContains(s.value, '\n'));
    absl::StrAppend(&lines, s.name, ": ", s.value, "\n");
  }
  return lines;
}

absl::Status Damaged(absl::string_view name, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(name, ": ", what));
}

absl::StatusOr<std::vector<Setting>> ParseSettings(absl::string_view lines,
                                                   absl::string_view name) {
  std::vector<Setting> settings;
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    const std::pair<absl::string_view, absl::string_view> line =
        absl::StrSplit(lines.substr(0, end), absl::MaxSplits(": ", 1));
    if (end == absl::string_view::npos || line.first.size() + 2 > end) {
      return Damaged(name, absl::StrCat("settings: found a line ", settings.size() + 1,
                                        " of another form, expected \"name: value\""));
    }
    settings.push_back({std::string(line.first), std::string(line.second)});
    lines.remove_prefix(end + 1);
  }
  return settings;
}

// Whether the header's sizes are those of a file of `bytes` in all.
bool SizesFit(const Header& header, int64_t bytes) {
  const int64_t rest = bytes - static_cast<int64_t>(sizeof(Header));
  if (header.settings_bytes < 0 || header.settings_bytes > rest) return false;
  constexpr int64_t kBytesOfParameter = 3 * sizeof(float);
  const int64_t arrays = rest - header.settings_bytes;
  return arrays % kBytesOfParameter == 0 && header.parameters == arrays / kBytesOfParameter;
}

// Takes an array of `size` from the front of `bytes`. False: no memory for it.
bool TakeArray(int64_t size, absl::string_view& bytes, AlignedBuffer<float>& array) {
  if (!array.TryResize(size)) return false;
  if (size > 0) std::memcpy(array.data(), bytes.data(), size * sizeof(float));
  bytes.remove_prefix(size * sizeof(float));
  return true;
}

}  // namespace

absl::Status WriteTrainingState(const TrainingState& state, absl::string_view path) {
  CHECK_EQ(state.first_moment.size(), state.parameters.size());
  CHECK_EQ(state.second_moment.size(), state.parameters.size());
  const std::string settings = SettingLines(state.settings);
  Header header = {.version = kVersion,
                   .checksum = 0,
                   .step = state.step,
                   .best_validation_loss = state.best_validation_loss,
                   .parameters = static_cast<int64_t>(state.parameters.size()),
                   .settings_bytes = static_cast<int64_t>(settings.size())};
  std::copy(std::begin(kMagic), std::end(kMagic), header.magic);
  const absl::string_view parts[] = {settings, BytesOf(state.parameters.span()),
                                     BytesOf(state.first_moment.span()),
                                     BytesOf(state.second_moment.span())};
  header.checksum = Crc32c(BytesOf(header).substr(kChecksummedFrom));
  for (absl::string_view part : parts) header.checksum = ExtendCrc32c(header.checksum, part);

  ASSIGN_OR_RETURN(AtomicFileWriter file, AtomicFileWriter::Create(path));
  RETURN_IF_ERROR(file.Append(BytesOf(header)));
  for (absl::string_view part : parts) RETURN_IF_ERROR(file.Append(part));
  return file.Commit();
}

absl::StatusOr<TrainingState> ReadTrainingState(absl::string_view path) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  return ParseTrainingState(file.bytes(), path);
}

absl::StatusOr<TrainingState> ParseTrainingState(absl::Span<const uint8_t> bytes,
                                                 absl::string_view name) {
  absl::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Header header;
  if (rest.size() < sizeof(header)) {
    return Damaged(
        name, absl::StrCat("size: found ", rest.size(),
                           " bytes, expected a training state's, at least ", sizeof(header)));
  }
  std::memcpy(&header, rest.data(), sizeof(header));
  if (!std::equal(std::begin(kMagic), std::end(kMagic), header.magic)) {
    return Damaged(name, "magic: found other bytes than those of a training state");
  }
  if (header.version != kVersion) {
    return absl::UnimplementedError(
        absl::StrCat(name, ": version: found ", header.version, ", expected ", kVersion));
  }
  if (!SizesFit(header, rest.size())) {
    return Damaged(
        name, absl::StrCat("size: found ", rest.size(), " bytes, expected ", sizeof(header),
                           " + ", header.settings_bytes, " of settings + 12 for each of ",
                           header.parameters, " parameters"));
  }
  const uint32_t checksum = Crc32c(rest.substr(kChecksummedFrom));
  if (checksum != header.checksum) {
    return Damaged(name,
                   absl::StrCat("checksum: found ", absl::Hex(checksum, absl::kZeroPad8),
                                ", expected ", absl::Hex(header.checksum, absl::kZeroPad8)));
  }
  if (header.step < 0) {
    return Damaged(name, absl::StrCat("step: found ", header.step, ", expected 0 or more"));
  }

  rest.remove_prefix(sizeof(header));
  TrainingState state;
  state.step = header.step;
  state.best_validation_loss = header.best_validation_loss;
  ASSIGN_OR_RETURN(state.settings, ParseSettings(rest.substr(0, header.settings_bytes), name));
  rest.remove_prefix(header.settings_bytes);
  for (AlignedBuffer<float>* array :
       {&state.parameters, &state.first_moment, &state.second_moment}) {
    if (!TakeArray(header.parameters, rest, *array)) {
      return absl::ResourceExhaustedError(absl::StrCat(name, ": parameters: found ",
                                                       header.parameters,
                                                       ", and there is no memory for them"));
    }
  }
  return state;
}

absl::Status CheckSettings(absl::Span<const Setting> found,
                           absl::Span<const Setting> expected) {
  const auto value_of = [](absl::Span<const Setting> settings, absl::string_view name) {
    for (const Setting& s : settings) {
      if (s.name == name) return s.value;
    }
    return std::string("none");
  };
  const auto differs = [&](absl::string_view name) {
    return absl::FailedPreconditionError(absl::StrCat(name, ": found ", value_of(found, name),
                                                      ", expected ", value_of(expected, name)));
  };
  for (const Setting& s : expected) {
    if (value_of(found, s.name) != s.value) return differs(s.name);
  }
  for (const Setting& s : found) {
    if (value_of(expected, s.name) != s.value) return differs(s.name);
  }
  return absl::OkStatus();
}

}  // namespace llama2
