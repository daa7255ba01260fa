// `study` as a program.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analysis/study.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "llama/checkpoint_layout.h"
#include "testing/shared_data.h"
#include "tools/cli/subprocess.h"
#include "tools/run_fixture.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class StudyTest : public RunFixture {
 protected:
  StudyTest() {
    folder().Write("study.textproto", R"(
      title: "A <small> study"
      checkpoint: "model.bin"
      prompt: "the rain"
      prompt: "she said"
      temperature: [0, 1]
      top_p: [0.5, 1.0]
      seeds: 3
      steps: 24
    )");
  }

  StudyReport ReadReport(const std::string& output) const {
    StudyReport report;
    const std::string json = folder().Read(output + "/study.json");
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &report).ok()) << json;
    return report;
  }
};

TEST_F(StudyTest, WritesAPageNumbersAndFigures) {
  const Outcome outcome = RunProgram({"--config=study.textproto", "--output=out/a"});
  EXPECT_THAT(outcome,
              Prints(AllOf(StartsWith("24 texts: 2 prompts x 2 temperatures x 2 values "
                                      "of top-p x 3 seeds; means over the seeds\n\n"),
                           HasSubstr("\nthe rain            0    0.5 "),
                           EndsWith("\nout/a: index.html, study.json, 7 figures\n"))));
  EXPECT_THAT(folder().Read("out/a/index.html"),
              AllOf(StartsWith("<!DOCTYPE html>"), HasSubstr("<h1>A &lt;small&gt; study</h1>"),
                    EndsWith("</html>\n")));
  EXPECT_THAT(folder().Read("out/a/tokens.svg"),
              AllOf(StartsWith("<svg "), EndsWith("</svg>\n")));
  const StudyReport report = ReadReport("out/a");
  EXPECT_EQ(report.title(), "A <small> study");
  ASSERT_EQ(report.cells_size(), 8);
  EXPECT_EQ(report.cells(7).samples_size(), 3);
}

TEST_F(StudyTest, ATextIsThatOfRunAndInInt8OfRunq) {
  ASSERT_EQ(RunProgram({"--config=study.textproto", "--output=out", "--int8"}).exit_code, 0);
  const StudyReport report = ReadReport("out");
  int texts = 0;
  for (const StudyCell& cell : report.cells()) {
    for (const StudySample& sample : cell.samples()) {
      Command run =
          ProgramCommand({"model.bin", "--quiet", "-n", "24", "-i", cell.prompt(), "-t",
                          absl::StrCat(cell.temperature()), "-p", absl::StrCat(cell.top_p()),
                          "-s", absl::StrCat(sample.seed())});
      const char* program = std::getenv(cell.model() == "int8" ? "RUNQ" : "RUN");
      ASSERT_NE(program, nullptr);
      run.args[0] = std::filesystem::absolute(program).string();
      EXPECT_EQ(RunToEnd(run).out, absl::StrCat(cell.prompt(), sample.text(), "\n"));
      ++texts;
    }
  }
  EXPECT_EQ(texts, 48);
}

TEST_F(StudyTest, ThreadsAndInstructionSetsDoNotChangeTheReport) {
  const std::vector<std::string> args = {"--config=study.textproto", "--output=out"};
  ASSERT_EQ(RunProgram(args).exit_code, 0);
  const std::string page = folder().Read("out/index.html");
  const std::string json = folder().Read("out/study.json");
  for (const char* flag : {"--threads=1", "--threads=3", "--isa=scalar"}) {
    ASSERT_EQ(RunProgram({args[0], args[1], flag}).exit_code, 0);
    EXPECT_EQ(folder().Read("out/index.html"), page) << flag;
    EXPECT_EQ(folder().Read("out/study.json"), json) << flag;
  }
}

TEST_F(StudyTest, AFlagIsStrongerThanTheFile) {
  ASSERT_EQ(RunProgram({"--config=study.textproto", "--output=out", "-t", "0.5", "-s", "9",
                        "-i", "here"})
                .exit_code,
            0);
  const StudyReport report = ReadReport("out");
  ASSERT_EQ(report.cells_size(), 2);
  EXPECT_EQ(report.cells(0).prompt(), "here");
  EXPECT_EQ(report.cells(0).temperature(), 0.5f);
  EXPECT_EQ(report.cells(0).samples(0).seed(), 9u);
}

