// Regular expressions as those of `grep -E`.
//
//   ASSIGN_OR_RETURN(const Pattern pattern, Pattern::Compile("([0-9]+) (tok/s)"));
//   for (const Pattern::Match& match : pattern.FindAll("1 tok/s, 2 tok/s")) Use(match[1]);
//
// The C library's, because std::regex recurses once for each byte that it matches.
#ifndef LLAMA2_TESTING_DOCS_PATTERN_H_
#define LLAMA2_TESTING_DOCS_PATTERN_H_

#include <regex.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace llama2 {

class Pattern {
 public:
  // The whole match, and what its groups matched; a group that did not take part is empty.
  using Match = std::vector<absl::string_view>;

  // InvalidArgument where `expression` is none, matches the empty text, or is written in
  // another dialect, which would silently mean something else: \d, .*?
  static absl::StatusOr<Pattern> Compile(absl::string_view expression);

  // All matches, from left to right, the longest one at each place; none overlaps another.
  // They are parts of `text`.
  std::vector<Match> FindAll(absl::string_view text) const;

  // The text with `by` in place of each of them.
  std::string ReplaceAll(absl::string_view text, absl::string_view by) const;

 private:
  struct Free {
    void operator()(regex_t* regex) const;
  };
  explicit Pattern(std::unique_ptr<regex_t, Free> regex) : regex_(std::move(regex)) {}

  std::unique_ptr<regex_t, Free> regex_;
};

}  // namespace llama2

#endif  // LLAMA2_TESTING_DOCS_PATTERN_H_
