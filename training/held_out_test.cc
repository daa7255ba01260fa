#include "training/held_out.h"

#include <vector>

#include "gtest/gtest.h"

namespace llama2 {
namespace {

TEST(HeldOutBegin, IsTheBeginOfTheStoryThatIsCut) {
  const std::vector<int64_t> begins = {0, 30, 60, 90};
  EXPECT_EQ(HeldOutBegin(begins, 100, 0.1), 90);
  EXPECT_EQ(HeldOutBegin(begins, 100, 0.01), 90);
  EXPECT_EQ(HeldOutBegin(begins, 100, 0.11), 60);
  EXPECT_EQ(HeldOutBegin(begins, 100, 0.6), 30);
  EXPECT_EQ(HeldOutBegin(begins, 100, 0.99), 30) << "never the first";
}

TEST(ValidationPlace, IsTheMiddleOfItsPiece) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ValidationPlace(i, 5, 100), 10 + 20 * i);
  EXPECT_EQ(ValidationPlace(0, 1, 1), 0);
  EXPECT_EQ(ValidationPlace(999, 1000, 10), 9);
  constexpr int64_t kMany = int64_t{1} << 62;
  EXPECT_EQ(ValidationPlace(kMany - 1, kMany, kMany), kMany - 1);
}

}  // namespace
}  // namespace llama2
