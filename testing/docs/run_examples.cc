#include "testing/docs/run_examples.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "testing/docs/text.h"

namespace llama2 {
namespace {

// In bash's single quotes.
std::string Quoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

bool PartOfAPath(char c) {
  return absl::ascii_isalnum(c) || absl::StrContains("_-./~}", absl::string_view(&c, 1));
}

// The text with `folder` for each /tmp that begins a path.
std::string ReplaceTmp(absl::string_view text, absl::string_view folder) {
  constexpr absl::string_view kTmp = "/tmp";
  std::string replaced;
  size_t done = 0;
  for (size_t at = text.find(kTmp); at != text.npos; at = text.find(kTmp, at + 1)) {
    const size_t end = at + kTmp.size();
    if (at > 0 && PartOfAPath(text[at - 1])) continue;
    if (end < text.size() && text[end] != '/' && PartOfAPath(text[end])) continue;
    absl::StrAppend(&replaced, text.substr(done, at - done), folder);
    done = end;
  }
  absl::StrAppend(&replaced, text.substr(done));
  return replaced;
}

// The names of a step's files: its text, what it printed, its exit code.
struct StepFiles {
  StepFiles(const Checkout& checkout, size_t example, absl::string_view kind, size_t step)
      : base(absl::StrCat(checkout.scratch(), "/", example, "-", kind, "-", step)) {}
  std::string base;
  std::string text() const { return base + ".sh"; }
  std::string output() const { return base + ".out"; }
  std::string code() const { return base + ".code"; }
};

absl::Status WriteFile(const std::string& path, absl::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  return file ? absl::OkStatus() : absl::InternalError(path + ": cannot be written");
}

// "" where there is no such file.
std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Adds to the shell's script what runs the steps, which are written to files of their own:
// so the shell goes on after a syntax error.
absl::Status AddSteps(const std::vector<Step>& steps, const Checkout& checkout, size_t example,
                      absl::string_view kind, std::string* script) {
  for (size_t i = 0; i < steps.size(); ++i) {
    const StepFiles files(checkout, example, kind, i);
    RETURN_IF_ERROR(WriteFile(files.text(), ReplaceTmp(steps[i].text, checkout.tmp()) + "\n"));
    absl::StrAppend(script, ". ", Quoted(files.text()), " >", Quoted(files.output()),
                    " 2>&1\necho $? >", Quoted(files.code()), "\n");
  }
  return absl::OkStatus();
}

// bash's own messages name the file and the line, where in a terminal they name bash.
std::string AsInATerminal(absl::string_view output, absl::string_view file) {
  const std::string prefix = absl::StrCat(file, ": line ");
  std::string text;
  for (size_t at; (at = output.find(prefix)) != output.npos;) {
    absl::StrAppend(&text, output.substr(0, at), "bash");
    output.remove_prefix(at + prefix.size());
    output.remove_prefix(std::min(output.find(':'), output.size()));
  }
  return absl::StrCat(text, output);
}

std::vector<StepResult> ReadResults(size_t count, const Checkout& checkout, size_t example,
                                    absl::string_view kind) {
  std::vector<StepResult> results(count);
  for (size_t i = 0; i < count; ++i) {
    const StepFiles files(checkout, example, kind, i);
    int code;
    if (absl::SimpleAtoi(ReadFile(files.code()), &code)) results[i].exit_code = code;
    results[i].output = SplitLines(absl::StrReplaceAll(
        AsInATerminal(ReadFile(files.output()), files.text()), {{checkout.tmp(), "/tmp"}}));
  }
  return results;
}

const std::vector<Step>& StepsOf(const Example& example, Form form) {
  return form == Form::kQuick && !example.quick.empty() ? example.quick : example.steps;
}

// The file that says which path an example lacks.
std::string SkippedPath(const Checkout& checkout, size_t example) {
  return absl::StrCat(checkout.scratch(), "/", example, ".skipped");
}

// What bash runs. A step, a sourced file, ends at its first error; the script goes on.
absl::StatusOr<std::string> MakeScript(const std::vector<Example>& examples,
                                       const Checkout& checkout, Form form) {
  std::string script = absl::StrCat(
      "cd ", Quoted(checkout.root()), " || exit\nexec </dev/null\n",
      "trap 'step_code=$?; ((${#BASH_SOURCE[@]} == 1)) || return $step_code' ERR\n");
  for (size_t i = 0; i < examples.size(); ++i) {
    if (!examples[i].not_run.empty()) continue;
    const std::string skipped = Quoted(SkippedPath(checkout, i));
    for (const std::string& path : examples[i].needs) {
      absl::StrAppend(&script, "[[ -e ", Quoted(ReplaceTmp(path, checkout.tmp())),
                      " ]] || echo ", Quoted(path), " >", skipped, "\n");
    }
    absl::StrAppend(&script, "if [[ ! -e ", skipped, " ]]; then\n");
    RETURN_IF_ERROR(AddSteps(examples[i].setup, checkout, i, "setup", &script));
    RETURN_IF_ERROR(AddSteps(StepsOf(examples[i], form), checkout, i, "step", &script));
    absl::StrAppend(&script, "fi\n");
  }
  return script;
}

ExampleResult ReadResult(const Example& example, const Checkout& checkout, size_t index,
                         Form form) {
  const std::vector<Step>& steps = StepsOf(example, form);
  ExampleResult result;
  result.was_quick = &steps == &example.quick;
  const std::string need = ReadFile(SkippedPath(checkout, index));
  if (!example.not_run.empty()) {
    result.skipped = absl::StrCat("not run: ", example.not_run);
  } else if (!need.empty()) {
    result.skipped = absl::StrCat("there is no ", absl::StripAsciiWhitespace(need));
  } else {
    result.setup = ReadResults(example.setup.size(), checkout, index, "setup");
    result.steps = ReadResults(steps.size(), checkout, index, "step");
  }
  return result;
}

}  // namespace

absl::StatusOr<std::vector<ExampleResult>> RunExamples(const std::vector<Example>& examples,
                                                       const Checkout& checkout, Form form) {
  ASSIGN_OR_RETURN(const std::string script, MakeScript(examples, checkout, form));
  const std::string path = checkout.scratch() + "/page.sh";
  RETURN_IF_ERROR(WriteFile(path, script));
  std::string command = "env -i";
  for (const std::string& variable : checkout.environment()) {
    absl::StrAppend(&command, " ", Quoted(variable));
  }
  absl::StrAppend(&command, " bash --norc ", Quoted(path));
  // An exit code other than 0 is that of a page's own `exit`, which shows in its steps.
  if (std::system(command.c_str()) == -1) return absl::InternalError("bash does not start");

  std::vector<ExampleResult> results;
  for (size_t i = 0; i < examples.size(); ++i) {
    results.push_back(ReadResult(examples[i], checkout, i, form));
  }
  return results;
}

}  // namespace llama2
