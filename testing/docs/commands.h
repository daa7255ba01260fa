// What a page tells its reader to type, and what it promises that the computer answers.
//
//   ASSIGN_OR_RETURN(const std::vector<Example> examples, ReadExamples(page));
//
// A ```console fence is a terminal: lines that begin with `$ ` are commands, which go on
// where a line ends in a backslash, and the lines below are their output. A ```sh fence has
// commands only. In a fence of any other kind nothing may look like a command.
#ifndef LLAMA2_TESTING_DOCS_COMMANDS_H_
#define LLAMA2_TESTING_DOCS_COMMANDS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "testing/docs/output.h"
#include "testing/docs/page.h"

namespace llama2 {

// What bash gets at once, and the output that is promised of it.
struct Step {
  std::string text;  // may span lines
  int line = 0;      // the index of its first line in the page
  // The lines [output_begin, output_end) of the page, and the same without the fence's
  // indentation.
  int output_begin = 0;
  int output_end = 0;
  std::vector<std::string> output;
};

// One fence.
struct Example {
  int line = 0;  // the index of the fence's first line in the page
  int indent = 0;
  std::string marks;               // what closes the fence
  std::vector<Step> steps;         // of a ```sh fence one
  std::vector<Step> setup;         // from `setup` directives: runs before, and must succeed
  std::vector<Step> quick;         // from a `quick` directive, at most one: runs instead
  std::string not_run;             // the reason; empty where the example is run
  std::vector<std::string> needs;  // paths without which it is skipped
  OutputRules varies;
  int exit_code = 0;     // that of the last step; of the others 0
  bool compared = true;  // whether the output is
};

// All examples of a page, in its order. InvalidArgument names the page's line.
absl::StatusOr<std::vector<Example>> ReadExamples(const Page& page);

}  // namespace llama2

#endif  // LLAMA2_TESTING_DOCS_COMMANDS_H_
