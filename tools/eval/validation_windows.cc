#include "tools/eval/validation_windows.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tokenizer/encoder.h"
#include "training/held_out.h"

namespace llama2 {

absl::StatusOr<std::vector<Passage>> ValidationWindows(
    absl::Span<const absl::string_view> stories, const Vocabulary& vocabulary, int64_t length,
    int64_t count, double held_out) {
  const Encoder encoder(&vocabulary);
  std::vector<int> tokens;
  std::vector<int64_t> begins;
  for (const absl::string_view story : stories) {
    begins.push_back(tokens.size());
    const std::vector<int> encoded = encoder.Encode(story, {.add_bos = true});
    tokens.insert(tokens.end(), encoded.begin(), encoded.end());
  }
  if (held_out > 0 && begins.size() < 2) {
    return absl::InvalidArgumentError("text: found 1 story, expected at least 2 for held_out");
  }
  const auto size = static_cast<int64_t>(tokens.size());
  const int64_t begin = held_out > 0 ? HeldOutBegin(begins, size, held_out) : 0;
  const int64_t places = size - begin - length;
  if (places < 1) {
    return absl::InvalidArgumentError(absl::StrCat("text: found ", size - begin,
                                                   " tokens, expected at least ", length + 1,
                                                   ": a window and the token after it"));
  }
  std::vector<Passage> windows;
  for (int64_t i = 0; i < count; ++i) {
    const auto first = tokens.begin() + begin + ValidationPlace(i, count, places);
    windows.push_back(MakePassage({first, first + length + 1}, vocabulary));
  }
  return windows;
}

}  // namespace llama2
