#include "llama/model_drafter.h"

#include <limits>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/config.h"
#include "llama/fp32.h"
#include "llama/session.h"
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
    EXPECT_THAT(drafter->Propose({.most = 6, .coins = Rng(77), .history = 10}),
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
    const absl::Span<const int> proposal = drafter->Propose(
        {.most = most, .coins = sampler.rng(), .history = static_cast<int64_t>(text.size())});
    EXPECT_THAT(proposal, ElementsAreArray(expected));
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
  const auto propose = [&] {
    return drafter->Propose({.most = 8, .history = static_cast<int64_t>(text_.size())});
  };
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
  EXPECT_THAT(drafter->Propose({.most = 8, .history = 10}), IsEmpty());
  // Nor is there one later, whatever the weights are then: it need not be tried again.
  const_cast<float*>(tiny_.storage.data())[5 * kConfig.dim] = good;
  EXPECT_THAT(drafter->Propose({.most = 8, .history = 10}), IsEmpty());
}

TEST_F(ModelDrafterTest, HasNothingToSayOfNoText) {
  EXPECT_THAT(MakeDrafter({})->Propose({.most = 8}), IsEmpty());
}

}  // namespace
}  // namespace llama2
