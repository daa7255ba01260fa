#include "analysis/text_statistics.h"

#include <cstddef>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "base/check.h"

namespace llama2 {
namespace {

bool IsOfWord(char c) {
  return absl::ascii_isalnum(c) || c == '\'' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::vector<std::string> Words(absl::string_view text) {
  std::vector<std::string> words;
  bool within = false;
  for (const char c : text) {
    if (IsOfWord(c)) {
      if (!within) words.emplace_back();
      words.back().push_back(absl::ascii_tolower(c));
    }
    within = IsOfWord(c);
  }
  return words;
}

std::optional<double> DistinctShare(absl::Span<const std::string> words, int n) {
  CHECK(n > 0);
  if (words.size() < n) return std::nullopt;
  absl::flat_hash_map<absl::string_view, int> ids;
  std::vector<int> text;
  for (const std::string& word : words) {
    text.push_back(ids.emplace(word, static_cast<int>(ids.size())).first->second);
  }
  const size_t count = words.size() - n + 1;
  absl::flat_hash_set<absl::Span<const int>> different;
  for (size_t i = 0; i < count; ++i) different.insert(absl::MakeConstSpan(text).subspan(i, n));
  return static_cast<double>(different.size()) / count;
}

TextStatistics MeasureText(absl::string_view text) {
  const std::vector<std::string> words = Words(text);
  TextStatistics statistics = {.words = static_cast<int64_t>(words.size()),
                               .distinct_1 = DistinctShare(words, 1),
                               .distinct_2 = DistinctShare(words, 2),
                               .distinct_3 = DistinctShare(words, 3)};
  if (const auto distinct_4 = DistinctShare(words, 4)) statistics.repetition = 1 - *distinct_4;
  return statistics;
}

}  // namespace llama2
