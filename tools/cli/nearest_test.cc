#include "tools/cli/nearest.h"

#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

using ::testing::Eq;
using ::testing::Optional;

const std::vector<std::string> kFlags = {"--temperature", "--top_p", "--top_k",
                                         "--steps",       "--stop",  "--seed"};

TEST(NearestTest, FindsTheWordOneSlipAway) {
  EXPECT_THAT(Nearest("--sead", kFlags), Optional(Eq("--seed")));               // substituted
  EXPECT_THAT(Nearest("--temprature", kFlags), Optional(Eq("--temperature")));  // left out
  EXPECT_THAT(Nearest("--stepss", kFlags), Optional(Eq("--steps")));            // too much
  EXPECT_THAT(Nearest("--setps", kFlags), Optional(Eq("--steps")));             // swapped
  EXPECT_THAT(Nearest("--top-k", kFlags), Optional(Eq("--top_k")));
}

TEST(NearestTest, IgnoresCase) {
  EXPECT_THAT(Nearest("CHAT", std::vector<std::string>{"generate", "chat"}),
              Optional(Eq("chat")));
}

TEST(NearestTest, PrefersWhatTheWordBegins) {
  EXPECT_THAT(Nearest("--temp", kFlags), Optional(Eq("--temperature")));
  EXPECT_THAT(Nearest("--st", kFlags), Optional(Eq("--stop"))) << "the shorter one";
}

TEST(NearestTest, TakesTheFirstOfEquals) {
  EXPECT_THAT(Nearest("--top_x", kFlags), Optional(Eq("--top_p")));
}

TEST(NearestTest, NothingIsNearAStrangeWord) {
  EXPECT_EQ(Nearest("--frobnicate", kFlags), std::nullopt);
  EXPECT_EQ(Nearest("--", kFlags), std::nullopt);
  EXPECT_EQ(Nearest("", kFlags), std::nullopt);
  EXPECT_EQ(Nearest("--seed", {}), std::nullopt);
}

TEST(NearestTest, AHugeWordCostsNothing) {
  EXPECT_EQ(Nearest(std::string(100'000'000, '-'), kFlags), std::nullopt);
}

TEST(DidYouMeanTest, IsTheEndOfASentenceOrNothing) {
  EXPECT_EQ(DidYouMean("--sed", kFlags), "; did you mean \"--seed\"?");
  EXPECT_EQ(DidYouMean("--frobnicate", kFlags), "");
}

}  // namespace
}  // namespace llama2
