#include "llama/self_drafter.h"

#include <limits>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/batch_row.h"
#include "llama/config.h"
#include "llama/drafter.h"
#include "llama/fp32.h"
#include "llama/session.h"
#include "llama/test_guesses.h"
#include "llama/transformer.h"
#include "llama/workspace.h"
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

class SelfDrafterTest : public ::testing::Test {
 protected:
  static std::unique_ptr<const Transformer> MakeModel(const TinyModel& tiny) {
    return MakeFp32Transformer(kConfig, tiny.weights(), Kernels(BestIsa()));
  }

  // What `tiny` drafts for session_.
  std::unique_ptr<SelfDrafter> MakeDrafter(const TinyModel& tiny,
                                           const SamplerOptions& options) {
    return *SelfDrafter::Create(MakeModel(tiny), session_, team_,
                                Sampler(options, Kernels(BestIsa())));
  }

  // The text goes on with `tokens`; the last of them has not been read yet.
  void Append(Drafter& drafter, const std::vector<int>& tokens) {
    drafter.Append(tokens);
    text_.insert(text_.end(), tokens.begin(), tokens.end());
    session_.Feed(absl::MakeConstSpan(text_).subspan(session_.position(),
                                                     text_.size() - 1 - session_.position()));
  }

  std::vector<int> Propose(Drafter& drafter, int most, Rng coins = Rng(77)) {
    return Guesses(drafter, most,
                   {.coins = coins, .history = static_cast<int64_t>(text_.size())});
  }

  // The tokens that the session's model would go on with.
  std::vector<int> Continue(int64_t count, const SamplerOptions& options, Rng coins = Rng(77)) {
    Session session = *Session::Create(*model_, team_, {});
    Sampler sampler(options, Kernels(BestIsa()));
    sampler.set_rng(coins);
    std::vector<int> all = text_;
    absl::Span<float> logits = session.Append(all);
    for (int64_t i = 0; i < count; ++i) {
      all.push_back(*sampler.Sample(logits, all));
      logits = session.Append({all.back()});
    }
    return {all.begin() + text_.size(), all.end()};
  }

  TinyModel tiny_ = MakeTinyModel(kConfig, 3);
  const std::unique_ptr<const Transformer> model_ = MakeModel(tiny_);
  ThreadTeam team_{1};
  Session session_ = *Session::Create(*model_, team_, {.capacity = 20});
  std::vector<int> text_;
};

// With the very model: whatever of the proposals the text took.
TEST_F(SelfDrafterTest, ProposesWhatItsModelWouldSayWithTheseCoins) {
  for (const SamplerOptions& options : {SamplerOptions{.temperature = 0},
                                        {.temperature = 1, .top_p = 1},
                                        {.temperature = 0.7f, .top_p = 0.9f},
                                        {.temperature = 1, .repetition_penalty = 1.5f}}) {
    text_.clear();
    session_.Rewind(0);
    const auto drafter = MakeDrafter(tiny_, options);
    Append(*drafter, {1, 7, 39, 2, 2, 0});
    std::vector<int> expected = Continue(5, options);
    EXPECT_THAT(Propose(*drafter, 5), ElementsAreArray(expected));
    Append(*drafter, {expected[0], (expected[1] + 1) % 40});  // one of them
    EXPECT_THAT(Propose(*drafter, 4), ElementsAreArray(Continue(4, options)));
    expected = Continue(3, options, Rng(5));
    EXPECT_THAT(Propose(*drafter, 3, Rng(5)), ElementsAreArray(expected));
    expected.push_back(8);
    Append(*drafter, expected);  // all, and one more
    EXPECT_THAT(Propose(*drafter, 4), ElementsAreArray(Continue(4, options)));
  }
}

// It attends over what the session's model has made of the text: one whose own first layers
// are another's reads the same.
TEST_F(SelfDrafterTest, ReadsTheSessionsKeysAndValues) {
  const TinyModel other = MakeTinyModel(kConfig, 4);
  const SamplerOptions options = {.temperature = 0};
  const auto drafter = MakeDrafter(other, options);
  Append(*drafter, {1, 7, 39, 2, 2, 0});
  const std::vector<int> here = Propose(*drafter, 1);

  // The same by hand: the text's cache, and one pass of the other model.
  const auto model = MakeModel(other);
  Workspace workspace = *Workspace::Create(*model, team_, 1, 20);
  const BatchRow row = {.token = 0, .position = 5, .cache = &session_.cache()};
  const absl::Span<float> logits = model->Forward({&row, 1}, {0}, team_, workspace).Row(0);
  EXPECT_EQ(here[0], *Sampler(options, Kernels(BestIsa())).Sample(logits, text_));
}

TEST_F(SelfDrafterTest, ChangesNothingThatTheSessionGives) {
  const TinyModel other = MakeTinyModel(kConfig, 4);
  const auto drafter = MakeDrafter(other, {.temperature = 1, .top_p = 1});
  Session plain = *Session::Create(*model_, team_, {});
  for (int token = 0; token < 16; ++token) {
    drafter->Append({token});
    text_.push_back(token);
    Propose(*drafter, 1 + token % 5);
    EXPECT_EQ(session_.position(), plain.position());
    EXPECT_THAT(session_.Append({token}), BitsEqual(plain.Append({token})));
  }
}

TEST_F(SelfDrafterTest, ProposesAsMuchAsTheSessionHasRoomFor) {
  const auto drafter = MakeDrafter(tiny_, {.temperature = 0});
  Append(*drafter, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18});
  EXPECT_THAT(Propose(*drafter, 8), SizeIs(3));  // the last is not read
  Append(*drafter, {19, 20});
  EXPECT_THAT(Propose(*drafter, 8), SizeIs(1));
  Append(*drafter, {21});
  EXPECT_THAT(Propose(*drafter, 8), IsEmpty());
}

TEST_F(SelfDrafterTest, LogitsThatAreNoNumbersAreNoProposal) {
  TinyModel broken = MakeTinyModel(kConfig, 3);
  float& weight = broken.storage.data()[5 * kConfig.dim];
  const float good = weight;
  weight = std::numeric_limits<float>::quiet_NaN();
  const auto drafter = MakeDrafter(broken, {.temperature = 0});
  Append(*drafter, {1, 2});
  EXPECT_THAT(Propose(*drafter, 8), IsEmpty());
  // Nor is there one later, whatever the weights are then: it need not be tried again.
  weight = good;
  EXPECT_THAT(Propose(*drafter, 8), IsEmpty());
}

TEST_F(SelfDrafterTest, HasNeverToCatchUp) {
  const auto drafter = MakeDrafter(tiny_, {.temperature = 0});
  Append(*drafter, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  EXPECT_EQ(drafter->CatchUpSeconds(), 0);
}

}  // namespace
}  // namespace llama2
