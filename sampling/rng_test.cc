#include "sampling/rng.h"

#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

using ::testing::ElementsAreArray;

// Printed by a C program around random_u32 and random_f32 of llama2.c's run.c (commit
// 350e04f): for each seed the first four numbers of either, and the state after a
// million.
struct Golden {
  uint64_t seed;
  std::vector<uint32_t> u32;
  std::vector<float> f32;
  uint64_t state_after_million;
};

const Golden kGolden[] = {
    {1,
     {0x47e4ce4b, 0xabcfa6a8, 0xb9d10d8f, 0x4db418a0},
     {0x1.1f9338p-2f, 0x1.579f4cp-1f, 0x1.73a21ap-1f, 0x1.36d06p-2f},
     0x495e416d6c16b5f1},
    {42,
     {0x56ce4ab7, 0xc841eb53, 0xca466be0, 0xf1acc733},
     {0x1.5b3928p-2f, 0x1.9083d6p-1f, 0x1.948cd6p-1f, 0x1.e3598ep-1f},
     0xf67f5e19caa62938},
    {133742,
     {0xb4d0037e, 0x9f67c4b0, 0x89db8337, 0x8857315b},
     {0x1.69a006p-1f, 0x1.3ecf88p-1f, 0x1.13b706p-1f, 0x1.10ae62p-1f},
     0x5e8f4653e0848eef},
    {0xFFFFFFFFFFFFFFFF,
     {0xf92cc9e5, 0x8ff484d8, 0x346c95f3, 0xc556cc9c},
     {0x1.f25992p-1f, 0x1.1fe908p-1f, 0x1.a364a8p-3f, 0x1.8aad98p-1f},
     0xd3879de2ef2d567b},
};

TEST(RngTest, GivesTheNumbersOfLlama2c) {
  for (const Golden& golden : kGolden) {
    Rng integers(golden.seed);
    Rng floats(golden.seed);
    std::vector<uint32_t> u32;
    std::vector<float> f32;
    for (int i = 0; i < 4; ++i) {
      u32.push_back(integers.NextU32());
      f32.push_back(floats.NextFloat());
    }
    EXPECT_THAT(u32, ElementsAreArray(golden.u32)) << "seed " << golden.seed;
    EXPECT_THAT(f32, ElementsAreArray(golden.f32)) << "seed " << golden.seed;
    for (int i = 4; i < 1'000'000; ++i) floats.NextFloat();
    EXPECT_EQ(floats.state(), golden.state_after_million) << "seed " << golden.seed;
  }
}

TEST(RngTest, FloatsAreBelowOne) {
  // The state before the one whose product with the multiplier is 0xFFFFFFFF00000000.
  Rng rng(0xdfe880f40d668f97);
  EXPECT_EQ(Rng(rng).NextU32(), 0xFFFFFFFF);
  EXPECT_EQ(rng.NextFloat(), 1.0f - 0x1p-24f);
}

TEST(RngTest, ContinuesFromAState) {
  Rng rng(7);
  for (int i = 0; i < 100; ++i) rng.NextU32();
  Rng restored(rng.state());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(restored.NextU32(), rng.NextU32());
}

TEST(RngTest, SeedZeroIsNotStuck) {
  Rng rng(0);
  EXPECT_EQ(rng.state(), Rng::kSeedForZero);
  // As llama2.c with that seed.
  EXPECT_EQ(rng.NextU32(), 0x0d83b3e2);
  EXPECT_EQ(rng.NextU32(), 0x54c44c79);
}

}  // namespace
}  // namespace llama2
