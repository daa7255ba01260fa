#include "kernels/isa.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr Isa kAll[] = {Isa::kScalar, Isa::kAvx2, Isa::kAvx512};

TEST(SupportedIsas, BeginWithScalarAndEndWithTheBest) {
  const std::vector<Isa> supported = SupportedIsas();
  ASSERT_FALSE(supported.empty());
  EXPECT_EQ(supported.front(), Isa::kScalar);
  EXPECT_EQ(supported.back(), BestIsa());
  EXPECT_TRUE(std::is_sorted(supported.begin(), supported.end()));
}

TEST(ParseIsa, GivesEveryIsaThatThisCpuHasAndRefusesTheOthers) {
  for (Isa isa : kAll) {
    const std::vector<Isa> supported = SupportedIsas();
    if (std::find(supported.begin(), supported.end(), isa) != supported.end()) {
      EXPECT_THAT(ParseIsa(IsaName(isa)), IsOkAndHolds(isa));
    } else {
      EXPECT_THAT(ParseIsa(IsaName(isa)),
                  StatusIs(absl::StatusCode::kFailedPrecondition,
                           AllOf(HasSubstr(std::string(IsaName(isa))), HasSubstr("scalar"))));
    }
  }
}

TEST(ParseIsa, RefusesOtherNamesAndListsThoseThatWork) {
  for (const char* name : {"", "AVX2", "avx", "avx512f", "scalar ", "auto"}) {
    EXPECT_THAT(ParseIsa(name),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr('"' + std::string(name) + '"'), HasSubstr("scalar"))));
  }
}

TEST(IsaName, TellsThemApart) {
  EXPECT_EQ(IsaName(Isa::kScalar), "scalar");
  EXPECT_EQ(IsaName(Isa::kAvx2), "avx2");
  EXPECT_EQ(IsaName(Isa::kAvx512), "avx512");
}

}  // namespace
}  // namespace llama2
