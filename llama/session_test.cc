#include "llama/session.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/thread_team.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/fp32.h"
#include "llama/transformer.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

constexpr Config kConfig = {.dim = 16,
                            .hidden_dim = 20,
                            .n_layers = 2,
                            .n_heads = 4,
                            .n_kv_heads = 2,
                            .vocab_size = 40,
                            .seq_len = 50};

class SessionTest : public ::testing::Test {
 protected:
  Session MakeSession(Session::Options options) {
    return *Session::Create(*model_, team_, options);
  }

  const TinyModel tiny_ = MakeTinyModel(kConfig, 3);
  const Weights weights_ = tiny_.weights();
  const std::unique_ptr<const Transformer> model_ =
      MakeFp32Transformer(kConfig, weights_, Kernels(BestIsa()));
  ThreadTeam team_{2};
  const std::vector<int> tokens_ = {1, 7, 39, 2, 2, 0, 11, 25, 33, 4, 8, 15, 16, 23};
};

std::vector<float> Copy(absl::Span<float> x) { return {x.begin(), x.end()}; }

TEST_F(SessionTest, HowAPromptIsCutDoesNotMatter) {
  Session whole = MakeSession({.chunk = 64});
  const std::vector<float> expected = Copy(whole.Append(tokens_));
  for (int64_t chunk : {1, 2, 3, 7, 13, 14, 15}) {
    Session session = MakeSession({.chunk = chunk});
    EXPECT_THAT(session.Append(tokens_), BitsEqual(expected)) << "chunk " << chunk;
    EXPECT_EQ(session.position(), static_cast<int64_t>(tokens_.size()));
  }
  for (size_t cut = 0; cut < tokens_.size(); ++cut) {
    Session session = MakeSession({.chunk = 4});
    session.Feed(absl::MakeConstSpan(tokens_).first(cut));
    EXPECT_EQ(session.position(), static_cast<int64_t>(cut));
    EXPECT_THAT(session.Append(absl::MakeConstSpan(tokens_).subspan(cut)), BitsEqual(expected))
        << "cut " << cut;
  }
}

// A vocabulary so large that the largest logit is found without the others.
TEST(Session, TheLargestLogitAloneIsTheSame) {
  constexpr Config kLarge = {.dim = 128,
                             .hidden_dim = 32,
                             .n_layers = 1,
                             .n_heads = 2,
                             .n_kv_heads = 1,
                             .vocab_size = 9000,
                             .seq_len = 60};
  const TinyModel tiny = MakeTinyModel(kLarge, 3);
  for (int threads : {1, 2, 3}) {
    ASSERT_OK_AND_ASSIGN(
        Checkpoint checkpoint,
        ConvertCheckpoint("large", {{CheckpointVersion::kV1}, kLarge}, tiny.weights()));
    const auto model = MakeFp32Transformer(std::move(checkpoint), Kernels(BestIsa()));
    ThreadTeam team(threads);
    Session all = *Session::Create(*model, team, {});
    Session largest = *Session::Create(*model, team, {});
    int64_t ruled_out = 0;
    std::vector<int> next = {1};
    for (int step = 0; step < 20; ++step) {
      const MatrixView<float> expected = all.AppendForAll(next);
      const MatrixView<float> found = largest.AppendForAll(next, WhichLogits::kLargest);
      std::vector<int> best;
      for (int64_t b = 0; b < expected.rows(); ++b) {
        best.push_back(model->kernels().Argmax(expected.Row(b)));
        ASSERT_EQ(model->kernels().Argmax(found.Row(b)), best.back());
        ASSERT_EQ(found.Row(b)[best.back()], expected.Row(b)[best.back()]);
        ruled_out += std::count(found.Row(b).begin(), found.Row(b).end(),
                                -std::numeric_limits<float>::infinity());
      }
      next = step % 2 == 0 ? std::vector<int>{best[0], 7, 5000} : std::vector<int>{best[0]};
    }
    EXPECT_GT(ruled_out, 20 * kLarge.vocab_size / 2);
  }
}

TEST_F(SessionTest, RewindForgets) {
  Session session = MakeSession({});
  const std::vector<float> expected = Copy(session.Append({1, 2, 3}));
  session.Append({9, 9, 9, 9});
  session.Rewind(2);
  EXPECT_EQ(session.position(), 2);
  EXPECT_THAT(session.Append({3}), BitsEqual(expected));
}

TEST_F(SessionTest, CapacityIsTheModelsContextOrWhatIsAskedFor) {
  EXPECT_EQ(MakeSession({}).capacity(), kConfig.seq_len);
  EXPECT_EQ(MakeSession({.capacity = 5}).capacity(), 5);
  Session session = MakeSession({.capacity = 3});
  session.Append({1, 2, 3});
  EXPECT_DEATH(session.Append({4}), "check failed");
}

TEST_F(SessionTest, SaysThatThereIsNoMemory) {
  Config huge = kConfig;
  huge.n_layers = 1 << 16;  // of which the model here has none: the cache comes first
  EXPECT_THAT(KvCache::Create(huge, kMaxConfigValue),
              StatusIs(absl::StatusCode::kResourceExhausted, ::testing::HasSubstr("KV cache")));
}

}  // namespace
}  // namespace llama2
