// `inspect` as a program.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analysis/inspect_report.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "llama/checkpoint_layout.h"
#include "testing/shared_data.h"
#include "tools/cli/subprocess.h"
#include "tools/run_fixture.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class InspectTest : public RunFixture {
 protected:
  // The same by another program, `run` or `runq`.
  Outcome RunOther(const char* program, std::vector<std::string> args) const {
    Command command = ProgramCommand(std::move(args));
    command.args[0] = std::filesystem::absolute(std::getenv(program)).string();
    return RunToEnd(command);
  }

  InspectReport Report(std::vector<std::string> args) const {
    args.push_back("--json=report.json");
    const Outcome outcome = RunProgram(args);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    InspectReport report;
    EXPECT_TRUE(
        google::protobuf::util::JsonStringToMessage(folder().Read("report.json"), &report)
            .ok());
    EXPECT_EQ(outcome.out, report.text() + "\n");
    return report;
  }
};

TEST_F(InspectTest, TellsTheTextOfRun) {
  WriteModel("q8.bin", kConfig, /*seed=*/10, {CheckpointVersion::kV3, /*group_size=*/16});
  const std::vector<std::vector<std::string>> settings = {
      {"-t", "0", "-n", "20"},
      {"-s", "7", "-i", "the rain"},
      {"-s", "7", "-i", "she said no \xE2\x82\xAC", "--temperature=1.5", "--top_p=1"},
      {"-s", "9", "--top_k=20", "--min_p=0.001", "--repetition_penalty=1.5", "-n", "0"},
      {"-s", "9", "-i", "not UTF-8: \xFF\xFE", "--repetition_penalty=2",
       "--repetition_window=3"}};
  for (std::vector<std::string> args : settings) {
    if (args[2] != "-n") args.insert(args.end(), {"-n", "30"});
    args.push_back("--quiet");
    for (const auto& [model, program] : {std::pair("model.bin", "RUN"), {"q8.bin", "RUNQ"}}) {
      args.insert(args.begin(), model);
      const Outcome expected = RunOther(program, args);
      EXPECT_EQ(expected.exit_code, 0) << expected.err;
      EXPECT_THAT(RunProgram(args), Prints(expected.out));
      args.erase(args.begin());
    }
  }
}

TEST_F(InspectTest, TellsTheTextOfRunOnStories260K) {
  const auto model = SharedDataPath("stories260K.bin");
  const auto tokenizer = SharedDataPath("tok512.bin");
  if (!model || !tokenizer) GTEST_SKIP() << "LLAMA2_SHARED_DATA lacks the files";
  for (const char* temperature : {"0", "0.9"}) {
    const std::vector<std::string> args = {
        *model, "-z", *tokenizer, "-i",     "The little dragon", "-t", temperature, "-s",
        "5",    "-n", "64",       "--quiet"};
    EXPECT_THAT(RunProgram(args), Prints(RunOther("RUN", args).out));
  }
}

TEST_F(InspectTest, WritesAPageAndSaysSo) {
  const Outcome outcome = RunProgram({"model.bin", "-s", "7"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, StartsWith("inspect: inspect.html: 48 positions, 2 layers of 6 "
                                      "heads, "));
  EXPECT_THAT(folder().Read("inspect.html"),
              AllOf(StartsWith("<!DOCTYPE html>"), HasSubstr("<h1>Inside model.bin</h1>"),
                    HasSubstr("<b>float32</b> weights"), HasSubstr("<b>6/2</b> heads")));
}

TEST_F(InspectTest, TheDefaultModelNeedsNoFile) {
  for (const std::vector<std::string>& model :
       {std::vector<std::string>(), std::vector<std::string>{"default"}}) {
    std::vector<std::string> args = model;
    args.insert(args.end(), {"-t", "0", "-i", "Once upon a time", "-n", "12"});
    const InspectReport report = Report(args);
    EXPECT_EQ(report.text(), "Once upon a time, there was a little girl named Lily");
    EXPECT_EQ(report.positions_size(), 12);
    EXPECT_EQ(report.model().checkpoint(), "the default model");
  }
}

TEST_F(InspectTest, ThePageDoesNotDependOnTheMachine) {
  const auto page = [&](const std::string& flag) {
    EXPECT_EQ(RunProgram({"model.bin", "-s", "7", "-n", "16", flag}).exit_code, 0) << flag;
    return folder().Read("inspect.html");
  };
  const std::string expected = page("--threads=1");
  EXPECT_EQ(page("--threads=2"), expected);
  EXPECT_EQ(page("--threads=3"), expected);
  for (Isa isa : SupportedIsas())
    EXPECT_EQ(page(absl::StrCat("--isa=", IsaName(isa))), expected);
}

TEST_F(InspectTest, ASeedFromTheClockIsNamed) {
  const InspectReport by_clock = Report({"model.bin"});
  EXPECT_NE(by_clock.sampling().seed(), 0);
  const InspectReport again =
      Report({"model.bin", absl::StrCat("--seed=", by_clock.sampling().seed())});
  EXPECT_EQ(again.SerializeAsString(), by_clock.SerializeAsString());
}

TEST_F(InspectTest, RefusesAWrongCommandLine) {
  const auto expect_usage_error = [&](const std::string& flag, const std::string& message) {
    EXPECT_THAT(RunProgram({"model.bin", flag}), FailsWith("inspect", 2, HasSubstr(message)));
  };
  expect_usage_error("--steps=-1", "steps");
  expect_usage_error("--temperature=-1", "temperature");
  expect_usage_error("--top_p=1.5", "top_p");
  expect_usage_error("--isa=mmx", "mmx");
  expect_usage_error("--output=", "output");
  expect_usage_error("--json=inspect.html",
                     "json: found inspect.html, expected another file than the output");
  expect_usage_error("--nonsense", "nonsense");
  EXPECT_THAT(folder().Names(), ElementsAre("model.bin", "tokenizer.bin"));
}

TEST_F(InspectTest, RefusesWhatCannotBeDone) {
  const auto expect_failure = [&](const std::vector<std::string>& args,
                                  const std::string& message) {
    EXPECT_THAT(RunProgram(args), FailsWith("inspect", 1, HasSubstr(message)));
  };
  const std::string model = folder().Read("model.bin");
  expect_failure({"missing.bin"}, "missing.bin");
  expect_failure({"tokenizer.bin"}, "tokenizer.bin");
  expect_failure({"default", "-z", "tokenizer.bin", "-o", "tokenizer.bin"}, "tokenizer.bin");
  expect_failure({"model.bin", "-o", "no/folder.html"}, "no/folder.html");
  expect_failure({"model.bin", "-o", "model.bin"}, "model.bin");
  expect_failure({"model.bin", "--json", "tokenizer.bin"}, "tokenizer.bin");
  expect_failure({"model.bin", "-i", "the rain was here", "-n", "2"},
                 "prompt: found 8 tokens, expected at most 2, the steps");
  Config config = kConfig;
  config.seq_len = 1 << 20;
  WriteModel("long.bin", config, 10);
  expect_failure({"long.bin", "-n", "0"}, "steps: found 1048576, with which a record of");
  EXPECT_EQ(folder().Read("model.bin"), model);
  EXPECT_THAT(folder().Names(), ElementsAre("long.bin", "model.bin", "tokenizer.bin"));
}

}  // namespace
}  // namespace llama2
