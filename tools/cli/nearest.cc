#include "tools/cli/nearest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace llama2 {
namespace {

// One row at a time of the table whose entry (i, j) is the distance between the first
// i characters of `a` and the first j of `b`.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = absl::ascii_tolower(a[i - 1]) == absl::ascii_tolower(b[j - 1]);
      const size_t substituted = diagonal + (same ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

// A beginning shorter than this says nothing ("--" begins every flag).
constexpr size_t kShortestBeginning = 3;

}  // namespace

std::optional<std::string> Nearest(absl::string_view word,
                                   absl::Span<const std::string> candidates) {
  const std::string* completed = nullptr;
  const std::string* nearest = nullptr;
  size_t nearest_distance = (word.size() + 2) / 3 + 1;
  for (const std::string& candidate : candidates) {
    if (word.size() >= kShortestBeginning && absl::StartsWithIgnoreCase(candidate, word) &&
        (completed == nullptr || candidate.size() < completed->size())) {
      completed = &candidate;
    }
    // A word may be as long as a command line: the distance is at least the difference
    // of the lengths, so that a hopeless pair costs nothing.
    if (std::max(word.size(), candidate.size()) >=
        std::min(word.size(), candidate.size()) + nearest_distance) {
      continue;
    }
    const size_t distance = EditDistance(word, candidate);
    if (distance < nearest_distance) {
      nearest = &candidate;
      nearest_distance = distance;
    }
  }
  if (completed != nullptr) return *completed;
  if (nearest != nullptr) return *nearest;
  return std::nullopt;
}

std::string DidYouMean(absl::string_view word, absl::Span<const std::string> candidates) {
  const std::optional<std::string> nearest = Nearest(word, candidates);
  return nearest.has_value() ? absl::StrCat("; did you mean \"", *nearest, "\"?") : "";
}

}  // namespace llama2
