#include "testing/docs/commands.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "testing/docs/text.h"

namespace llama2 {
namespace {

constexpr absl::string_view kPrompt = "$ ";

bool LooksLikeACommand(absl::string_view line) {
  line = absl::StripLeadingAsciiWhitespace(line);
  return absl::StartsWith(line, kPrompt) || absl::StartsWith(line, "bazel ") ||
         absl::StartsWith(line, "./bazelw ");
}

// An error in the value of a directive.
absl::Status Refuse(const Page& page, const Directive& directive, absl::string_view message) {
  return ErrorAtLine(page, directive.first, absl::StrCat(directive.name, ": ", message));
}

absl::Status ApplyDirective(const Page& page, const Directive& directive, Example* example) {
  const std::string& value = directive.value;
  if (directive.name == "varies") {
    const absl::Status status = example->varies.AddVaries(value);
    if (!status.ok()) return Refuse(page, directive, status.message());
  } else if (directive.name == "needs") {
    for (const absl::string_view path :
         absl::StrSplit(value, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
      example->needs.push_back(std::string(path));
    }
  } else if (directive.name == "setup") {
    example->setup.push_back({.text = value, .line = directive.first});
  } else if (directive.name == "quick") {
    if (!example->quick.empty()) return Refuse(page, directive, "given twice");
    example->quick.push_back({.text = value, .line = directive.first});
  } else if (directive.name == "not run") {
    example->not_run = value;
  } else if (directive.name == "exit") {
    if (!absl::SimpleAtoi(value, &example->exit_code)) {
      return Refuse(page, directive, absl::StrCat("found ", value, ", expected a number"));
    }
  } else if (directive.name == "output") {
    if (value != "not compared") {
      return Refuse(page, directive, absl::StrCat("found ", value, ", expected not compared"));
    }
    example->compared = false;
  }
  return absl::OkStatus();
}

// The commands of a terminal and their outputs.
absl::Status ReadConsole(const Page& page, const Fence& fence, Example* example) {
  const std::vector<std::string> lines = FenceLines(page, fence);
  bool continued = false;
  for (size_t i = 0; i < lines.size(); ++i) {
    const int index = fence.first + 1 + i;
    absl::string_view line = lines[i];
    std::vector<Step>& steps = example->steps;
    if (continued) {
      absl::StrAppend(&steps.back().text, "\n", line);
    } else if (absl::ConsumePrefix(&line, kPrompt)) {
      steps.push_back({.text = std::string(line), .line = index});
    } else if (steps.empty()) {
      return ErrorAtLine(page, index, "output above the first command, a line \"$ ...\"");
    } else {
      steps.back().output.push_back(lines[i]);
      steps.back().output_end = index + 1;
      continue;
    }
    continued = absl::EndsWith(line, "\\");
    steps.back().output_begin = steps.back().output_end = index + 1;
  }
  if (continued) return ErrorAtLine(page, fence.last, "the command above does not end");
  if (example->steps.empty()) return ErrorAtLine(page, fence.first, "no command, \"$ ...\"");
  return absl::OkStatus();
}

absl::StatusOr<Example> ReadExample(const Page& page, const Fence& fence) {
  Example example;
  example.line = fence.first;
  example.indent = fence.indent;
  example.marks = fence.marks;
  for (const Directive& directive : fence.directives) {
    RETURN_IF_ERROR(ApplyDirective(page, directive, &example));
  }
  if (fence.language == "console") {
    RETURN_IF_ERROR(ReadConsole(page, fence, &example));
  } else {
    const int line = fence.first + 1;
    example.steps.push_back({.text = JoinLines(FenceLines(page, fence)), .line = line});
    example.steps[0].output_begin = example.steps[0].output_end = fence.last;
    example.compared = false;
  }
  const std::vector<Step>& run = example.quick.empty() ? example.steps : example.quick;
  for (const Step& step : run) {
    if (!absl::StrContains(step.text, "../shared")) continue;
    example.needs.push_back("../shared/data");
    break;
  }
  return example;
}

absl::Status CheckOtherFence(const Page& page, const Fence& fence) {
  if (!fence.directives.empty()) {
    return Refuse(page, fence.directives[0],
                  absl::StrCat("stands above a fence of language \"", fence.language,
                               "\", expected console or sh"));
  }
  for (int i = fence.first + 1; i < fence.last; ++i) {
    if (LooksLikeACommand(page.lines[i])) {
      return ErrorAtLine(page, i,
                         "a command that nobody tests: its fence is neither ```console nor "
                         "```sh");
    }
  }
  return absl::OkStatus();
}

// Markdown shows lines of four spaces as code, too, and those of a quotation.
absl::Status CheckProse(const Page& page) {
  for (size_t i = 0; i < page.lines.size(); ++i) {
    if (!page.prose[i]) continue;
    const absl::string_view line = page.lines[i];
    const size_t start = line.find_first_not_of(" >");
    if (start == absl::string_view::npos) continue;
    const bool is_code = start >= 4 || absl::StrContains(line.substr(0, start), '>');
    if (is_code && LooksLikeACommand(line.substr(start))) {
      return ErrorAtLine(page, i, "a command that nobody tests: it is in no fence");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Example>> ReadExamples(const Page& page) {
  RETURN_IF_ERROR(CheckProse(page));
  std::vector<Example> examples;
  for (const Fence& fence : page.fences) {
    if (fence.quoted) continue;
    if (fence.language == "console" || fence.language == "sh") {
      ASSIGN_OR_RETURN(Example example, ReadExample(page, fence));
      examples.push_back(std::move(example));
    } else {
      RETURN_IF_ERROR(CheckOtherFence(page, fence));
    }
  }
  return examples;
}

}  // namespace llama2
