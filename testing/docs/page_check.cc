#include "testing/docs/page_check.h"

#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "testing/docs/text.h"

namespace llama2 {
namespace {

const std::vector<Step>& StepsRun(const Example& example, const ExampleResult& result) {
  return result.was_quick ? example.quick : example.steps;
}

// All that an example promises: a quick form is compared with it as a whole.
std::vector<std::string> WholeOutput(const std::vector<Step>& steps) {
  std::vector<std::string> lines;
  for (const Step& step : steps) {
    lines.insert(lines.end(), step.output.begin(), step.output.end());
  }
  return lines;
}

std::string Indented(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) absl::StrAppend(&text, "    ", line, "\n");
  return text;
}

// The empty text where the step ended as it should.
std::string ExitFailure(const Step& step, const StepResult& result, int expected) {
  if (!result.exit_code) {
    return absl::StrCat("did not end: the shell did, here or before\n",
                        Indented(result.output));
  }
  if (*result.exit_code == expected) return "";
  return absl::StrCat("exit code ", *result.exit_code, ", expected ", expected, ", of\n",
                      Indented(SplitLines(step.text)), "  which printed\n",
                      Indented(result.output));
}

std::vector<std::string> PromisedOutput(const Example& example, const ExampleResult& result,
                                        size_t step) {
  return result.was_quick ? WholeOutput(example.steps) : example.steps[step].output;
}

int ExpectedCode(const Example& example, const ExampleResult& result, size_t step) {
  return step + 1 == result.steps.size() ? example.exit_code : 0;
}

bool PrintedAsPromised(const Example& example, const ExampleResult& result, size_t step) {
  return !example.compared ||
         example.varies.Match(PromisedOutput(example, result, step), result.steps[step].output);
}

void AddFailures(const Page& page, const Example& example, const ExampleResult& result,
                 std::vector<std::string>* failures) {
  for (size_t i = 0; i < result.setup.size(); ++i) {
    const std::string failure = ExitFailure(example.setup[i], result.setup[i], 0);
    if (!failure.empty()) {
      failures->push_back(AtLine(page, example.setup[i].line, "setup: " + failure));
    }
  }
  const std::vector<Step>& steps = StepsRun(example, result);
  for (size_t i = 0; i < result.steps.size(); ++i) {
    std::string failure =
        ExitFailure(steps[i], result.steps[i], ExpectedCode(example, result, i));
    if (failure.empty() && !PrintedAsPromised(example, result, i)) {
      failure = absl::StrCat(
          "printed other than promised, by\n", Indented(SplitLines(steps[i].text)),
          example.varies.Explain(PromisedOutput(example, result, i), result.steps[i].output));
    }
    if (!failure.empty()) failures->push_back(AtLine(page, steps[i].line, failure));
  }
}

// Whether the page will be read as having this output.
absl::Status CheckReadable(const Page& page, const Example& example, const Step& step,
                           const std::vector<std::string>& output) {
  for (const std::string& line : output) {
    if (absl::StartsWith(line, "$ ") || absl::StrContains(line, example.marks)) {
      return ErrorAtLine(page, step.line,
                         absl::StrCat("its output cannot stand in this fence: ", line));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<std::string> Failures(const Page& page, const std::vector<Example>& examples,
                                  const std::vector<ExampleResult>& results) {
  CHECK_EQ(examples.size(), results.size());
  std::vector<std::string> failures;
  for (size_t i = 0; i < examples.size(); ++i) {
    AddFailures(page, examples[i], results[i], &failures);
  }
  return failures;
}

std::vector<std::string> Skips(const Page& page, const std::vector<Example>& examples,
                               const std::vector<ExampleResult>& results) {
  CHECK_EQ(examples.size(), results.size());
  std::vector<std::string> skips;
  for (size_t i = 0; i < examples.size(); ++i) {
    if (results[i].skipped.empty()) continue;
    skips.push_back(AtLine(page, examples[i].line, results[i].skipped));
  }
  return skips;
}

absl::StatusOr<Page> UpdateOutputs(const Page& page, const std::vector<Example>& examples,
                                   const std::vector<ExampleResult>& results) {
  CHECK_EQ(examples.size(), results.size());
  std::vector<std::string> lines;
  int next = 0;
  const auto copy_up_to = [&](int end) {
    lines.insert(lines.end(), page.lines.begin() + next, page.lines.begin() + end);
    next = end;
  };
  for (size_t i = 0; i < examples.size(); ++i) {
    const Example& example = examples[i];
    const ExampleResult& result = results[i];
    if (result.was_quick) continue;
    for (size_t j = 0; j < result.steps.size(); ++j) {
      const Step& step = example.steps[j];
      const bool ran = result.steps[j].exit_code == ExpectedCode(example, result, j);
      if (!ran || PrintedAsPromised(example, result, j)) continue;
      RETURN_IF_ERROR(CheckReadable(page, example, step, result.steps[j].output));
      copy_up_to(step.output_begin);
      const std::string indent(example.indent, ' ');
      for (const std::string& line : result.steps[j].output) lines.push_back(indent + line);
      next = step.output_end;
    }
  }
  copy_up_to(page.lines.size());
  return ParsePage(page.path, JoinLines(lines));
}

}  // namespace llama2
