#include "tools/cli/duration.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace llama2 {

std::string Duration(double seconds) {
  constexpr int64_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
  const auto s = static_cast<int64_t>(seconds);
  if (s < kMinute) return absl::StrCat(s, " s");
  if (s < kHour) return absl::StrCat(s / kMinute, " min");
  if (s < kDay) return absl::StrFormat("%d h %02d min", s / kHour, s % kHour / kMinute);
  return absl::StrFormat("%d d %02d h", s / kDay, s % kDay / kHour);
}

}  // namespace llama2
