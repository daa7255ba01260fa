#include "llama/prompt_drafter.h"

namespace llama2 {

absl::Span<const int> PromptDrafter::Propose(const Request& request) {
  proposal_.clear();
  const int64_t size = text().size();
  const int64_t from = FindContinuation();
  for (int64_t i = from; from < size && i < from + request.most; ++i) {
    proposal_.push_back(i < size ? text()[i] : proposal_[i - size]);
  }
  return proposal_;
}

int64_t PromptDrafter::FindContinuation() const {
  const int64_t size = text().size();
  int64_t best = size;
  int64_t longest = kShortest - 1;
  for (int64_t end = size - 1; end > longest && longest < kLongest; --end) {
    // How many of the tokens before `end` are the text's last ones.
    int64_t length = 0;
    while (length < kLongest && length < end &&
           text()[end - 1 - length] == text()[size - 1 - length]) {
      ++length;
    }
    if (length > longest) {
      longest = length;
      best = end;
    }
  }
  return best;
}

}  // namespace llama2
