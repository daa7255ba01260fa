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

// Bash's test for a path that an example needs.
std::string Condition(const std::string& path, const Checkout& checkout) {
  return absl::StrCat("[[ -e ", Quoted(ReplaceTmp(path, checkout.tmp())), " ]]");
}

}  // namespace

absl::StatusOr<std::vector<ExampleResult>> RunExamples(const std::vector<Example>& examples,
                                                       const Checkout& checkout, Form form) {
  // A sourced file ends at its first error; the script itself goes on.
  std::string script = absl::StrCat(
      "cd ", Quoted(checkout.root()), " || exit\nexec </dev/null\n",
      "trap 'step_code=$?; ((${#BASH_SOURCE[@]} == 1)) || return $step_code' ERR\n");
  const auto steps_of = [&](const Example& example) -> const std::vector<Step>& {
    const bool quick = form == Form::kQuick && !example.quick.empty();
    return quick ? example.quick : example.steps;
  };
  const auto skipped_path = [&](size_t i) {
    return absl::StrCat(checkout.scratch(), "/", i, ".skipped");
  };
  for (size_t i = 0; i < examples.size(); ++i) {
    const Example& example = examples[i];
    if (!example.not_run.empty()) continue;
    for (const std::string& path : example.needs) {
      absl::StrAppend(&script, Condition(path, checkout), " || echo ", Quoted(path), " >",
                      Quoted(skipped_path(i)), "\n");
    }
    absl::StrAppend(&script, "if [[ ! -e ", Quoted(skipped_path(i)), " ]]; then\n");
    RETURN_IF_ERROR(AddSteps(example.setup, checkout, i, "setup", &script));
    RETURN_IF_ERROR(AddSteps(steps_of(example), checkout, i, "step", &script));
    absl::StrAppend(&script, "fi\n");
  }
  const std::string path = checkout.scratch() + "/page.sh";
  RETURN_IF_ERROR(WriteFile(path, script));
  std::string command = "env -i";
  for (const std::string& variable : checkout.environment()) {
    absl::StrAppend(&command, " ", Quoted(variable));
  }
  absl::StrAppend(&command, " bash --norc ", Quoted(path));
  // An exit code other than 0 is that of a page's own `exit`, which shows in its steps.
  if (std::system(command.c_str()) == -1) return absl::InternalError("bash does not start");

  std::vector<ExampleResult> results(examples.size());
  for (size_t i = 0; i < examples.size(); ++i) {
    ExampleResult& result = results[i];
    result.was_quick = &steps_of(examples[i]) == &examples[i].quick;
    if (!examples[i].not_run.empty()) {
      result.skipped = absl::StrCat("not run: ", examples[i].not_run);
    } else if (const std::string need = ReadFile(skipped_path(i)); !need.empty()) {
      result.skipped = absl::StrCat("there is no ", absl::StripAsciiWhitespace(need));
    } else {
      result.setup = ReadResults(examples[i].setup.size(), checkout, i, "setup");
      result.steps = ReadResults(steps_of(examples[i]).size(), checkout, i, "step");
    }
  }
  return results;
}

}  // namespace llama2
