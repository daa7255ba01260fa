#include "training/held_out.h"

#include <algorithm>

#include "base/check.h"

namespace llama2 {

int64_t HeldOutBegin(absl::Span<const int64_t> story_begins, int64_t tokens, double fraction) {
  CHECK(story_begins.size() >= 2 && fraction > 0 && fraction < 1);
  const auto cut = static_cast<int64_t>((1 - fraction) * static_cast<double>(tokens));
  // Of the stories behind the first, the last that begins up to the cut, or else the second.
  const absl::Span<const int64_t> others = story_begins.subspan(1);
  const auto behind = std::upper_bound(others.begin(), others.end(), cut);
  return behind == others.begin() ? *behind : *(behind - 1);
}

int64_t ValidationPlace(int64_t index, int64_t count, int64_t places) {
  CHECK(0 <= index && index < count && places > 0);
  // The middle of the index'th of `count` equal pieces.
  using Wide = unsigned __int128;
  return static_cast<int64_t>((Wide{2} * static_cast<uint64_t>(index) + 1) *
                              static_cast<uint64_t>(places) /
                              (Wide{2} * static_cast<uint64_t>(count)));
}

}  // namespace llama2
