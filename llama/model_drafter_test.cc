#include "llama/model_drafter.h"

#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/config.h"
#include "llama/draft_length.h"
#include "llama/drafter.h"
#include "llama/fp32.h"
#include "llama/session.h"
#include "llama/test_guesses.h"
#include "llama/weights.h"
#include "sampling/rng.h"
#include "sampling/sampler.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Config kConfig = {.dim = 16,
                            .hidden_dim = 20,
                            .n_layers = 2,
                            .n_heads = 4,
                            .n_kv_heads = 2,
                            .vocab_size = 40,
                            .seq_len = 50};

class ModelDrafterTest : public ::testing::Test {
 protected:
  std::unique_ptr<const Transformer> MakeModel() const {
    return MakeFp32Transformer(kConfig, weights_, Kernels(BestIsa()));
  }

  std::unique_ptr<ModelDrafter> MakeDrafter(const SamplerOptions& options,
                                            int64_t capacity = 0) {
    return *ModelDrafter::Create(MakeModel(), team_, {.capacity = capacity, .chunk = 4},
                                 Sampler(options, Kernels(BestIsa())));
  }

  // The tokens that the model itself would go on with, with this sampler's coins.
  std::vector<int> Continue(const std::vector<int>& text, int64_t count, Sampler sampler) {
    const std::unique_ptr<const Transformer> model = MakeModel();
    Session session = *Session::Create(*model, team_, {});
    std::vector<int> all = text;
    absl::Span<float> logits = session.Append(text);
    for (int64_t i = 0; i < count; ++i) {
      all.push_back(*sampler.Sample(logits, all));
      logits = session.Append({all.back()});
    }
    return {all.begin() + text.size(), all.end()};
  }

  const TinyModel tiny_ = MakeTinyModel(kConfig, 3);
  const Weights weights_ = tiny_.weights();
  ThreadTeam team_{1};
  const std::vector<int> text_ = {1, 7, 39, 2, 2, 0, 11, 25, 33, 4};
};

TEST_F(ModelDrafterTest, ProposesWhatItsModelWouldSayWithTheseCoins) {
  for (const SamplerOptions& options : {SamplerOptions{.temperature = 0},
                                        {.temperature = 1, .top_p = 1},
                                        {.temperature = 0.7f, .top_p = 0.9f},
                                        {.temperature = 1, .repetition_penalty = 1.5f}}) {
    const auto drafter = MakeDrafter(options);
    drafter->Append(text_);
    Sampler sampler(options, Kernels(BestIsa()));
    sampler.set_rng(Rng(77));
    EXPECT_THAT(Guesses(*drafter, 6, {.coins = Rng(77), .history = 10}),
                ElementsAreArray(Continue(text_, 6, sampler)));
  }
}

// Whatever of its proposals the text took, wherever it stands, and whether it was asked in
// between or not.
TEST_F(ModelDrafterTest, FollowsTheText) {
  const SamplerOptions options = {.temperature = 1, .top_p = 1};
  const Sampler sampler(options, Kernels(BestIsa()));
  const auto drafter = MakeDrafter(options);
  std::vector<int> text;
  const auto append = [&](std::vector<int> tokens) {
    drafter->Append(tokens);
    text.insert(text.end(), tokens.begin(), tokens.end());
  };
  const auto expect_right = [&](int64_t most) {
    const std::vector<int> expected = Continue(text, most, sampler);
    const int64_t history = text.size();
    EXPECT_THAT(Guesses(*drafter, most, {.coins = sampler.rng(), .history = history}),
                ElementsAreArray(expected));
    return expected;
  };
  append({1, 5, 6});
  std::vector<int> proposal = expect_right(4);
  expect_right(2);   // again, nothing having come
  append(proposal);  // all of them, and one more
  append({8});
  proposal = expect_right(3);
  append({proposal[0], (proposal[1] + 1) % 40});  // one of them
  proposal = expect_right(3);
  append({(proposal[0] + 1) % 40});  // none
  drafter->CatchUp();
  expect_right(1);
  append({3, 2, 1, 0, 1, 2, 3, 4, 5, 6, 7});  // and much without being asked
  drafter->CatchUp();
  drafter->CatchUp();
  expect_right(5);
}

TEST_F(ModelDrafterTest, ProposesAsMuchAsItsSessionHasRoomFor) {
  const auto drafter = MakeDrafter({.temperature = 0}, /*capacity=*/12);
  drafter->Append(text_);
  const auto propose = [&] { return Guesses(*drafter, 8, {.history = 10}); };
  EXPECT_THAT(propose(), SizeIs(3));  // of which the first two are read
  drafter->Append({1, 2});
  EXPECT_THAT(propose(), SizeIs(1));
  drafter->Append({3});
  drafter->CatchUp();
  EXPECT_THAT(propose(), IsEmpty());
  drafter->Append({4, 5, 6, 7});
  drafter->CatchUp();
  EXPECT_THAT(propose(), IsEmpty());
}

TEST_F(ModelDrafterTest, LogitsThatAreNoNumbersAreNoProposal) {
  const float good = tiny_.storage.data()[5 * kConfig.dim];
  const_cast<float*>(tiny_.storage.data())[5 * kConfig.dim] =
      std::numeric_limits<float>::quiet_NaN();
  const auto drafter = MakeDrafter({.temperature = 0});
  drafter->Append(text_);
  EXPECT_THAT(Guesses(*drafter, 8, {.history = 10}), IsEmpty());
  // Nor is there one later, whatever the weights are then: it need not be tried again.
  const_cast<float*>(tiny_.storage.data())[5 * kConfig.dim] = good;
  EXPECT_THAT(Guesses(*drafter, 8, {.history = 10}), IsEmpty());
}

// Greedily with the logits' lead, and at a temperature with the coin's way to the next token:
// what a small change of the weights would change comes with a low level.
TEST_F(ModelDrafterTest, SaysHowSureItIs) {
  TinyModel other = MakeTinyModel(kConfig, 3);
  Rng rng(1);
  for (float& weight : other.storage.span()) weight *= 1 + 0.01f * (rng.NextFloat() - 0.5f);
  for (const float temperature : {0.0f, 1.0f}) {
    int wrong[DraftLength::kLevels] = {}, all[DraftLength::kLevels] = {};
    for (uint64_t seed = 1; seed <= 400; ++seed) {
      const SamplerOptions options = {.temperature = temperature, .top_p = 1};
      const Sampler sampler(options, Kernels(BestIsa()));
      const auto drafter = *ModelDrafter::Create(
          MakeFp32Transformer(kConfig, other.weights(), Kernels(BestIsa())), team_, {},
          sampler);
      std::vector<int> text = {static_cast<int>(seed % 40), static_cast<int>(seed / 40)};
      drafter->Append(text);
      drafter->Begin({.coins = Rng(seed), .history = 2});
      const std::optional<Drafter::Guess> guess = drafter->Next();
      ASSERT_TRUE(guess.has_value());
      Sampler own = sampler;
      own.set_rng(Rng(seed));
      ++all[guess->sureness];
      wrong[guess->sureness] += guess->token != Continue(text, 1, own)[0];
    }
    EXPECT_GT(wrong[0], 0) << temperature;
    EXPECT_GT(wrong[0] * 20, all[0]) << temperature;
    for (int level = 3; level < DraftLength::kLevels; ++level) {
      EXPECT_EQ(wrong[level], 0) << temperature << " " << level;
    }
    EXPECT_GT(all[3], 10) << temperature;
  }
}

}  // namespace
}  // namespace llama2
