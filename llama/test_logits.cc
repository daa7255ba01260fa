#include "llama/test_logits.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/tensor_view.h"
#include "kernels/thread_team.h"
#include "llama/kv_cache.h"
#include "llama/workspace.h"
#include "testing/matchers.h"

namespace llama2 {

std::vector<int> SomeTokens(const Config& config, int64_t seed) {
  std::vector<int> tokens;
  for (int64_t i = 0; i < std::min<int64_t>(37, config.seq_len); ++i) {
    tokens.push_back((1 + seed + i * i * 7 + i * seed) % config.vocab_size);
  }
  return tokens;
}

Logits LogitsOf(const Transformer& model, absl::Span<const int> tokens, int threads,
                int64_t chunk) {
  const int64_t count = tokens.size();
  ThreadTeam team(threads);
  KvCache cache = *KvCache::Create(model.config(), count);
  Workspace workspace = *Workspace::Create(model, team, std::min(chunk, count), count);
  Logits all;
  for (int64_t begin = 0; begin < count; begin += chunk) {
    std::vector<BatchRow> rows;
    std::vector<int64_t> asked;
    for (int64_t t = begin; t < std::min(begin + chunk, count); ++t) {
      asked.push_back(rows.size());
      rows.push_back({.token = tokens[t], .position = t, .cache = &cache});
    }
    const MatrixView<float> logits = model.Forward(rows, asked, team, workspace);
    for (int64_t i = 0; i < logits.rows(); ++i) {
      all.emplace_back(logits.Row(i).begin(), logits.Row(i).end());
    }
  }
  return all;
}

void ExpectSameBits(const Logits& actual, const Logits& expected, const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t t = 0; t < actual.size(); ++t) {
    ASSERT_THAT(actual[t], BitsEqual(expected[t])) << what << ", position " << t;
  }
}

}  // namespace llama2
