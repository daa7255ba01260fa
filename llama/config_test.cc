#include "llama/config.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr Config kStories260K = {.dim = 64,
                                 .hidden_dim = 172,
                                 .n_layers = 5,
                                 .n_heads = 8,
                                 .n_kv_heads = 4,
                                 .vocab_size = 512,
                                 .seq_len = 512};

TEST(Config, DerivedSizes) {
  EXPECT_EQ(kStories260K.head_dim(), 8);
  EXPECT_EQ(kStories260K.kv_dim(), 32);
  EXPECT_EQ(kStories260K.group_size(), 2);
  // The file has 264,128 floats; 2 * 512 * 4 of them are the RoPE tables.
  EXPECT_EQ(kStories260K.parameters(), (1056540 - 28) / 4 - 2 * 512 * 4);
  Config separate = kStories260K;
  separate.shared_classifier = false;
  EXPECT_EQ(separate.parameters(), kStories260K.parameters() + 512 * 64);
}

TEST(Config, DescribesItself) {
  EXPECT_EQ(Describe(kStories260K),
            "dim 64, hidden_dim 172, 5 layers, 8/4 heads, vocabulary 512, context 512, "
            "shared classifier");
}

TEST(Validate, AcceptsWhatExists) { EXPECT_THAT(Validate(kStories260K), IsOk()); }

TEST(Validate, NamesTheFieldAndWhatWasExpected) {
  const std::vector<std::pair<std::string, int64_t Config::*>> fields = {
      {"dim", &Config::dim},
      {"hidden_dim", &Config::hidden_dim},
      {"n_layers", &Config::n_layers},
      {"n_heads", &Config::n_heads},
      {"n_kv_heads", &Config::n_kv_heads},
      {"vocab_size", &Config::vocab_size},
      {"seq_len", &Config::seq_len},
  };
  for (const auto& [name, field] : fields) {
    for (int64_t bad : {int64_t{0}, int64_t{-1}, int64_t{-2147483648}, kMaxConfigValue + 1}) {
      Config config = kStories260K;
      config.*field = bad;
      EXPECT_THAT(Validate(config),
                  StatusIs(absl::StatusCode::kInvalidArgument,
                           AllOf(HasSubstr(name + ": found " + std::to_string(bad)),
                                 HasSubstr("expected"))));
    }
  }
}

TEST(Validate, ChecksWhatFieldsHaveToDoWithEachOther) {
  Config config = kStories260K;
  config.dim = 65;
  EXPECT_THAT(Validate(config), StatusIs(absl::StatusCode::kInvalidArgument,
                                         HasSubstr("dim: found 65, expected a multiple")));
  config = kStories260K;
  config.n_kv_heads = 3;
  EXPECT_THAT(Validate(config), StatusIs(absl::StatusCode::kInvalidArgument,
                                         HasSubstr("n_heads: found 8, expected a multiple")));
  config = kStories260K;
  config.dim = 56;  // 7 for each head
  EXPECT_THAT(Validate(config), StatusIs(absl::StatusCode::kInvalidArgument,
                                         HasSubstr("dim / n_heads: found 7")));
  config = {.dim = kMaxConfigValue,
            .hidden_dim = kMaxConfigValue,
            .n_layers = kMaxConfigValue,
            .n_heads = 1,
            .n_kv_heads = 1,
            .vocab_size = kMaxConfigValue,
            .seq_len = kMaxConfigValue,
            .shared_classifier = false};
  EXPECT_THAT(Validate(config),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("parameters: found")));
}

}  // namespace
}  // namespace llama2
