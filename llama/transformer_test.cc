#include "llama/transformer.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/thread_team.h"
#include "llama/checkpoint.h"
#include "llama/fp32.h"
#include "llama/kv_cache.h"
#include "llama/test_logits.h"
#include "llama/workspace.h"
#include "testing/matchers.h"
#include "testing/oracle.h"
#include "testing/shared_data.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

class EveryConfig : public ::testing::TestWithParam<Config> {
 protected:
  EveryConfig() : tiny_(MakeTinyModel(GetParam(), 11)), weights_(tiny_.weights()) {}

  std::unique_ptr<const Transformer> Model(Isa isa) const {
    return MakeFp32Transformer(tiny_.config, weights_, Kernels(isa));
  }

  const TinyModel tiny_;
  const Weights weights_;
};
INSTANTIATE_TEST_SUITE_P(Awkward, EveryConfig, ::testing::ValuesIn(AwkwardConfigs()),
                         [](const auto& test) { return ConfigName(test.param); });

// The tiny models' logits are of order 1. Rounding to float (2^-24) in some hundred
// sums in each of a few layers stays below 1e-5 of that.
TEST_P(EveryConfig, IsWhatTheOracleSays) {
  const std::vector<int> tokens = SomeTokens(GetParam());
  const Logits logits = LogitsOf(*Model(BestIsa()), tokens, 1, 16);
  const auto oracle = OracleLogits(GetParam(), weights_, tokens);
  for (size_t t = 0; t < tokens.size(); ++t) {
    for (int64_t v = 0; v < GetParam().vocab_size; ++v) {
      ASSERT_NEAR(logits[t][v], oracle[t][v], 1e-5 * std::max(1.0, std::fabs(oracle[t][v])))
          << "position " << t << ", token " << v;
    }
  }
}

TEST_P(EveryConfig, SameBitsOnEveryIsaThreadCountAndChunk) {
  const std::vector<int> tokens = SomeTokens(GetParam());
  const Logits expected = LogitsOf(*Model(Isa::kScalar), tokens, 1, 1);
  for (Isa isa : SupportedIsas()) {
    const auto model = Model(isa);
    for (int threads : {1, 2, 3}) {
      for (int64_t chunk : {1, 2, 5, 16, 64}) {
        if (isa == Isa::kScalar && (threads == 2 || chunk == 16)) continue;  // slow
        ExpectSameBits(LogitsOf(*model, tokens, threads, chunk), expected,
                       std::string(IsaName(isa)) + ", " + std::to_string(threads) +
                           " threads, chunks of " + std::to_string(chunk));
      }
    }
  }
}

// Two sequences in one batch, at different positions: neither sees the other.
TEST_P(EveryConfig, NeighboursInTheBatchDoNotMatter) {
  const auto model = Model(BestIsa());
  const std::vector<int> a = SomeTokens(GetParam(), 0);
  const std::vector<int> b = SomeTokens(GetParam(), 3);
  const Logits expected_a = LogitsOf(*model, a, 1, 1);
  const Logits expected_b = LogitsOf(*model, b, 1, 1);

  ThreadTeam team(2);
  const int64_t count = a.size();
  KvCache cache_a = *KvCache::Create(GetParam(), count);
  KvCache cache_b = *KvCache::Create(GetParam(), count);
  Workspace workspace = *Workspace::Create(*model, team, 3, count);
  // b runs one position behind a; after the first, each batch has two rows of a
  // sequence and one of the other, in turn.
  int64_t next_a = 0;
  int64_t next_b = 0;
  for (int64_t step = 0; next_a < count || next_b < count; ++step) {
    std::vector<BatchRow> rows;
    std::vector<const std::vector<float>*> expected;
    const auto add = [&](int64_t how_many, const std::vector<int>& tokens, KvCache& cache,
                         int64_t& next, const Logits& logits) {
      for (int64_t i = 0; i < how_many && next < count; ++i, ++next) {
        rows.push_back({.token = tokens[next], .position = next, .cache = &cache});
        expected.push_back(&logits[next]);
      }
    };
    add(1 + step % 2, a, cache_a, next_a, expected_a);
    add(2 - step % 2, b, cache_b, next_b, expected_b);
    // All but the first row are asked for.
    std::vector<int64_t> asked;
    for (size_t i = 1; i < rows.size(); ++i) asked.push_back(i);
    const MatrixView<float> logits = model->Forward(rows, asked, team, workspace);
    ASSERT_EQ(logits.rows(), static_cast<int64_t>(asked.size()));
    for (size_t i = 0; i < asked.size(); ++i) {
      ASSERT_THAT(logits.Row(i), BitsEqual(*expected[asked[i]])) << "step " << step;
    }
  }
}

