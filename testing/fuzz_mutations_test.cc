#include "testing/fuzz_mutations.h"

#include <set>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

using Bytes = std::vector<uint8_t>;

std::vector<Bytes> Mutations(const Bytes& input) {
  std::vector<Bytes> mutations;
  ForEachMutation(input, [&](absl::Span<const uint8_t> mutant) {
    EXPECT_NE(mutant.data(), nullptr);
    mutations.emplace_back(mutant.begin(), mutant.end());
  });
  return mutations;
}

Bytes Ascending(int size) {
  Bytes bytes(size);
  for (int i = 0; i < size; ++i) bytes[i] = i % 251;
  return bytes;
}

TEST(ForEachMutation, BeginsWithTheInputAndItsPrefixes) {
  std::vector<Bytes> mutations = Mutations({7, 8, 9});
  mutations.resize(4);
  EXPECT_THAT(mutations, ElementsAre(Bytes{7, 8, 9}, Bytes{}, Bytes{7}, Bytes{7, 8}));
}

TEST(ForEachMutation, InvertsEveryBit) {
  const std::vector<Bytes> mutations = Mutations({0x00, 0xff});
  for (int bit = 0; bit < 8; ++bit) {
    EXPECT_THAT(mutations, Contains(Bytes{static_cast<uint8_t>(1 << bit), 0xff}));
    EXPECT_THAT(mutations, Contains(Bytes{0x00, static_cast<uint8_t>(0xff ^ (1 << bit))}));
  }
}

TEST(ForEachMutation, EditsGrowShrinkAndPlantTrickyNumbers) {
  const Bytes input = Ascending(8);
  std::set<size_t> sizes;
  bool minus_one = false;
  for (const Bytes& mutant : Mutations(input)) {
    sizes.insert(mutant.size());
    minus_one |=
        std::string(mutant.begin(), mutant.end()).find("\xff\xff\xff\xff") != std::string::npos;
  }
  EXPECT_THAT(sizes, ::testing::IsSupersetOf({4, 5, 6, 7, 8, 9, 10, 11, 12}));
  EXPECT_TRUE(minus_one);
}

TEST(ForEachMutation, HasTheStatedNumberForALargeInput) {
  const std::vector<Bytes> mutations = Mutations(Ascending(5000));
  EXPECT_EQ(mutations.size(), 1 + kMaxTruncations + kMaxBitFlips + kRandomEdits);
  EXPECT_THAT(mutations, Contains(Bytes{}));
}

TEST(ForEachMutation, TakesAnEmptyInput) { EXPECT_EQ(Mutations({}).size(), 1 + kRandomEdits); }

TEST(ForEachMutation, IsTheSameEveryTime) {
  EXPECT_EQ(Mutations(Ascending(300)), Mutations(Ascending(300)));
}

}  // namespace
}  // namespace llama2
