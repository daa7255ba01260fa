#include "tokenizer/utf8.h"

#include <cstdint>
#include <random>
#include <string>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

// `bytes` through a Utf8Stream, in parts of `part` bytes.
std::string Repair(absl::string_view bytes, size_t part = 1) {
  Utf8Stream utf8;
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += part) utf8.Append(bytes.substr(i, part), &text);
  utf8.Flush(&text);
  return text;
}

// The UTF-8 of any number below 2^21 that is written in `size` bytes, valid or not.
std::string Encoded(uint32_t value, int size) {
  if (size == 1) return std::string(1, static_cast<char>(value));
  std::string bytes;
  for (int i = 1; i < size; ++i) {
    bytes.insert(bytes.begin(), static_cast<char>(0x80 | (value & 0x3F)));
    value >>= 6;
  }
  bytes.insert(bytes.begin(), static_cast<char>((0xF00 >> size) | value));
  return bytes;
}

TEST(Utf8StreamTest, EveryCharacterPassesAndNothingElseDoes) {
  ASSERT_EQ(Encoded(0x20AC, 3), "\u20AC");  // the helper itself, on the euro sign
  for (int size = 1; size <= 4; ++size) {
    const uint32_t limit = size == 1 ? 0x80 : 1 << (5 * size + 1);
    const uint32_t shortest = size == 1 ? 0 : size == 2 ? 0x80 : size == 3 ? 0x800 : 0x10000;
    for (uint32_t value = 0; value < limit; ++value) {
      const bool is_valid =
          value >= shortest && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
      const std::string bytes = Encoded(value, size);
      ASSERT_EQ(Repair(bytes) == bytes, is_valid) << std::hex << value << " size " << size;
    }
  }
}

TEST(Utf8StreamTest, HoldsTheBeginningOfACharacter) {
  Utf8Stream utf8;
  std::string text;
  utf8.Append("a\xF0\x9F", &text);
  EXPECT_EQ(text, "a");
  utf8.Append("\x98", &text);
  EXPECT_EQ(text, "a");
  utf8.Append(
      "\x80"
      "b",
      &text);
  EXPECT_EQ(text, "a\U0001F600b");
}

TEST(Utf8StreamTest, FlushEndsTheTextAndBeginsAnother) {
  Utf8Stream utf8;
  std::string text;
  utf8.Append("\xE2\x82", &text);
  utf8.Flush(&text);
  EXPECT_EQ(text, "\uFFFD");
  utf8.Flush(&text);
  EXPECT_EQ(text, "\uFFFD");
  utf8.Append("\xAC\xC3\xA9", &text);  // not the euro sign's end any more
  EXPECT_EQ(text, "\uFFFD\uFFFDé");
}

// The examples of Unicode 15, section 3.9, tables 3-8 to 3-11.
TEST(Utf8StreamTest, ReplacesMaximalSubparts) {
  EXPECT_EQ(Repair("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
            "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA");
  EXPECT_EQ(Repair("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"),
            "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA");
  EXPECT_EQ(Repair("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"
            "A\uFFFD\uFFFD"
            "B");
  EXPECT_EQ(Repair("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"),
            "\uFFFD\uFFFD\uFFFD\uFFFD"
            "A");
}

TEST(Utf8StreamTest, DoesNotDependOnHowTheBytesAreCut) {
  std::mt19937 random(1);
  // Bytes of which characters are made by chance.
  const absl::string_view bytes = "a\x80\x9F\xA0\xBF\xC2\xE0\xE2\xED\xF0\xF1\xF4\xFF";
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (int k = 0; k < 20; ++k) text += bytes[random() % bytes.size()];
    const std::string repaired = Repair(text, text.size());
    for (const size_t part : {1, 2, 3, 7}) ASSERT_EQ(Repair(text, part), repaired);
    ASSERT_EQ(Repair(repaired), repaired);
  }
}

TEST(ValidUtf8PrefixTest, EndsBeforeTheFirstInvalidCharacter) {
  EXPECT_EQ(ValidUtf8Prefix(""), 0);
  EXPECT_EQ(ValidUtf8Prefix("aé\u20AC\U0001F600z"), 11);
  EXPECT_EQ(ValidUtf8Prefix("ab\xFF"), 2);
  EXPECT_EQ(ValidUtf8Prefix("ab\xC3"), 2);
  EXPECT_EQ(ValidUtf8Prefix("ab\xC3z"), 2);
  EXPECT_EQ(ValidUtf8Prefix("\xED\xA0\x80"), 0);
}

TEST(ValidUtf8PrefixTest, IsWhatUtf8StreamKeeps) {
  std::mt19937 random(1);
  const absl::string_view bytes = "aaa\x80\x9F\xA0\xBF\xC2\xE0\xE2\xED\xF0\xF1\xF4\xFF";
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (int k = 0; k < 6; ++k) text += bytes[random() % bytes.size()];
    const size_t valid = ValidUtf8Prefix(text);
    EXPECT_EQ(Repair(text.substr(0, valid)), text.substr(0, valid));
    EXPECT_EQ(valid == text.size(), Repair(text) == text);
    EXPECT_EQ(Repair(text).compare(0, valid, text, 0, valid), 0);
  }
}

TEST(RemoveControlCharactersTest, RemovesWhatControlsATerminal) {
  EXPECT_EQ(RemoveControlCharacters("\x1B[31mred\x1B[0m\a\r\n\tx\x7F"), "[31mred[0m\n\tx");
  EXPECT_EQ(RemoveControlCharacters(absl::string_view("a\0b", 3)), "ab");
  EXPECT_EQ(RemoveControlCharacters("\u0080\u009B1m\u009F"), "1m");
}

TEST(RemoveControlCharactersTest, KeepsAllOtherText) {
  const std::string text = " ~\u00A0\u00BF\u00C0é\u20AC\U0001F600\uFFFD\n";
  EXPECT_EQ(RemoveControlCharacters(text), text);
  EXPECT_EQ(RemoveControlCharacters("\xC2"), "\xC2");
  EXPECT_EQ(RemoveControlCharacters("\xC2z"), "\xC2z");
}

}  // namespace
}  // namespace llama2
