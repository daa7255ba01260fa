#include "analysis/likeliest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace llama2 {

std::vector<int> Likeliest(absl::Span<const float> scores, int count) {
  std::vector<int> ids(scores.size());
  std::iota(ids.begin(), ids.end(), 0);
  const auto before = [&](int a, int b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  };
  const auto end = ids.begin() + std::min<size_t>(count, ids.size());
  std::partial_sort(ids.begin(), end, ids.end(), before);
  ids.erase(end, ids.end());
  return ids;
}

int RankOf(int id, absl::Span<const float> scores) {
  int rank = 1;
  for (size_t i = 0; i < scores.size(); ++i) {
    rank += scores[i] > scores[id] || (scores[i] == scores[id] && static_cast<int>(i) < id);
  }
  return rank;
}

}  // namespace llama2
