#include "analysis/estimate.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace llama2 {
namespace {

TEST(MeanOfGroups, OfSingleMembersIsTheTextbooks) {
  const std::vector<Group> groups = {{1, 1}, {2, 1}, {4, 1}, {5, 1}};
  const Estimate mean = MeanOfGroups(groups);
  EXPECT_DOUBLE_EQ(mean.value(), 3);
  // The squares about the mean add up to 10: s / sqrt(n) = sqrt(10 / 3) / 2.
  EXPECT_DOUBLE_EQ(mean.standard_error(), std::sqrt(10.0 / 3) / 2);
}

TEST(MeanOfGroups, OfAShareIsTheBinomials) {
  std::vector<Group> groups(25, {1, 1});
  groups.resize(100, {0, 1});
  const Estimate share = MeanOfGroups(groups);
  EXPECT_DOUBLE_EQ(share.value(), 0.25);
  EXPECT_DOUBLE_EQ(share.standard_error(), std::sqrt(0.25 * 0.75 / 99));
}

TEST(MeanOfGroups, IsOverMembersAndItsErrorOverGroups) {
  const std::vector<Group> groups = {{10, 10}, {60, 20}, {30, 10}};
  const Estimate mean = MeanOfGroups(groups);
  EXPECT_DOUBLE_EQ(mean.value(), 2.5);  // not 7 / 3, the mean of the groups' means
  // The groups are 15, 10 and 5 off: -15, +10, +5.
  EXPECT_DOUBLE_EQ(mean.standard_error(), std::sqrt(3.0 / 2 * (225 + 100 + 25)) / 40);
}

// Members that go together tell less than as many that do not.
TEST(MeanOfGroups, CopiesOfAMemberDoNotMakeItSurer) {
  const std::vector<Group> one = {{1, 1}, {2, 1}, {4, 1}};
  const std::vector<Group> copies = {{100, 100}, {200, 100}, {400, 100}};
  EXPECT_DOUBLE_EQ(MeanOfGroups(copies).standard_error(), MeanOfGroups(one).standard_error());
}

TEST(MeanOfGroups, OneGroupDoesNotSayHowSureItIs) {
  const std::vector<Group> groups = {{6, 3}};
  EXPECT_EQ(MeanOfGroups(groups).value(), 2);
  EXPECT_FALSE(MeanOfGroups(groups).has_standard_error());
}

TEST(Quantile, IsAValueThatIsThere) {
  std::vector<double> values;
  for (int i = 200; i > 0; --i) values.push_back(i);
  EXPECT_EQ(Quantile(values, 0.99), 198);
  EXPECT_EQ(Quantile(values, 0.5), 100);
  EXPECT_EQ(Quantile(values, 0.001), 1);
  EXPECT_EQ(Quantile(values, 1), 200);
  EXPECT_EQ(Quantile({7}, 0.99), 7);
}

}  // namespace
}  // namespace llama2
