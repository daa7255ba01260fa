#include "llama/session.h"

#include <memory>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/thread_team.h"
#include "llama/fp32.h"
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
