#include "tools/cli/help.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "tools/cli/common_flags.pb.h"
#include "tools/cli/flag_options.pb.h"
#include "tools/run_config.pb.h"
#include "tools/train_config.pb.h"

namespace llama2 {
namespace {

using ::google::protobuf::Descriptor;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Help(const RunConfig& config = {}) {
  const CommonFlags common;
  const VersionFlag version;
  return HelpText({.summary = "Tells a story.\n",
                   .usage = "run CHECKPOINT [flags]\n",
                   .examples = "  run model.bin -t 0.8\n"},
                  {&config, &common, &version});
}

TEST(HelpTextTest, SaysWhatTheProgramIs) {
  EXPECT_THAT(Help(), StartsWith("Tells a story.\n\nUsage: run CHECKPOINT [flags]\n\nModel\n"));
  EXPECT_THAT(Help(), HasSubstr("\nExamples\n  run model.bin -t 0.8\n"));
}

TEST(HelpTextTest, ListsEveryFlagWithItsHelp) {
  for (const Descriptor* type :
       {RunConfig::descriptor(), CommonFlags::descriptor(), VersionFlag::descriptor()}) {
    for (int i = 0; i < type->field_count(); ++i) {
      const FlagOptions& options = type->field(i)->options().GetExtension(as_flag);
      EXPECT_THAT(Help(), HasSubstr(absl::StrCat("--", type->field(i)->name())));
      EXPECT_FALSE(options.help().empty()) << type->field(i)->full_name();
      if (options.has_letter()) {
        EXPECT_THAT(Help(), HasSubstr(absl::StrCat("  -", options.letter(), ", --",
                                                   type->field(i)->name())));
      }
    }
  }
}

TEST(HelpTextTest, ShowsValuesAndDefaults) {
  EXPECT_THAT(Help(), HasSubstr("  -z, --tokenizer=PATH "));
  EXPECT_THAT(Help(), HasSubstr("  -t, --temperature=NUMBER "));
  EXPECT_THAT(Help(), HasSubstr("(default 0.9)"));
  EXPECT_THAT(Help(), HasSubstr("  -m, --mode=generate|chat "));
  EXPECT_THAT(Help(), HasSubstr("(default generate)"));
  EXPECT_THAT(Help(), HasSubstr("      --quiet "));
}

TEST(HelpTextTest, GivesAWideFlagALineOfItsOwn) {
  const TrainConfig config;
  const std::string help = HelpText({}, {&config});
  EXPECT_THAT(help, ContainsRegex("\n      --gradient_accumulation_steps=NUMBER\n +batches "));
}

TEST(HelpTextTest, DoesNotDependOnTheValues) {
  RunConfig config;
  config.set_steps(7);
  EXPECT_EQ(Help(config), Help());
}

TEST(HelpTextTest, FitsATerminal) {
  for (const absl::string_view line : absl::StrSplit(Help(), '\n')) {
    EXPECT_LE(line.size(), 80) << line;
    EXPECT_FALSE(!line.empty() && line.back() == ' ') << line;
  }
}

}  // namespace
}  // namespace llama2
