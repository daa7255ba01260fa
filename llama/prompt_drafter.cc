#include "llama/prompt_drafter.h"

namespace llama2 {

void PromptDrafter::Begin(const Request&) {
  guesses_.clear();
  const int64_t size = text().size();
  place_ = size;
  match_ = kShortest - 1;
  for (int64_t end = size - 1; end > match_ && match_ < kLongest; --end) {
    // How many of the tokens before `end` are the text's last ones.
    int64_t length = 0;
    while (length < kLongest && length < end &&
           text()[end - 1 - length] == text()[size - 1 - length]) {
      ++length;
    }
    if (length > match_) {
      match_ = length;
      place_ = end;
    }
  }
}

std::optional<Drafter::Guess> PromptDrafter::Next() {
  const int64_t size = text().size();
  if (place_ == size) return std::nullopt;
  const int64_t next = place_ + guesses_.size();
  guesses_.push_back(next < size ? text()[next] : guesses_[next - size]);
  return Guess{.token = guesses_.back(), .sureness = static_cast<int>(match_)};
}

}  // namespace llama2
