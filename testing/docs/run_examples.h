// Runs a page's commands as its reader would: in order, in one bash, in a checkout.
//
//   ASSIGN_OR_RETURN(const std::vector<ExampleResult> results,
//                    RunExamples(examples, checkout, Form::kQuick));
#ifndef LLAMA2_TESTING_DOCS_RUN_EXAMPLES_H_
#define LLAMA2_TESTING_DOCS_RUN_EXAMPLES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "testing/docs/checkout_folder.h"
#include "testing/docs/commands.h"

namespace llama2 {

struct StepResult {
  std::optional<int> exit_code;     // none where an earlier step ended the shell
  std::vector<std::string> output;  // lines of stdout and stderr, as a terminal shows them
};

struct ExampleResult {
  std::string skipped;  // why; empty where it ran
  std::vector<StepResult> setup;
  std::vector<StepResult> steps;  // of `quick` where that was run, else of `steps`
  bool was_quick = false;
};

// Which form of an example with a `quick` directive is run.
enum class Form { kQuick, kFull };

// A step ends with its first command that fails, and the next one begins. /tmp is the
// checkout's own in commands and in what they print. A result for each example. Errors: the
// checkout cannot be written or read, or there is no bash.
absl::StatusOr<std::vector<ExampleResult>> RunExamples(const std::vector<Example>& examples,
                                                       const Checkout& checkout, Form form);

}  // namespace llama2

#endif  // LLAMA2_TESTING_DOCS_RUN_EXAMPLES_H_
