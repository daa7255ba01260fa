// What a page promises, beside what happened when its commands ran.
//
//   for (const std::string& failure : Failures(page, examples, results)) Report(failure);
#ifndef LLAMA2_TESTING_DOCS_PAGE_CHECK_H_
#define LLAMA2_TESTING_DOCS_PAGE_CHECK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "testing/docs/commands.h"
#include "testing/docs/page.h"
#include "testing/docs/run_examples.h"

namespace llama2 {

// All that is not as promised, each with the page's name and line: a command that failed or
// did not run, an exit code, an output. `results` are of `examples`, which are of `page`.
std::vector<std::string> Failures(const Page& page, const std::vector<Example>& examples,
                                  const std::vector<ExampleResult>& results);

// What did not run, and why; in the same form.
std::vector<std::string> Skips(const Page& page, const std::vector<Example>& examples,
                               const std::vector<ExampleResult>& results);

// The page with what was printed in place of each promise that it broke, where the command
// itself ran as it should and not in a quick form. InvalidArgument names the line where what
// was printed would not be read back: it has a line that begins like a command, or closes
// the fence.
absl::StatusOr<Page> UpdateOutputs(const Page& page, const std::vector<Example>& examples,
                                   const std::vector<ExampleResult>& results);

}  // namespace llama2

#endif  // LLAMA2_TESTING_DOCS_PAGE_CHECK_H_
