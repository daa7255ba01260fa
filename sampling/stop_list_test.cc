#include "sampling/stop_list.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sampling/rng.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;

StopList MakeList(std::vector<std::string> strings) {
  absl::StatusOr<StopList> list = StopList::Create(std::move(strings));
  EXPECT_TRUE(list.ok()) << list.status();
  return *std::move(list);
}

// What a matcher must do with `text`, found by looking at every end of it.
struct Expected {
  std::string printed;  // by Push, before Flush
  std::string flushed;
  bool stopped = false;
};

Expected Search(const std::vector<std::string>& stops, const std::string& text) {
  for (size_t end = 1; end <= text.size(); ++end) {
    size_t longest = 0;
    for (const std::string& stop : stops) {
      if (absl::EndsWith(text.substr(0, end), stop)) longest = std::max(longest, stop.size());
    }
    if (longest > 0) return {text.substr(0, end - longest), "", true};
  }
  size_t held = 0;
  for (const std::string& stop : stops) {
    for (size_t n = 1; n < stop.size(); ++n) {
      if (absl::EndsWith(text, stop.substr(0, n))) held = std::max(held, n);
    }
  }
  return {text.substr(0, text.size() - held), text.substr(text.size() - held), false};
}

// Gives `text` to a matcher, cut after byte i where bit i of `cuts` is set.
void ExpectMatch(const StopList& list, const std::vector<std::string>& stops,
                 const std::string& text, unsigned cuts) {
  SCOPED_TRACE(absl::StrCat("text '", text, "', cuts ", cuts));
  StopMatcher matcher(&list);
  std::string printed;
  std::string piece;
  for (size_t i = 0; i < text.size(); ++i) {
    piece += text[i];
    if ((cuts >> i & 1) == 0 && i + 1 < text.size()) continue;
    absl::StrAppend(&printed, matcher.Push(piece));
    piece.clear();
    // At every cut: all that can be printed has been, and no more.
    const Expected now = Search(stops, text.substr(0, i + 1));
    ASSERT_EQ(printed, now.printed);
    ASSERT_EQ(matcher.stopped(), now.stopped);
  }
  EXPECT_EQ(matcher.Flush(), Search(stops, text).flushed);
}

TEST(StopListTest, RefusesAnEmptyString) {
  const absl::Status status = StopList::Create({"a", "", "b"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("stop string 2 of 3 is empty"));
}

TEST(StopListTest, EmptyListNeverStops) {
  const StopList list;
  EXPECT_TRUE(list.empty());
  StopMatcher matcher(&list);
  EXPECT_EQ(matcher.Push("Once upon"), "Once upon");
  EXPECT_EQ(matcher.Push(""), "");
  EXPECT_EQ(matcher.Push(" a time"), " a time");
  EXPECT_EQ(matcher.Flush(), "");
  EXPECT_FALSE(matcher.stopped());
}

TEST(StopListTest, HoldsBackWhatMayBecomeAStopString) {
  const StopList list = MakeList({"\nUser:"});
  StopMatcher matcher(&list);
  EXPECT_EQ(matcher.Push("Hello.\nUs"), "Hello.");
  EXPECT_EQ(matcher.Push("eful.\n"), "\nUseful.");
  EXPECT_EQ(matcher.Push("User"), "");
  EXPECT_FALSE(matcher.stopped());
  EXPECT_EQ(matcher.Push(": what"), "");
  EXPECT_TRUE(matcher.stopped());
  EXPECT_EQ(matcher.Push("more"), "");
  EXPECT_EQ(matcher.Flush(), "");
}

TEST(StopListTest, FlushGivesWhatWasHeld) {
  const StopList list = MakeList({"stop!"});
  StopMatcher matcher(&list);
  EXPECT_EQ(matcher.Push("Do not stop"), "Do not ");
  EXPECT_EQ(matcher.Flush(), "stop");
  EXPECT_FALSE(matcher.stopped());
}

TEST(StopListTest, FindsBytesOfAnyValue) {
  const StopList list = MakeList({std::string("\0\xFF", 2)});
  StopMatcher matcher(&list);
  EXPECT_EQ(matcher.Push(absl::string_view("a\0b\0", 4)), absl::string_view("a\0b", 3));
  EXPECT_EQ(matcher.Push("\xFF"), "");
  EXPECT_TRUE(matcher.stopped());
}

TEST(StopListTest, GivesOutWholeCharacters) {
  const StopList list = MakeList({"\u00E9!"});
  StopMatcher matcher(&list);
  EXPECT_EQ(matcher.Push("caf\u00E8"), "caf\u00E8") << "shares the first byte only";
  EXPECT_EQ(matcher.Push("\u00E9"), "");
  EXPECT_EQ(matcher.Push("\u00E8"), "\u00E9\u00E8");
}

TEST(StopListTest, FindsTheSameInEveryWayToCutAText) {
  const std::vector<std::vector<std::string>> lists = {
      {"aab"},
      {"abab", "abac"},
      {"abcd", "c"},       // "c" ends first, inside the other
      {"c", "abc", "bc"},  // all end together: the longest counts
      {"aaa", "aa"},
      {"ab", "ab", "b"},
      {"abcabd", "cab"},
  };
  const std::vector<std::string> texts = {
      "", "aaab", "ababac", "abababac", "aabaab", "xabcd", "abcabcabd", "aacaab", "bacabbbaca",
  };
  for (const std::vector<std::string>& stops : lists) {
    SCOPED_TRACE(absl::StrCat("first stop string ", stops[0]));
    const StopList list = MakeList(stops);
    for (const std::string& text : texts) {
      const unsigned ways = text.empty() ? 1 : 1u << (text.size() - 1);
      for (unsigned cuts = 0; cuts < ways; ++cuts) ExpectMatch(list, stops, text, cuts);
    }
  }
}

TEST(StopListTest, FindsTheSameAsALookAtEveryEnd) {
  Rng rng(3);
  const auto random_text = [&rng](int min_length, int max_length) {
    std::string text(min_length + rng.NextU32() % (max_length - min_length + 1), ' ');
    for (char& c : text) c = "ab"[rng.NextU32() % 2];
    return text;
  };
  for (int repeat = 0; repeat < 5000; ++repeat) {
    std::vector<std::string> stops(1 + rng.NextU32() % 3);
    for (std::string& stop : stops) stop = random_text(3, 8);
    ExpectMatch(MakeList(stops), stops, random_text(0, 30), rng.NextU32());
  }
}

// A matcher that looked at what it holds again for each byte would need 10^11 steps.
TEST(StopListTest, TakesLinearTime) {
  const std::string almost(100'000, 'a');
  const StopList list = MakeList({almost + "b"});
  StopMatcher matcher(&list);
  size_t printed = 0;
  for (int i = 0; i < 1'000'000; ++i) printed += matcher.Push("a").size();
  EXPECT_EQ(printed, 900'000);
  EXPECT_FALSE(matcher.stopped());
  EXPECT_EQ(matcher.Push("b"), "");
  EXPECT_TRUE(matcher.stopped());
}

}  // namespace
}  // namespace llama2
