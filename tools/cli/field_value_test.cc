#include "tools/cli/field_value.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"
#include "tools/run_config.pb.h"

namespace llama2 {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const FieldDescriptor* Field(const std::string& name) {
  const FieldDescriptor* field = RunConfig::descriptor()->FindFieldByName(name);
  EXPECT_NE(field, nullptr) << name;
  return field;
}

absl::Status Set(const std::string& field, absl::string_view text, RunConfig* config) {
  return SetField(text, Field(field), config);
}

// The error that `text` gives for `field`.
std::string Refusal(const std::string& field, absl::string_view text) {
  RunConfig config;
  const absl::Status status = Set(field, text, &config);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  return std::string(status.message());
}

TEST(SetFieldTest, TakesEveryTypeOfValue) {
  RunConfig config;
  EXPECT_THAT(Set("temperature", "0.8", &config), IsOk());
  EXPECT_EQ(config.temperature(), 0.8f);
  EXPECT_THAT(Set("steps", "64", &config), IsOk());
  EXPECT_EQ(config.steps(), 64);
  EXPECT_THAT(Set("seed", "18446744073709551615", &config), IsOk());
  EXPECT_EQ(config.seed(), std::numeric_limits<uint64_t>::max());
  EXPECT_THAT(Set("mode", "chat", &config), IsOk());
  EXPECT_EQ(config.mode(), RunConfig::CHAT);
  EXPECT_THAT(Set("quiet", "true", &config), IsOk());
  EXPECT_TRUE(config.quiet());
  EXPECT_THAT(Set("prompt", " any\n\"text\" \xff", &config), IsOk());
  EXPECT_EQ(config.prompt(), " any\n\"text\" \xff");
}

TEST(SetFieldTest, TheLastValueCountsAndARepeatedFieldTakesAll) {
  RunConfig config;
  ASSERT_THAT(Set("steps", "1", &config), IsOk());
  ASSERT_THAT(Set("steps", "2", &config), IsOk());
  EXPECT_EQ(config.steps(), 2);
  ASSERT_THAT(Set("stop", "a", &config), IsOk());
  ASSERT_THAT(Set("stop", "b", &config), IsOk());
  EXPECT_THAT(config.stop(), ElementsAre("a", "b"));
}

TEST(SetFieldTest, TakesNumbersAsPeopleWriteThem) {
  RunConfig config;
  for (const char* text : {"1e-3", "0.001", ".001", "1E-03", "+0.001"}) {
    EXPECT_THAT(Set("temperature", text, &config), IsOk()) << text;
    EXPECT_EQ(config.temperature(), 1e-3f) << text;
  }
  EXPECT_THAT(Set("steps", "010", &config), IsOk());
  EXPECT_EQ(config.steps(), 10) << "not octal";
}

TEST(SetFieldTest, RefusesWhatIsNoNumber) {
  for (const char* text : {"0.8x", "abc", "", " ", " 1", "1 ", "1,5", "--", "0x", "1.2.3",
                           "nan", "-nan", "inf", "-inf", "1e999", "-1e999"}) {
    EXPECT_EQ(Refusal("temperature", text),
              "found \"" + std::string(text) + "\", expected a finite number, 0 or more");
  }
}

TEST(SetFieldTest, RefusesWhatIsNoWholeNumber) {
  for (const char* text : {"1.5", "1e3", "0x10", "abc", "", " 7", "7 ", "-1", "2147483648",
                           "-99999999999999999999"}) {
    EXPECT_EQ(Refusal("steps", text), "found \"" + std::string(text) +
                                          "\", expected a whole number from 0 to 2147483647");
  }
}

// llama2.c took "-s -5" for a huge seed.
TEST(SetFieldTest, RefusesASeedThatIsNegativeOrTooLarge) {
  EXPECT_EQ(Refusal("seed", "-5"),
            "found \"-5\", expected a whole number from 0 to 18446744073709551615");
  EXPECT_THAT(Refusal("seed", "18446744073709551616"), HasSubstr("expected a whole number"));
}

TEST(SetFieldTest, HoldsNumbersToTheSchemasLimits) {
  RunConfig config;
  for (const char* text : {"0", "-0", "1", "0.5"}) {
    EXPECT_THAT(Set("top_p", text, &config), IsOk()) << text;
  }
  EXPECT_EQ(Refusal("top_p", "1.0001"),
            "found \"1.0001\", expected a finite number from 0 to 1");
  EXPECT_EQ(Refusal("top_p", "-1e-9"), "found \"-1e-9\", expected a finite number from 0 to 1");
  EXPECT_THAT(Set("repetition_penalty", "1e-30", &config), IsOk());
  EXPECT_EQ(Refusal("repetition_penalty", "0"),
            "found \"0\", expected a finite number above 0");
  EXPECT_THAT(Set("threads", "1024", &config), IsOk());
  EXPECT_EQ(Refusal("threads", "1025"),
            "found \"1025\", expected a whole number from 0 to 1024");
}

TEST(SetFieldTest, RefusesAnUnknownNameOfAnEnumWithTheNearest) {
  EXPECT_EQ(Refusal("mode", "chatt"),
            "found \"chatt\", expected generate or chat; did you mean \"chat\"?");
  EXPECT_EQ(Refusal("mode", "2"), "found \"2\", expected generate or chat");
  EXPECT_EQ(Refusal("mode", ""), "found \"\", expected generate or chat");
}

TEST(SetFieldTest, RefusesWhatIsNoBool) {
  EXPECT_EQ(Refusal("quiet", "maybe"), "found \"maybe\", expected true or false");
}

TEST(SetFieldTest, RefusesEmptyTextWhereTheSchemaDoes) {
  EXPECT_EQ(Refusal("checkpoint", ""), "found \"\", expected a text that is not empty");
  EXPECT_EQ(Refusal("stop", ""), "found \"\", expected a text that is not empty");
  RunConfig config;
  EXPECT_THAT(Set("prompt", "", &config), IsOk());
}

TEST(CheckFieldsTest, AcceptsTheDefaultsAndAllThatIsWithinTheLimits) {
  RunConfig config;
  EXPECT_THAT(CheckFields(config), IsOk());
  config.set_temperature(0);
  config.set_top_p(1);
  config.set_steps(0);
  config.set_threads(1024);
  config.add_stop("x");
  EXPECT_THAT(CheckFields(config), IsOk());
}

TEST(CheckFieldsTest, NamesTheFieldWhatWasFoundAndWhatWasExpected) {
  RunConfig config;
  config.set_temperature(std::nanf(""));
  EXPECT_EQ(CheckFields(config).message(),
            "temperature: found nan, expected a finite number, 0 or more");
  config.set_temperature(-1);
  EXPECT_EQ(CheckFields(config).message(),
            "temperature: found -1, expected a finite number, 0 or more");
  config.clear_temperature();
  config.set_steps(-2147483647 - 1);
  EXPECT_EQ(CheckFields(config).message(),
            "steps: found -2147483648, expected a whole number from 0 to 2147483647");
}

TEST(CheckFieldsTest, LooksAtEveryValueOfARepeatedField) {
  RunConfig config;
  config.add_stop("x");
  config.add_stop("");
  const absl::Status status = CheckFields(config, [](const FieldDescriptor* field, int index) {
    return field->name() + "[" + std::to_string(index) + "]";
  });
  EXPECT_EQ(status.message(), "stop[1]: found \"\", expected a text that is not empty");
}

TEST(EnumValueNamesTest, AreInSmallLetters) {
  EXPECT_THAT(EnumValueNames(Field("mode")->enum_type()), ElementsAre("generate", "chat"));
}

}  // namespace
}  // namespace llama2
