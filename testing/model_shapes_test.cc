#include "testing/model_shapes.h"

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "llama/config.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;

TEST(ParseShape, KnowsThePublishedModels) {
  const std::pair<absl::string_view, int64_t> parameters[] = {{"260K", 260032},
                                                              {"15M", 15191712},
                                                              {"42M", 41689600},
                                                              {"110M", 109529856},
                                                              {"1.1B", 1100048384}};
  for (const auto& [name, count] : parameters) {
    ASSERT_OK_AND_ASSIGN(const Config config, ParseShape(name));
    EXPECT_THAT(Validate(config), IsOk()) << name;
    EXPECT_EQ(config.parameters(), count) << name;
  }
}

TEST(ParseShape, KnowsTheirLongNames) {
  const std::pair<absl::string_view, absl::string_view> names[] = {{"stories260K", "260K"},
                                                                   {"stories15M", "15M"},
                                                                   {"stories42M", "42M"},
                                                                   {"stories110M", "110M"},
                                                                   {"TinyLlama", "1.1B"}};
  for (const auto& [long_name, name] : names) {
    ASSERT_OK_AND_ASSIGN(const Config config, ParseShape(name));
    EXPECT_THAT(ParseShape(long_name), IsOkAndHolds(config)) << long_name;
  }
}

TEST(ParseShape, ReadsSizes) {
  Config expected = {.dim = 64,
                     .hidden_dim = 172,
                     .n_layers = 1,
                     .n_heads = 8,
                     .n_kv_heads = 4,
                     .vocab_size = 512,
                     .seq_len = 32};
  EXPECT_THAT(ParseShape("dim=64,hidden_dim=172,n_layers=1,n_heads=8,n_kv_heads=4,"
                         "vocab_size=512,seq_len=32"),
              IsOkAndHolds(expected));
  expected.shared_classifier = false;
  EXPECT_THAT(ParseShape("shared_classifier=0,seq_len=32,vocab_size=512,n_kv_heads=4,"
                         "n_heads=8,n_layers=1,hidden_dim=172,dim=64"),
              IsOkAndHolds(expected));
}

TEST(ParseShape, NamesWhatItCannotRead) {
  for (const absl::string_view text : {"7B", "stories1.1B", "", "dim", "dim=", "dim=x",
                                       "depth=3", "shared_classifier=2", "dim=64,,"}) {
    EXPECT_THAT(ParseShape(text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected 260K, 15M")))
        << text;
  }
}

TEST(ParseShape, RefusesWhatIsNoModel) {
  EXPECT_THAT(ParseShape("dim=64"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("hidden_dim: found 0")));
}

}  // namespace
}  // namespace llama2
