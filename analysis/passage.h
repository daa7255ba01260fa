// A text as a model is judged by it: the tokens that it foretells, and how many bytes of text
// they stand for.
//
//   const std::vector<Passage> passages = StoryPassages(corpus.stories(), vocabulary);
#ifndef LLAMA2_ANALYSIS_PASSAGE_H_
#define LLAMA2_ANALYSIS_PASSAGE_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {

struct Passage {
  std::vector<int> tokens;  // the first is given, the others are foretold
  int64_t bytes = 0;        // of text, in those others
};

// `tokens`, ids of `vocabulary`, as a passage. The space that the encoder puts behind a BOS is
// not counted, nor are BOS and EOS: they are no text.
Passage MakePassage(std::vector<int> tokens, const Vocabulary& vocabulary);

// Each of the stories behind a BOS, as far as `max_tokens`, 1 or more, reach.
std::vector<Passage> StoryPassages(absl::Span<const absl::string_view> stories,
                                   const Vocabulary& vocabulary,
                                   int64_t max_tokens = std::numeric_limits<int64_t>::max());

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_PASSAGE_H_
