// What a mistyped word was probably meant to be.
//
//   "unknown mode \"chatt\"" + DidYouMean("chatt", {"generate", "chat"})
//       // ... ; did you mean "chat"?
#ifndef LLAMA2_TOOLS_CLI_NEAREST_H_
#define LLAMA2_TOOLS_CLI_NEAREST_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace llama2 {

// The candidate that `word` begins (the shortest of them) or, failing that, the one
// with the smallest edit distance (Levenshtein, 1966), where that is small enough to be
// a slip: at most a third of the word's length, rounded up. Of equals the first. Upper
// and lower case count as the same. Nothing where no candidate is near.
std::optional<std::string> Nearest(absl::string_view word,
                                   absl::Span<const std::string> candidates);

// The end of an error message: `; did you mean "chat"?`, or nothing.
std::string DidYouMean(absl::string_view word, absl::Span<const std::string> candidates);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_CLI_NEAREST_H_
