// How varied a text is: numbers that tell a story from a text that goes in circles.
//
//   const TextStatistics statistics = MeasureText("The cat saw the cat. The cat ran.");
//   // words: the cat saw the cat the cat ran
//   // distinct_1 = 4 / 8, distinct_2 = 5 / 7, distinct_3 = 6 / 6, repetition = 0 / 5
//
// They count words and not tokens, so that models with different vocabularies can be
// compared. All of them depend on how long a text is: in a longer one more has been said
// before. Compare texts of about the same length.
#ifndef LLAMA2_ANALYSIS_TEXT_STATISTICS_H_
#define LLAMA2_ANALYSIS_TEXT_STATISTICS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace llama2 {

// The words of a text in their order: the longest runs of ASCII letters (made small), digits,
// apostrophes and bytes of other characters. Other ASCII only separates.
std::vector<std::string> Words(absl::string_view text);

// Distinct-n: different n-grams over all n-grams of a text, above 0 up to 1; none where the
// text has fewer than n words. n > 0. The less it is, the more a text says again.
// Li et al., "A Diversity-Promoting Objective Function for Neural Conversation Models", 2016
// (there over all texts of a model together; here of one text).
std::optional<double> DistinctShare(absl::Span<const std::string> words, int n);

struct TextStatistics {
  int64_t words = 0;
  std::optional<double> distinct_1;
  std::optional<double> distinct_2;
  std::optional<double> distinct_3;
  // Of the text's runs of four words, the share that stood in it before: seq-rep-4, which is
  // 1 - distinct-4. From 0 up to, but not including, 1; none where there are fewer than four
  // words. Welleck et al., "Neural Text Generation with Unlikelihood Training", 2020.
  std::optional<double> repetition;
};

TextStatistics MeasureText(absl::string_view text);

}  // namespace llama2

#endif  // LLAMA2_ANALYSIS_TEXT_STATISTICS_H_
