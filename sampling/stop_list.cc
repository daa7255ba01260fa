#include "sampling/stop_list.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace llama2 {

size_t StopList::Pattern::Advance(size_t matched, char byte) const {
  while (matched > 0 && text[matched] != byte) matched = borders[matched];
  return text[matched] == byte ? matched + 1 : 0;
}

absl::StatusOr<StopList> StopList::Create(std::vector<std::string> strings) {
  StopList list;
  for (std::string& text : strings) {
    if (text.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("stop string ", list.patterns_.size() + 1,
                                                     " of ", strings.size(),
                                                     " is empty; expected at least one byte"));
    }
    Pattern pattern;
    pattern.text = std::move(text);
    pattern.borders.resize(pattern.text.size() + 1);
    for (size_t n = 1; n < pattern.text.size(); ++n) {
      pattern.borders[n + 1] = pattern.Advance(pattern.borders[n], pattern.text[n]);
    }
    list.patterns_.push_back(std::move(pattern));
  }
  return list;
}

StopMatcher::StopMatcher(const StopList* stops)
    : stops_(stops), matched_(stops->patterns_.size()) {}

absl::string_view StopMatcher::Push(absl::string_view piece) {
  released_.clear();
  if (stopped_) return released_;

  // The text at hand is `held`, then what has been read of `piece`.
  const absl::string_view held = held_;
  size_t read = 0;
  size_t found = 0;
  while (read < piece.size() && found == 0) found = Advance(piece[read++]);
  if (found > 0) {
    stopped_ = true;
    held_ = {};
  }

  // All of it goes out but the stop string, or what may become one.
  const size_t released = held.size() + read - std::max(found, held_.size());
  const absl::string_view from_held = held.substr(0, released);
  released_.append(from_held.data(), from_held.size());
  released_.append(piece.data(), released - from_held.size());
  return released_;
}

size_t StopMatcher::Advance(char byte) {
  held_ = {};
  size_t found = 0;
  for (size_t i = 0; i < matched_.size(); ++i) {
    const StopList::Pattern& pattern = stops_->patterns_[i];
    matched_[i] = pattern.Advance(matched_[i], byte);
    if (matched_[i] > held_.size()) {
      held_ = absl::string_view(pattern.text).substr(0, matched_[i]);
    }
    if (matched_[i] == pattern.text.size()) found = std::max(found, matched_[i]);
  }
  return found;
}

absl::string_view StopMatcher::Flush() { return std::exchange(held_, {}); }

}  // namespace llama2
