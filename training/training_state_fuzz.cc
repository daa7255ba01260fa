// Any bytes as a training state: refused in one line, or arrays of one size.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/check.h"
#include "training/crc32c.h"
#include "training/training_state.h"

namespace llama2 {
namespace {

void Parse(absl::string_view bytes) {
  const absl::StatusOr<TrainingState> state = ParseTrainingState(
      absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
      "fuzz");
  if (!state.ok()) {
    CHECK(absl::StartsWith(state.status().message(), "fuzz: "));
    CHECK(!absl::StrContains(state.status().message(), '\n'));
    return;
  }
  CHECK_GE(state->step, 0);
  CHECK_LE(state->parameters.size() * 3 * sizeof(float), bytes.size());
  CHECK_EQ(state->first_moment.size(), state->parameters.size());
  CHECK_EQ(state->second_moment.size(), state->parameters.size());
}

}  // namespace
}  // namespace llama2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  llama2::Parse(bytes);
  // The checksum would hide all that comes after it.
  if (size >= 16) {
    const uint32_t checksum = llama2::Crc32c(absl::string_view(bytes).substr(16));
    std::memcpy(&bytes[12], &checksum, sizeof(checksum));
    llama2::Parse(bytes);
  }
  return 0;
}
