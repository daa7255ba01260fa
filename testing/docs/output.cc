#include "testing/docs/output.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status_macros.h"

namespace llama2 {
namespace {

constexpr absl::string_view kAnyLines = "...";
constexpr size_t kMostLinesShown = 40;

std::string Shown(absl::Span<const std::string> lines) {
  if (lines.empty()) return "    (nothing)\n";
  std::string text;
  for (size_t i = 0; i < std::min(lines.size(), kMostLinesShown); ++i) {
    absl::StrAppend(&text, "    ", lines[i], "\n");
  }
  if (lines.size() > kMostLinesShown) {
    absl::StrAppend(&text, "    (and ", lines.size() - kMostLinesShown, " lines more)\n");
  }
  return text;
}

}  // namespace

absl::Status OutputRules::AddVaries(absl::string_view expression) {
  ASSIGN_OR_RETURN(Pattern pattern, Pattern::Compile(expression));
  varies_.push_back(std::move(pattern));
  return absl::OkStatus();
}

std::string OutputRules::Fixed(const std::string& line) const {
  std::string fixed = line;
  for (size_t i = 0; i < varies_.size(); ++i) {
    fixed = varies_[i].ReplaceAll(fixed, absl::StrCat("\x01", i, "\x02"));
  }
  return fixed;
}

bool OutputRules::Match(const std::vector<std::string>& promised,
                        const std::vector<std::string>& printed) const {
  // As for a wildcard in a file's name: after a `...`, what follows is tried at one line
  // after the other, and of several `...` only the last ever has to move.
  size_t p = 0, q = 0;
  size_t after_any = std::string::npos;  // in `promised`
  size_t tried = 0;                      // in `printed`
  while (q < printed.size()) {
    if (p < promised.size() && promised[p] == kAnyLines) {
      after_any = ++p;
      tried = q;
    } else if (p < promised.size() && Fixed(promised[p]) == Fixed(printed[q])) {
      ++p;
      ++q;
    } else if (after_any != std::string::npos) {
      p = after_any;
      q = ++tried;
    } else {
      return false;
    }
  }
  while (p < promised.size() && promised[p] == kAnyLines) ++p;
  return p == promised.size();
}

std::string OutputRules::Explain(const std::vector<std::string>& promised,
                                 const std::vector<std::string>& printed) const {
  size_t same = 0;
  while (same < std::min(promised.size(), printed.size()) && promised[same] != kAnyLines &&
         Fixed(promised[same]) == Fixed(printed[same])) {
    ++same;
  }
  const std::string from = same == 0 ? "" : absl::StrCat(", from its line ", same + 1, " on");
  return absl::StrCat("  promised", from, ":\n",
                      Shown(absl::MakeConstSpan(promised).subspan(same)), "  printed:\n",
                      Shown(absl::MakeConstSpan(printed).subspan(same)));
}

}  // namespace llama2
