#include "llama/draft_length.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sampling/rng.h"

namespace llama2 {
namespace {

// A machine and a draft that exist in numbers only. A plain step takes 1 second.
struct World {
  double acceptance;
  std::function<double(int)> seconds;  // of a pass that checks so many, drafting included
  double noise = 0;                    // a pass takes up to this share more
};

// Drafting costs `draft` for each token, and checking each of them `check`.
World Linear(double acceptance, double draft, double check, double noise = 0) {
  return {acceptance, [=](int length) { return 1 + length * (draft + check); }, noise};
}

struct Outcome {
  double seconds_per_token;
  double drafted_passes;  // as a share
};

Outcome Simulate(const World& world, int tokens, DraftLength& length, uint64_t seed = 1) {
  Rng rng(seed);
  double seconds = 0;
  int made = 0, passes = 0, drafted_passes = 0;
  while (made < tokens) {
    DraftLength::Pass pass = {.drafted = length.Next()};
    while (pass.accepted < pass.drafted && rng.NextFloat() < world.acceptance) ++pass.accepted;
    pass.seconds = world.seconds(pass.drafted) * (1 + world.noise * rng.NextFloat());
    length.Record(pass);
    seconds += pass.seconds;
    made += pass.accepted + 1;
    ++passes;
    drafted_passes += pass.drafted > 0;
  }
  return {seconds / made, static_cast<double>(drafted_passes) / passes};
}

// The least seconds a token that any fixed length needs.
double Optimum(const World& world) {
  double best = world.seconds(0);
  for (int length = 1; length <= DraftLength::kMost; ++length) {
    double tokens = 1;
    for (int i = 0; i < length; ++i) tokens = 1 + world.acceptance * tokens;
    best = std::min(best, world.seconds(length) / tokens);
  }
  return best * (1 + world.noise / 2);
}

TEST(DraftLengthTest, BeginsWithPlainStepsThenDrafts) {
  DraftLength length;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(length.Next(), 0);
    length.Record({.seconds = 1});
  }
  EXPECT_GT(length.Next(), 0);
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
  const World world = {0.95, [](int length) { return 1.0 * (length / 4 + 1) + 0.02 * length; }};
  DraftLength length;
  Simulate(world, 300, length);
  EXPECT_LT(Simulate(world, 3000, length, 2).seconds_per_token, Optimum(world) * 1.06);
}

// Kernels for which two rows cost as much as eight: two drafted tokens do not pay, eight do.
TEST(DraftLengthTest, FindsLongDraftsWhereShortOnesDoNotPay) {
  const World world = {0.97, [](int length) { return length == 0 ? 1 : 2.5 + 0.3 * length; }};
  EXPECT_GT(world.seconds(2) / 2.9, 1);
  DraftLength length;
  Simulate(world, 300, length);
  EXPECT_LT(Simulate(world, 3000, length, 2).seconds_per_token, Optimum(world) * 1.06);
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
  const World world = Linear(0.0, 0.2, 0.05);
  for (double a_token : {0.005, 0.05, 1.0}) {
    DraftLength length;
    double catch_up = 0, total = 0, backlog = 0;
    for (int i = 0; i < 5000; ++i) {
      backlog += a_token;
      DraftLength::Pass pass = {.drafted = length.Next(backlog)};
      pass.seconds = world.seconds(pass.drafted);
      if (pass.drafted > 0) pass.catch_up_seconds = std::exchange(backlog, 0);
      catch_up += pass.catch_up_seconds;
      total += pass.seconds;
      length.Record(pass);
    }
    EXPECT_EQ(catch_up > 0, a_token < 0.5) << a_token;
    EXPECT_LT(total + catch_up, 5000 * 1.035);
  }
}

TEST(DraftLengthTest, OneInterruptedPassChangesLittle) {
  const World world = Linear(0.9, 0.2, 0.02);
  DraftLength length;
  Simulate(world, 1000, length);
  const int before = length.Next();
  length.Record({.drafted = before, .accepted = before, .seconds = 1e6});
  EXPECT_LT(Simulate(world, 200, length, 2).seconds_per_token, Optimum(world) * 1.15);
}

TEST(DraftLengthTest, KnowsTheAcceptance) {
  DraftLength length = DraftLength::Fixed(4);
  for (int i = 0; i < 200; ++i) length.Record({.drafted = 4, .accepted = i % 2 ? 4 : 1});
  // 5 accepted of 6 tried: the two after the wrong one were not.
  EXPECT_NEAR(length.acceptance(), 5.0 / 6, 0.02);
}

TEST(DraftLengthTest, FixedIsFixed) {
  DraftLength length = DraftLength::Fixed(3);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(length.Next(), 3);
    length.Record({.drafted = 3, .accepted = 0, .seconds = 100});
  }
}

}  // namespace
}  // namespace llama2
