// Whether a command printed what a page promises.
//
//   OutputRules rules;
//   RETURN_IF_ERROR(rules.AddVaries("[0-9.]+ tok/s"));
//   rules.Match({"Once upon a time", "...", "12 tok/s"}, printed)
//
// Lines are equal, but for what matches the same `varies` expression on both sides; and a
// promised line that is just `...` stands for any number of lines.
#ifndef LLAMA2_TESTING_DOCS_OUTPUT_H_
#define LLAMA2_TESTING_DOCS_OUTPUT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "testing/docs/pattern.h"

namespace llama2 {

class OutputRules {
 public:
  // Errors are those of Pattern::Compile.
  absl::Status AddVaries(absl::string_view expression);

  bool Match(const std::vector<std::string>& promised,
             const std::vector<std::string>& printed) const;

  // What was promised and what was printed from the first line on that differs, for a person.
  // Long outputs are cut.
  std::string Explain(const std::vector<std::string>& promised,
                      const std::vector<std::string>& printed) const;

 private:
  // The line with a mark in place of all that varies.
  std::string Fixed(const std::string& line) const;

  std::vector<Pattern> varies_;
};

}  // namespace llama2

#endif  // LLAMA2_TESTING_DOCS_OUTPUT_H_
