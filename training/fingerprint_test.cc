#include "training/fingerprint.h"

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

// Of the test suite that FNV's authors publish.
TEST(FingerprintTest, IsFnv1a) {
  EXPECT_EQ(FingerprintOf(""), 0xCBF29CE484222325);
  EXPECT_EQ(FingerprintOf("a"), 0xAF63DC4C8601EC8C);
  EXPECT_EQ(FingerprintOf("foobar"), 0x85944171F73967E8);
}

TEST(FingerprintTest, DoesNotDependOnHowTheBytesAreCut) {
  Fingerprint fingerprint;
  fingerprint.Add("foo");
  fingerprint.Add("");
  fingerprint.Add("bar");
  EXPECT_EQ(fingerprint.value(), FingerprintOf("foobar"));
}

TEST(FingerprintTest, ANumberIsItsBytes) {
  Fingerprint fingerprint;
  fingerprint.AddNumber(0x8000000000000102);
  EXPECT_EQ(fingerprint.value(), FingerprintOf(absl::string_view("\x02\x01\0\0\0\0\0\x80", 8)));
}

}  // namespace
}  // namespace llama2
