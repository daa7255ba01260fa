#include "llama/draft_length.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sampling/rng.h"

namespace llama2 {
namespace {

// A machine and a drafter that exist in numbers only. A plain step takes 1 second.
struct World {
  double acceptance;                 // of each token, whatever the drafter says
  double draft;                      // seconds for each token
  std::function<double(int)> check;  // seconds of a pass that checks so many
  double noise = 0;                  // all takes up to this share more
};

// Checking costs `check` for each token.
World Linear(double acceptance, double draft, double check, double noise = 0) {
  return {acceptance, draft, [=](int length) { return 1 + length * check; }, noise};
}

struct Outcome {
  double seconds_per_token;
  double drafted_passes;  // as a share
  double drafted;         // tokens, by drafted pass
};

// `sureness` is that of the next token, `accepted` whether it will be, given that.
Outcome Simulate(const World& world, int tokens, DraftLength& length, uint64_t seed,
                 const std::function<int(Rng&)>& sureness,
                 const std::function<bool(int, Rng&)>& accepted) {
  Rng rng(seed);
  const auto noisy = [&](double seconds) {
    return seconds * (1 + world.noise * rng.NextFloat());
  };
  double seconds = 0;
  int made = 0, passes = 0, drafted_passes = 0, all_drafted = 0;
  while (made < tokens) {
    DraftLength::Pass pass;
    bool right = true;
    int drafted = 0;
    for (; length.More(); ++drafted) {
      const int sure = sureness(rng);
      length.Add(sure);
      right = right && accepted(sure, rng);
      pass.accepted += right;
    }
    pass.draft_seconds = noisy(drafted * world.draft);
    pass.check_seconds = noisy(world.check(drafted));
    length.Record(pass);
    seconds += pass.draft_seconds + pass.check_seconds;
    made += pass.accepted + 1;
    ++passes;
    drafted_passes += drafted > 0;
    all_drafted += drafted;
  }
  return {seconds / made, static_cast<double>(drafted_passes) / passes,
          static_cast<double>(all_drafted) / drafted_passes};
}

// With a drafter that is always as sure.
Outcome Simulate(const World& world, int tokens, DraftLength& length, uint64_t seed = 1) {
  return Simulate(
      world, tokens, length, seed, [](Rng&) { return 3; },
      [&](int, Rng& rng) { return rng.NextFloat() < world.acceptance; });
}

// With one that knows when it is not sure: a share `unsure` of the tokens, of which every
// second one is wrong; no others are.
Outcome SimulateKnowing(const World& world, double unsure, int tokens, DraftLength& length,
                        uint64_t seed = 1) {
  return Simulate(
      world, tokens, length, seed, [=](Rng& rng) { return rng.NextFloat() < unsure ? 1 : 5; },
      [](int sure, Rng& rng) { return sure == 5 || rng.NextFloat() < 0.5f; });
}

double Seconds(const World& world, int length) {
  return length * world.draft + world.check(length);
}

// The least seconds a token that any fixed length needs.
double Optimum(const World& world) {
  double best = Seconds(world, 0);
  for (int length = 1; length <= DraftLength::kMost; ++length) {
    double tokens = 1;
    for (int i = 0; i < length; ++i) tokens = 1 + world.acceptance * tokens;
    best = std::min(best, Seconds(world, length) / tokens);
  }
  return best * (1 + world.noise / 2);
}

// A pass that drafts `drafted` tokens, as sure as may be.
void Pass(DraftLength& length, int drafted, const DraftLength::Pass& pass) {
  for (int i = 0; i < drafted; ++i) length.Add(3);
  length.Record(pass);
}

TEST(DraftLengthTest, BeginsWithPlainStepsThenDrafts) {
  DraftLength length;
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(length.More());
    length.Record({.check_seconds = 1});
  }
  EXPECT_TRUE(length.More());
}

TEST(DraftLengthTest, FindsTheLengthThatCostsLeast) {
  for (double acceptance : {0.5, 0.7, 0.8, 0.9, 0.97}) {
    for (double draft : {0.01, 0.1, 0.27, 0.5}) {
      for (double check : {0.02, 0.2}) {
        const World world = Linear(acceptance, draft, check, /*noise=*/0.1);
        DraftLength length;
        Simulate(world, 300, length);
        EXPECT_LT(Simulate(world, 3000, length, 2).seconds_per_token, Optimum(world) * 1.06)
            << acceptance << " " << draft << " " << check;
      }
    }
  }
}

// Kernels that check four rows for the price of one.
TEST(DraftLengthTest, LeapsOverSteps) {
  const World world = {0.95, 0.02, [](int length) { return 1.0 * (length / 4 + 1); }};
  DraftLength length;
  Simulate(world, 300, length);
  EXPECT_LT(Simulate(world, 3000, length, 2).seconds_per_token, Optimum(world) * 1.06);
}

// Kernels for which two rows cost as much as eight: two drafted tokens do not pay, eight do.
TEST(DraftLengthTest, FindsLongDraftsWhereShortOnesDoNotPay) {
  const World world = {0.97, 0.25,
                       [](int length) { return length == 0 ? 1 : 2.5 + 0.05 * length; }};
  EXPECT_GT(Seconds(world, 2) / 2.9, 1);
  DraftLength length;
  Simulate(world, 300, length);
  EXPECT_LT(Simulate(world, 3000, length, 2).seconds_per_token, Optimum(world) * 1.06);
}

// One token in eight is unsure: drafting stops behind it, and goes on where there is none.
TEST(DraftLengthTest, StopsWhereTheDrafterIsNotSure) {
  for (double draft : {0.2, 0.3}) {
    const World world = Linear(/*acceptance=*/0.9375, draft, 0.05, /*noise=*/0.1);
    DraftLength length;
    SimulateKnowing(world, 0.125, 300, length);
    EXPECT_LT(length.acceptance(1), 0.75);
    EXPECT_GT(length.acceptance(5), 0.95);
    EXPECT_NEAR(length.acceptance(), 0.9375, 0.08);
    EXPECT_LT(SimulateKnowing(world, 0.125, 3000, length, 2).seconds_per_token,
              Optimum(world) * 0.93);
  }
  // What the drafter says is worth nothing where it is not so: no more is lost than without.
  const World world = Linear(/*acceptance=*/0.9, 0.25, 0.05);
  DraftLength length;
  const Outcome outcome = Simulate(
      world, 4000, length, 3, [](Rng& rng) { return rng.NextU32() % DraftLength::kLevels; },
      [](int, Rng& rng) { return rng.NextFloat() < 0.9f; });
  EXPECT_LT(outcome.seconds_per_token, Optimum(world) * 1.06);
}

TEST(DraftLengthTest, ChecksAnUnsureTokenButBuildsNothingOnIt) {
  const World world = Linear(/*acceptance=*/0.9, 0.3, 0.03);
  DraftLength length;
  SimulateKnowing(world, 0.2, 2000, length);
  while (!length.More()) length.Record({.check_seconds = 1});
  length.Add(5);
  EXPECT_TRUE(length.More());
  length.Add(1);
  EXPECT_FALSE(length.More());
}

TEST(DraftLengthTest, IsSoonThere) {
  const World world = Linear(0.95, 0.25, 0.02);
  double seconds_per_token = 0;
  for (int seed = 1; seed <= 20; ++seed) {
    DraftLength length;
    seconds_per_token += Simulate(world, 256, length, seed).seconds_per_token / 20;
  }
  EXPECT_LT(seconds_per_token, Optimum(world) * 1.1);
}

TEST(DraftLengthTest, WhereNothingPaysItIsOffAndTrialsCostLittle) {
  for (double acceptance : {0.0, 0.1, 0.4, 0.9}) {
    for (double draft : {0.5, 1.0, 3.0}) {
      const World world = Linear(acceptance, draft, acceptance > 0.5 ? 1 : 0.1, /*noise=*/0.1);
      if (Optimum(world) < 1.05) continue;  // that it does pay
      DraftLength length;
      const Outcome outcome = Simulate(world, 4000, length);
      EXPECT_LT(outcome.seconds_per_token, 1.05 * 1.035) << acceptance << " " << draft;
      EXPECT_LT(outcome.drafted_passes, 0.1) << acceptance << " " << draft;
    }
  }
}

TEST(DraftLengthTest, ALosingDraftCostsLittleOfAShortTextToo) {
  DraftLength length;
  EXPECT_LT(Simulate(Linear(0.02, 0.3, 0.05), 256, length).seconds_per_token, 1.06);
}

TEST(DraftLengthTest, ComesBackWhenDraftingPaysAgain) {
  DraftLength length;
  const World bad = Linear(0.05, 0.2, 0.05);
  EXPECT_LT(Simulate(bad, 2000, length).drafted_passes, 0.1);
  const World good = Linear(0.95, 0.2, 0.05);
  Simulate(good, 500, length, 2);
  EXPECT_LT(Simulate(good, 1000, length, 3).seconds_per_token, Optimum(good) * 1.06);
  // And goes when it does not.
  Simulate(bad, 300, length, 4);
  EXPECT_LT(Simulate(bad, 2000, length, 5).drafted_passes, 0.1);
}

TEST(DraftLengthTest, WhatCatchingUpCostsCountsAgainstTrials) {
  for (double a_token : {0.005, 0.05, 1.0}) {
    DraftLength length;
    double catch_up = 0, total = 0, backlog = 0;
    for (int i = 0; i < 5000; ++i) {
      backlog += a_token;
      int drafted = 0;
      for (; length.More(backlog); ++drafted) length.Add(3);
      DraftLength::Pass pass = {.draft_seconds = 0.2 * drafted,
                                .check_seconds = 1 + 0.05 * drafted};
      if (drafted > 0) pass.catch_up_seconds = std::exchange(backlog, 0);
      catch_up += pass.catch_up_seconds;
      total += pass.draft_seconds + pass.check_seconds;
      length.Record(pass);
    }
    EXPECT_EQ(catch_up > 0, a_token < 0.5) << a_token;
    EXPECT_LT(total + catch_up, 5000 * 1.035);
  }
}

TEST(DraftLengthTest, OneInterruptedPassChangesLittle) {
  const World world = Linear(0.9, 0.2, 0.02);
  for (const auto& [draft, check] : {std::pair(1e6, 1e6), {0.8, 1e6}, {1e6, 1.1}}) {
    DraftLength length;
    Simulate(world, 1000, length);
    Pass(length, 4, {.accepted = 4, .draft_seconds = draft, .check_seconds = check});
    EXPECT_LT(Simulate(world, 200, length, 2).seconds_per_token, Optimum(world) * 1.15);
  }
}

// A drafter may have fewer guesses, or none, than were asked for.
TEST(DraftLengthTest, WhatWasNotGuessedIsAPlainStep) {
  DraftLength length;
  for (int i = 0; i < 100; ++i) length.Record({.draft_seconds = 0.01, .check_seconds = 1});
  EXPECT_EQ(length.drafted(), 0);
  EXPECT_DOUBLE_EQ(length.acceptance(), DraftLength().acceptance());
}

TEST(DraftLengthTest, KnowsTheAcceptance) {
  DraftLength length = DraftLength::Fixed(4);
  for (int i = 0; i < 200; ++i) {
    for (int sureness : {7, 2, 0, 7}) length.Add(sureness);
    length.Record({.accepted = i % 2 ? 4 : 1});
  }
  // 5 accepted of 6 tried: the two after the wrong one were not.
  EXPECT_NEAR(length.acceptance(), 5.0 / 6, 0.02);
  EXPECT_NEAR(length.acceptance(7), 1, 0.01);
  EXPECT_NEAR(length.acceptance(2), 0.5, 0.02);
  EXPECT_NEAR(length.acceptance(0), 1, 0.01);
}

TEST(DraftLengthTest, FixedIsFixed) {
  DraftLength length = DraftLength::Fixed(3);
  for (int i = 0; i < 100; ++i) {
    for (int drafted = 0; drafted < 3; ++drafted) {
      EXPECT_TRUE(length.More());
      length.Add(0);
    }
    EXPECT_FALSE(length.More());
    length.Record({.accepted = 0, .draft_seconds = 100, .check_seconds = 100});
  }
  EXPECT_FALSE(DraftLength::Fixed(0).More());
}

TEST(DraftLengthTest, IsNeverLongerThanTheMost) {
  DraftLength length;
  const World free = Linear(/*acceptance=*/1, /*draft=*/0, /*check=*/0);
  EXPECT_NEAR(Simulate(free, 5000, length).drafted, DraftLength::kMost, 1);
}

}  // namespace
}  // namespace llama2
