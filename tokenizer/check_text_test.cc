#include "tokenizer/check_text.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

TEST(CheckIsText, Utf8IsOne) {
  EXPECT_THAT(CheckIsText("a.txt", ""), IsOk());
  EXPECT_THAT(CheckIsText("a.txt", "one\r\n\ntwo \xE2\x82\xAC\xF0\x9F\x98\x80\x7F\t"), IsOk());
}

TEST(CheckIsText, TheFirstWrongByteIsNamedWithItsLine) {
  EXPECT_THAT(CheckIsText("a.txt", "\xFF"),
              StatusIs(kInvalid, "a.txt:1: byte 0: found 0xFF, expected text in UTF-8"));
  EXPECT_THAT(CheckIsText("a.txt",
                          "one\ntwo\nthr\xE9"
                          "e\xFF\n"),
              StatusIs(kInvalid, "a.txt:3: byte 11: found 0xE9, expected text in UTF-8"));
  EXPECT_THAT(CheckIsText("a.txt", "one\n\xE2\x82"),  // a character that ends too soon
              StatusIs(kInvalid, "a.txt:2: byte 4: found 0xE2, expected text in UTF-8"));
  EXPECT_THAT(CheckIsText("a.txt", std::string("one\n\0\xFF", 6)),
              StatusIs(kInvalid, "a.txt:2: byte 4: found 0x00, expected text in UTF-8"));
}

}  // namespace
}  // namespace llama2