// The last layer is made only of the rows that are asked for; what follows sees them all.
TEST_P(EveryConfig, WhichLogitsAreAskedForDoesNotMatter) {
  const auto model = Model(BestIsa());
  const std::vector<int> tokens = SomeTokens(GetParam());
  const Logits expected = LogitsOf(*model, tokens, 1, 1);
  const int64_t last = tokens.size() - 1;
  if (last < 4) GTEST_SKIP() << "too few positions to choose from";
  for (int threads : {1, 2, 3}) {
    ThreadTeam team(threads);
    Workspace workspace = *Workspace::Create(*model, team, tokens.size(), tokens.size());
    for (const std::vector<int64_t>& asked :
         {std::vector<int64_t>{}, {0}, {last - 1}, {0, last / 2}, {1, last - 2, last - 1}}) {
      KvCache cache = *KvCache::Create(GetParam(), tokens.size());
      std::vector<BatchRow> rows;
      for (int64_t t = 0; t <= last; ++t) {
        rows.push_back({.token = tokens[t], .position = t, .cache = &cache});
      }
      const BatchRow next = rows.back();
      rows.pop_back();
      const MatrixView<float> logits = model->Forward(rows, asked, team, workspace);
      ASSERT_EQ(logits.rows(), static_cast<int64_t>(asked.size()));
      for (size_t i = 0; i < asked.size(); ++i) {
        ASSERT_THAT(logits.Row(i), BitsEqual(expected[asked[i]])) << "row " << asked[i];
      }
      ASSERT_THAT(model->Forward({&next, 1}, {0}, team, workspace).Row(0),
                  BitsEqual(expected[last]))
          << "behind " << asked.size() << " rows, " << threads << " threads";
    }
  }
}

TEST(Transformer, ManySessionsShareAModel) {
  const TinyModel tiny = MakeTinyModel(AwkwardConfigs().front(), 5);
  const Weights weights = tiny.weights();
  const auto model = MakeFp32Transformer(tiny.config, weights, Kernels(BestIsa()));
  std::vector<Logits> expected, found(4);
  for (int i = 0; i < 4; ++i) {
    expected.push_back(LogitsOf(*model, SomeTokens(tiny.config, i), 1, 8));
  }
  ThreadTeam callers(4);
  callers.Run([&](ThreadTeam::Member& me) {
    found[me.index()] = LogitsOf(*model, SomeTokens(tiny.config, me.index()), 1, 8);
  });
  for (int i = 0; i < 4; ++i) ExpectSameBits(found[i], expected[i], "caller");
}

TEST(Workspace, SaysThatThereIsNoMemory) {
  const TinyModel tiny = MakeTinyModel(AwkwardConfigs().front(), 5);
  const Weights weights = tiny.weights();
  const auto model = MakeFp32Transformer(tiny.config, weights, Kernels(BestIsa()));
  const ThreadTeam team(1);
  EXPECT_THAT(Workspace::Create(*model, team, int64_t{1} << 50, 16),
              StatusIs(absl::StatusCode::kResourceExhausted, ::testing::HasSubstr("batch of")));
}

// llama2.c's own logits, made with its run.c at commit 350e04f (see the data's README).
TEST(Transformer, MatchesLlama2cOnStories260K) {
  const auto checkpoint_path = SharedDataPath("stories260K.bin");
  const auto logits_path = SharedDataPath("logits_stories260K_once32.bin");
  if (!checkpoint_path || !logits_path) GTEST_SKIP() << "LLAMA2_SHARED_DATA lacks the files";
  std::ifstream file(*logits_path, std::ios::binary);
  int32_t count = 0;
  int32_t vocab_size = 0;
  file.read(reinterpret_cast<char*>(&count), 4);
  file.read(reinterpret_cast<char*>(&vocab_size), 4);
  std::vector<int32_t> tokens(count);
  file.read(reinterpret_cast<char*>(tokens.data()), 4 * count);
  std::vector<float> expected(count * vocab_size);
  file.read(reinterpret_cast<char*>(expected.data()), 4 * expected.size());
  ASSERT_TRUE(file.good());

  ASSERT_OK_AND_ASSIGN(Checkpoint checkpoint, Checkpoint::Open(*checkpoint_path));
  const auto model = MakeFp32Transformer(std::move(checkpoint), Kernels(BestIsa()));
  ASSERT_EQ(model->config().vocab_size, vocab_size);
  const Logits logits = LogitsOf(*model, tokens, 2, 8);
  for (int t = 0; t < count; ++t) {
    for (int v = 0; v < vocab_size; ++v) {
      ASSERT_NEAR(logits[t][v], expected[t * vocab_size + v], 1e-4) << t << " " << v;
    }
  }
}

}  // namespace
}  // namespace llama2
