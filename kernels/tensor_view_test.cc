#include "kernels/tensor_view.h"

#include <numeric>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;

// 3 x 4, counting up.
class MatrixViewTest : public ::testing::Test {
 protected:
  MatrixViewTest() : values_(12) { std::iota(values_.begin(), values_.end(), 0); }

  std::vector<int> values_;
  MatrixView<int> view_{values_.data(), 3, 4};
};

TEST_F(MatrixViewTest, RowsAreContiguous) {
  EXPECT_EQ(view_.rows(), 3);
  EXPECT_EQ(view_.cols(), 4);
  EXPECT_EQ(view_.stride(), 4);
  EXPECT_THAT(view_.Row(0), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(view_.Row(2), ElementsAre(8, 9, 10, 11));
}

TEST_F(MatrixViewTest, PartsKeepTheStride) {
  const MatrixView<int> part = view_.Rows(1, 2).Columns(1, 2);
  EXPECT_EQ(part.rows(), 2);
  EXPECT_EQ(part.cols(), 2);
  EXPECT_EQ(part.stride(), 4);
  EXPECT_THAT(part.Row(0), ElementsAre(5, 6));
  EXPECT_THAT(part.Row(1), ElementsAre(9, 10));
}

TEST_F(MatrixViewTest, APartMayBeEmpty) {
  EXPECT_EQ(view_.Rows(3, 0).rows(), 0);
  EXPECT_EQ(view_.Columns(4, 0).cols(), 0);
  EXPECT_EQ(MatrixView<int>().rows(), 0);
}

TEST_F(MatrixViewTest, WritesThroughAndReadsThroughConst) {
  view_.Row(1)[2] = 60;
  const MatrixView<const int> read = view_;
  EXPECT_EQ(read.Row(1)[2], 60);
  EXPECT_EQ(values_[6], 60);
}

#ifndef NDEBUG
TEST_F(MatrixViewTest, DebugBuildsRefuseWhatIsOutside) {
  EXPECT_DEATH(view_.Row(3), "check failed: i < rows_ \\(3 vs. 3\\)");
  EXPECT_DEATH(view_.Row(-1), "check failed");
  EXPECT_DEATH(view_.Rows(2, 2), "check failed");
  EXPECT_DEATH(view_.Columns(1, 4), "check failed");
  EXPECT_DEATH(MatrixView<int>(values_.data(), 3, 4, 3), "check failed: stride >= cols");
}
#endif

}  // namespace
}  // namespace llama2
