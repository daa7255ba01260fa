#include "testing/matchers.h"

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pointee;

template <typename M, typename T>
std::string Explain(const M& matcher, const T& value) {
  ::testing::StringMatchResultListener listener;
  ::testing::ExplainMatchResult(matcher, value, &listener);
  return listener.str();
}

template <typename T, typename M>
std::string Describe(const M& matcher) {
  return ::testing::DescribeMatcher<T>(matcher);
}

TEST(IsOk, TakesStatusAndStatusOr) {
  EXPECT_THAT(absl::OkStatus(), IsOk());
  EXPECT_THAT(absl::StatusOr<int>(1), IsOk());
  EXPECT_THAT(absl::NotFoundError("gone"), Not(IsOk()));
  EXPECT_THAT(absl::StatusOr<int>(absl::NotFoundError("gone")), Not(IsOk()));
  EXPECT_THAT(Explain(IsOk(), absl::NotFoundError("gone")), HasSubstr("NOT_FOUND: gone"));
}

TEST(IsOkAndHolds, TakesValuesAndMatchers) {
  const absl::StatusOr<std::vector<int>> list = std::vector<int>{1, 2};
  EXPECT_THAT(list, IsOkAndHolds(ElementsAre(1, 2)));
  EXPECT_THAT(list, Not(IsOkAndHolds(ElementsAre(1, 3))));
  EXPECT_THAT(absl::StatusOr<std::string>("abc"), IsOkAndHolds("abc"));
  EXPECT_THAT(absl::StatusOr<int>(5), IsOkAndHolds(Gt(4)));
  EXPECT_THAT(absl::StatusOr<int>(5), Not(IsOkAndHolds(4)));
}

TEST(IsOkAndHolds, TakesMoveOnlyValues) {
  const absl::StatusOr<std::unique_ptr<int>> pointer = std::make_unique<int>(3);
  EXPECT_THAT(pointer, IsOkAndHolds(Pointee(3)));
}

TEST(IsOkAndHolds, RefusesAnErrorAndPrintsIt) {
  const absl::StatusOr<int> error = absl::NotFoundError("gone");
  EXPECT_THAT(error, Not(IsOkAndHolds(0)));
  EXPECT_THAT(Explain(IsOkAndHolds(0), error), HasSubstr("NOT_FOUND: gone"));
}

TEST(StatusIs, ComparesCodeAndMessage) {
  const absl::Status status = absl::NotFoundError("model.bin: no such file");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound, "model.bin: no such file"));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound,
                               AllOf(HasSubstr("model.bin"), HasSubstr("no such"))));
  EXPECT_THAT(status, Not(StatusIs(absl::StatusCode::kInternal)));
  EXPECT_THAT(status, Not(StatusIs(absl::StatusCode::kNotFound, HasSubstr("tok.bin"))));
  EXPECT_THAT(absl::StatusOr<int>(status), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(absl::StatusOr<int>(1), StatusIs(absl::StatusCode::kOk));
  EXPECT_THAT(Explain(StatusIs(absl::StatusCode::kInternal), status), HasSubstr("model.bin"));
  EXPECT_THAT(Describe<absl::Status>(StatusIs(absl::StatusCode::kInternal)),
              HasSubstr("INTERNAL"));
}

TEST(BitsEqual, ComparesBitsNotValues) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT((std::vector<float>{1, nan}), BitsEqual(std::vector<float>{1, nan}));
  EXPECT_THAT(std::vector<float>{0.0f}, Not(BitsEqual(std::vector<float>{-0.0f})));
  EXPECT_THAT(std::vector<float>(), BitsEqual(std::vector<float>()));
  EXPECT_THAT(std::vector<float>{1}, Not(BitsEqual(std::vector<float>{1, 1})));
}

TEST(BitsEqual, TakesSpans) {
  const float values[] = {1, 2, 1, 2};
  const absl::Span<const float> all(values);
  EXPECT_THAT(all.subspan(0, 2), BitsEqual(all.subspan(2)));
  EXPECT_THAT(all.subspan(0, 2), Not(BitsEqual(all.subspan(1, 2))));
}

TEST(BitsEqual, ShowsTheFirstDifference) {
  const std::vector<float> actual = {0, 1.5, 2, 3};
  const std::vector<float> expected = {0, 1, 2, 4};
  EXPECT_EQ(Explain(BitsEqual(expected), actual),
            "2 of 4 differ, the first at index 1: found 1.5 (0x3fc00000), "
            "expected 1 (0x3f800000)");
  EXPECT_EQ(Explain(BitsEqual(expected), std::vector<float>{1}), "which has 1 floats");
  EXPECT_EQ(Describe<std::vector<float>>(BitsEqual(expected)),
            "has the bits of 4 expected floats");
}

TEST(AssertOkAndAssign, Assigns) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<int> value,
                       absl::StatusOr<std::unique_ptr<int>>(std::make_unique<int>(3)));
  EXPECT_EQ(*value, 3);
}

}  // namespace
}  // namespace llama2
