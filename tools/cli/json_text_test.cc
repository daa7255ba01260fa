#include "tools/cli/json_text.h"

#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "tools/run_config.pb.h"

namespace llama2 {
namespace {

RunConfig Config() {
  RunConfig config;
  config.set_prompt("\"<b>\"\n\t\\ \xC3\xA9");
  config.set_top_p(0.5);
  config.add_stop("a");
  config.add_stop("b");
  return config;
}

TEST(JsonTextTest, NamesItsMembersAsTheFields) {
  RunConfig config;
  config.set_top_p(0.5);
  config.add_stop("a");
  EXPECT_EQ(JsonText(config, JsonLayout::kOneLine), R"({"stop":["a"],"top_p":0.5})");
  EXPECT_EQ(JsonText(config, JsonLayout::kIndented),
            "{\n \"stop\": [\n  \"a\"\n ],\n \"top_p\": 0.5\n}\n");
}

TEST(JsonTextTest, IsTheMessage) {
  for (const JsonLayout layout : {JsonLayout::kIndented, JsonLayout::kOneLine}) {
    RunConfig read;
    ASSERT_TRUE(
        google::protobuf::util::JsonStringToMessage(JsonText(Config(), layout), &read).ok());
    EXPECT_EQ(read.SerializeAsString(), Config().SerializeAsString());
  }
}

}  // namespace
}  // namespace llama2
