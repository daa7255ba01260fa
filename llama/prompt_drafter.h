// Drafts out of the text itself: what followed the last few tokens when they occurred
// before. Costs nothing, and foretells texts that quote, list or repeat themselves.
//
//   PromptDrafter drafter;
//   drafter.Append({7, 8, 9, 5, 7, 8});
//   drafter.Begin({});
//   drafter.Next();  // 9, then 5: what followed the latest 7, 8
//
// Saxena, "Prompt Lookup Decoding", 2023.
#ifndef LLAMA2_LLAMA_PROMPT_DRAFTER_H_
#define LLAMA2_LLAMA_PROMPT_DRAFTER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "llama/drafter.h"

namespace llama2 {

class PromptDrafter : public Drafter {
 public:
  // Looks for the text's last kLongest tokens, else for fewer, down to kShortest, among what
  // came before them, and takes the latest place of the longest. Takes time proportional to
  // the text, a pass over its ids.
  void Begin(const Request& request) override;

  // What follows there; where that reaches the text's end, it goes on with the guesses
  // themselves, so that a text which repeats itself is foretold as far as is wanted. Nothing
  // where there is no such place. The longer the match, the surer.
  std::optional<Guess> Next() override;

  static constexpr int64_t kLongest = 3;
  static constexpr int64_t kShortest = 1;

 private:
  std::vector<int> guesses_;
  int64_t place_ = 0;  // behind the match; the text's size where there is none
  int64_t match_ = 0;  // its length
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_PROMPT_DRAFTER_H_