TEST_F(StudyTest, StudiesTheInt8CopyBesideTheModel) {
  ASSERT_EQ(RunProgram({"--config=study.textproto", "--output=out", "--int8"}).exit_code, 0);
  const StudyReport report = ReadReport("out");
  EXPECT_EQ(report.models(0), "float32");
  EXPECT_EQ(report.models(1), "int8");
  ASSERT_EQ(report.cells_size(), 16);
  EXPECT_TRUE(report.cells(8).has_agreement());
  EXPECT_TRUE(std::filesystem::exists(folder().Path("out/agreement-1.svg")));
}

TEST_F(StudyTest, StudiesTheDefaultModel) {
  EXPECT_THAT(RunProgram({"-i", "Once upon a time", "-t", "0", "-s", "1", "--output=out"}),
              Prints(StartsWith("1 text; means over the seeds\n")));
  EXPECT_THAT(ReadReport("out").cells(0).samples(0).text(),
              StartsWith(", there was a little girl named Lily."));
}

TEST_F(StudyTest, AStudyOfNothingIsWrongUsage) {
  const auto run = [this](const std::string& config, std::vector<std::string> args) {
    folder().Write("bad.textproto", config);
    args.insert(args.begin(), {"--config=bad.textproto", "--output=out"});
    return RunProgram(args);
  };
  EXPECT_THAT(run("temperature: 1\n", {}),
              FailsWith("study", 2, StartsWith("prompt: missing")));
  EXPECT_THAT(run("prompt: \"a\"\n", {}),
              FailsWith("study", 2, StartsWith("temperature: missing")));
  EXPECT_THAT(run("prompt: \"a\"\ntemperature: 1\nseeds: 0\n", {}),
              FailsWith("study", 1, StartsWith("bad.textproto:3:1: seeds: found 0, expected")));
  EXPECT_THAT(run("prompt: \"a\"\ntemperature: 1\n", {"--seeds=0"}),
              FailsWith("study", 2, HasSubstr("--seeds: found \"0\"")));
  EXPECT_THAT(RunProgram({"-i", "a", "-t", "1"}),
              FailsWith("study", 2, StartsWith("output: missing")));
  EXPECT_FALSE(std::filesystem::exists(folder().Path("out")));
}

TEST_F(StudyTest, BadInputIsExitCode1) {
  const auto run = [this](std::vector<std::string> args) {
    args.insert(args.begin(), {"--config=study.textproto", "--output=out"});
    return RunProgram(args);
  };
  EXPECT_THAT(run({"--checkpoint=missing.bin"}),
              FailsWith("study", 1, StartsWith("missing.bin: ")));
  EXPECT_THAT(run({"--steps=2"}), FailsWith("study", 1, StartsWith("prompt: found ")));
  EXPECT_THAT(run({"--seeds=100000"}), FailsWith("study", 1, HasSubstr("expected at most")));
  WriteModel("q8.bin", kConfig, /*seed=*/10, {CheckpointVersion::kV2, 4});
  EXPECT_THAT(run({"--checkpoint=q8.bin", "--int8"}),
              FailsWith("study", 1, StartsWith("q8.bin: found int8, expected float32")));
  EXPECT_THAT(run({"--checkpoint=model.bin", "--checkpoint=default"}),
              FailsWith("study", 1,
                        StartsWith("the default model: vocab_size: found 2048, "
                                   "expected 6000 as model.bin")));
  folder().Write("file", "");
  EXPECT_THAT(RunProgram({"--config=study.textproto", "--output=file/out"}),
              FailsWith("study", 1, StartsWith("file/out: cannot make this folder")));
}

// Also that the configurations are sound, quickly.
TEST_F(StudyTest, TheStudiesOfTheProjectRun) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("docs/studies")) {
    if (entry.path().extension() != ".textproto") continue;
    const std::string path = std::filesystem::absolute(entry.path());
    EXPECT_THAT(RunProgram({absl::StrCat("--config=", path), "--output=out", "--seeds=1",
                            "--steps=30"}),
                Prints(EndsWith(" figures\n")));
    ++count;
  }
  EXPECT_EQ(count, 3);
}

TEST_F(StudyTest, StudiesStories260K) {
  const auto model = SharedDataPath("stories260K.bin");
  const auto tokenizer = SharedDataPath("tok512.bin");
  if (!model || !tokenizer) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no stories260K.bin";
  EXPECT_THAT(RunProgram({*model, "-z", *tokenizer, "-i", "Once upon a time", "-t", "0", "-t",
                          "1", "--seeds=2", "--output=out"}),
              Prints(StartsWith("4 texts: 2 temperatures x 2 seeds")));
  EXPECT_THAT(ReadReport("out").cells(0).samples(0).text(),
              StartsWith(", there was a little girl named Lily. She loved to play outside"));
}

}  // namespace
}  // namespace llama2
