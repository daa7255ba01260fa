#include "base/status_macros.h"

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

absl::Status Refuse() { return absl::NotFoundError("no such thing"); }

TEST(ReturnIfError, GoesOnWhereOk) {
  int evaluated = 0;
  const auto run = [&]() -> absl::Status {
    const auto succeed = [&] {
      ++evaluated;
      return absl::OkStatus();
    };
    RETURN_IF_ERROR(succeed());
    if (evaluated == 1)
      RETURN_IF_ERROR(succeed());
    else
      return absl::InternalError("an unbraced if took the wrong branch");
    return absl::CancelledError("the end");
  };
  EXPECT_THAT(run(), StatusIs(absl::StatusCode::kCancelled, "the end"));
  EXPECT_EQ(evaluated, 2);
}

TEST(ReturnIfError, ReturnsTheErrorAsItIs) {
  bool went_on = false;
  const auto run = [&]() -> absl::Status {
    RETURN_IF_ERROR(Refuse());
    went_on = true;
    return absl::OkStatus();
  };
  EXPECT_EQ(run(), Refuse());
  EXPECT_FALSE(went_on);
}

TEST(ReturnIfError, ReturnsFromAFunctionOfAStatusOr) {
  const auto run = []() -> absl::StatusOr<int> {
    RETURN_IF_ERROR(Refuse());
    return 1;
  };
  EXPECT_EQ(run().status(), Refuse());
}

absl::StatusOr<std::unique_ptr<int>> MoveOnly(int value) {
  return std::make_unique<int>(value);
}

TEST(AssignOrReturn, DeclaresOrAssignsAndMoves) {
  const auto run = []() -> absl::StatusOr<int> {
    ASSIGN_OR_RETURN(const std::unique_ptr<int> first, MoveOnly(1));
    std::unique_ptr<int> second;
    ASSIGN_OR_RETURN(second, MoveOnly(2));
    ASSIGN_OR_RETURN(auto third, MoveOnly(3));
    return *first * 100 + *second * 10 + *third;
  };
  EXPECT_THAT(run(), IsOkAndHolds(123));
}

TEST(AssignOrReturn, ReturnsTheErrorAndLeavesTheVariable) {
  int value = 7;
  const auto run = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(value, absl::StatusOr<int>(Refuse()));
    return absl::OkStatus();
  };
  EXPECT_EQ(run(), Refuse());
  EXPECT_EQ(value, 7);
}

}  // namespace
}  // namespace llama2
