// Drafts out of the text itself: what followed the last few tokens when they occurred
// before. Costs nothing, and foretells texts that quote, list or repeat themselves.
//
//   PromptDrafter drafter;
//   drafter.Append({7, 8, 9, 5, 7, 8});
//   drafter.Propose({.most = 2});         // 9, 5: what followed the latest 7, 8
//
// Saxena, "Prompt Lookup Decoding", 2023.
#ifndef LLAMA2_LLAMA_PROMPT_DRAFTER_H_
#define LLAMA2_LLAMA_PROMPT_DRAFTER_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "llama/drafter.h"

namespace llama2 {

class PromptDrafter : public Drafter {
 public:
  // Looks for the text's last kLongest tokens, else for fewer, down to kShortest, among what
  // came before them, and takes the latest place of the longest. Proposes what follows
  // there; where that reaches the text's end, it goes on with the proposal itself, so that a
  // text which repeats itself is foretold as far as is wanted. Nothing where there is no
  // such place. Takes time proportional to the text, a pass over its ids.
  absl::Span<const int> Propose(const Request& request) override;

  static constexpr int64_t kLongest = 3;
  static constexpr int64_t kShortest = 1;

 private:
  // The place after the best match, or the text's size where there is none.
  int64_t FindContinuation() const;

  std::vector<int> proposal_;
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_PROMPT_DRAFTER_H_
