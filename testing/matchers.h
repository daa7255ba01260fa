// GoogleTest matchers for what our functions return.
//
//   EXPECT_THAT(writer.Commit(), IsOk());
//   EXPECT_THAT(ParsePort("80"), IsOkAndHolds(80));
//   EXPECT_THAT(ParsePort("x"), StatusIs(absl::StatusCode::kInvalidArgument,
//                                        HasSubstr("a number")));
//   EXPECT_THAT(logits, BitsEqual(expected_logits));
//   ASSERT_OK_AND_ASSIGN(MappedFile file, MappedFile::Open(path));
#ifndef LLAMA2_TESTING_MATCHERS_H_
#define LLAMA2_TESTING_MATCHERS_H_

#include <cstdint>
#include <cstring>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

// Initialises or assigns `lhs` with the value of `expression`, an absl::StatusOr, or
// ends the test function with a failure that prints its status.
#define ASSERT_OK_AND_ASSIGN(lhs, expression) \
  LLAMA2_ASSERT_OK_AND_ASSIGN(LLAMA2_CONCAT(status_or_, __LINE__), lhs, expression)

#define LLAMA2_ASSERT_OK_AND_ASSIGN(status_or, lhs, expression) \
  auto status_or = (expression);                                \
  ASSERT_TRUE(status_or.ok()) << status_or.status();            \
  lhs = *std::move(status_or)

namespace llama2 {
namespace internal {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }

template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

inline std::string WithBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return absl::StrFormat("%.9g (0x%08x)", value, bits);
}

// Whether two arrays are the same, bit for bit; says where not.
inline bool MatchBits(absl::Span<const float> actual, absl::Span<const float> expected,
                      std::ostream* explanation) {
  const auto explain = [&](const std::string& text) {
    if (explanation != nullptr) *explanation << text;
    return false;
  };
  if (actual.size() != expected.size()) {
    return explain(absl::StrFormat("which has %d floats", actual.size()));
  }
  size_t first = 0;
  size_t count = 0;
  for (size_t i = actual.size(); i-- > 0;) {
    if (std::memcmp(&actual[i], &expected[i], sizeof(float)) == 0) continue;
    first = i;
    ++count;
  }
  if (count == 0) return true;
  return explain(absl::StrFormat(
      "%d of %d differ, the first at index %d: found %s, expected %s", count, actual.size(),
      first, WithBits(actual[first]), WithBits(expected[first])));
}

}  // namespace internal

// An absl::Status or absl::StatusOr that is OK.
MATCHER(IsOk, negation ? "is not OK" : "is OK") {
  *result_listener << "whose status is " << internal::StatusOf(arg);
  return arg.ok();
}

// An absl::StatusOr that is OK and whose value is, or matches, `value`.
MATCHER_P(IsOkAndHolds, value,
          (negation ? "is not OK, or has a value that " : "is OK and has a value that ") +
              ::testing::DescribeMatcher<const typename std::decay_t<arg_type>::value_type&>(
                  value, negation)) {
  if (!arg.ok()) {
    *result_listener << "whose status is " << arg.status();
    return false;
  }
  return ::testing::ExplainMatchResult(value, *arg, result_listener);
}

// An absl::Status or absl::StatusOr that has this code and whose message (a
// std::string) is, or matches, `message`.
MATCHER_P2(StatusIs, code, message,
           absl::StrCat(negation ? "is not " : "is ", absl::StatusCodeToString(code),
                        negation ? ", or has a message that " : " with a message that ",
                        ::testing::DescribeMatcher<std::string>(message, negation))) {
  const absl::Status& status = internal::StatusOf(arg);
  *result_listener << "whose status is " << status;
  return status.code() == code && ::testing::Matches(message)(std::string(status.message()));
}

// The same for any message.
inline auto StatusIs(absl::StatusCode code) { return StatusIs(code, ::testing::_); }

// An array of floats that is `expected` (another) bit for bit, unlike ==: a NaN is
// equal to the same NaN, and 0 is not -0. Sizes differ, or it says how many elements
// do and shows the first. `expected` is kept as it is given: a vector is copied, a
// span is not.
MATCHER_P(BitsEqual, expected,
          absl::StrCat(negation ? "differs from " : "has the bits of ",
                       absl::Span<const float>(expected).size(), " expected floats")) {
  return internal::MatchBits(arg, expected, result_listener->stream());
}

}  // namespace llama2

#endif  // LLAMA2_TESTING_MATCHERS_H_
