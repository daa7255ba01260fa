// `export` as a program.
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "llama/checkpoint_header.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/config.h"
#include "testing/matchers.h"
#include "testing/shared_data.h"
#include "testing/tiny_models.h"
#include "tools/cli/program_fixture.h"
#include "tools/cli/subprocess.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using enum CheckpointVersion;

constexpr Config kModel = {.dim = 64,
                           .hidden_dim = 172,
                           .n_layers = 2,
                           .n_heads = 8,
                           .n_kv_heads = 4,
                           .vocab_size = 80,
                           .seq_len = 16};

class ExportTest : public ProgramFixture {
 protected:
  ExportTest() {
    EXPECT_THAT(WriteCheckpoint(folder().Path("model.bin"), {{kV0}, kModel},
                                MakeTinyModel(kModel, 1).weights()),
                IsOk());
  }
};

TEST_F(ExportTest, WritesEveryVersion) {
  EXPECT_THAT(RunProgram({"model.bin", "v1.bin", "--version=1"}), Prints(""));
  EXPECT_THAT(RunProgram({"v1.bin", "v0.bin", "--version=0"}), Prints(""));
  EXPECT_EQ(folder().Read("v0.bin"), folder().Read("model.bin"));
  EXPECT_THAT(RunProgram({"v1.bin", "q.bin", "--version", "2"}), Prints(""));
  EXPECT_THAT(RunProgram({"q.bin", "back.bin", "--version=1"}), Prints(""));
  EXPECT_EQ(folder().Read("back.bin").size(), folder().Read("v1.bin").size());
  EXPECT_THAT(RunProgram({"q.bin", "panels.bin", "--version=3", "--report"}),
              Prints(AllOf(HasSubstr("\nw2[1]  "), HasSubstr("    exact\n"))));
  EXPECT_THAT(RunProgram({"panels.bin", "again.bin", "--version=2"}), Prints(""));
  EXPECT_EQ(folder().Read("again.bin"), folder().Read("q.bin"));
}

TEST_F(ExportTest, SaysWhereLlama2cWouldGoWrong) {
  const Outcome outcome = RunProgram({"model.bin", "q.bin", "--version=2", "--group_size=64"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err,
            "export: note: q.bin: rows of 172 are no whole groups of 64; llama2.c's own runq "
            "computes such a model wrongly\n");
}

TEST_F(ExportTest, Reports) {
  EXPECT_THAT(RunProgram({"model.bin", "q.bin", "--version=2", "--report"}),
              Prints(AllOf(StartsWith("tensor  "), HasSubstr("\nw2[1]  "), HasSubstr(" dB\n"),
                           HasSubstr("\ntotal  "))));
  EXPECT_THAT(RunProgram({"model.bin", "q.bin", "--version=2", "--report_json", "--force"}),
              Prints(AllOf(StartsWith("{\"tensors\": ["), HasSubstr("\"name\": \"w2[1]\""))));
}

TEST_F(ExportTest, Inspects) {
  EXPECT_THAT(RunProgram({"--inspect", "model.bin"}),
              Prints(AllOf(StartsWith("model.bin: "), HasSubstr("\nsize: as the header says\n"),
                           HasSubstr("\nw3  "))));
  folder().Write("cut.bin", folder().Read("model.bin").substr(0, 1000));
  const Outcome cut = RunProgram({"cut.bin", "--inspect"});
  EXPECT_EQ(cut.exit_code, 1);
  EXPECT_THAT(cut.out, AllOf(StartsWith("cut.bin: 1000 bytes\n"), HasSubstr("missing\n")));
  EXPECT_THAT(cut.err, StartsWith("export: cut.bin: size: found 1000 bytes, expected "));
}

TEST_F(ExportTest, AWrongCommandLineIsRefusedBeforeAnyFileIsRead) {
  EXPECT_THAT(RunProgram({}), FailsWith("export", 2, StartsWith("input: missing")));
  EXPECT_THAT(RunProgram({"missing.bin"}),
              FailsWith("export", 2, StartsWith("output: missing")));
  EXPECT_THAT(RunProgram({"missing.bin", "out.bin"}),
              FailsWith("export", 2, "version: missing, expected 0, 1, 2 or 3"));
  EXPECT_THAT(RunProgram({"missing.bin", "out.bin", "--version=4"}),
              FailsWith("export", 2, StartsWith("--version: found \"4\", expected")));
  for (const char* size : {"0", "-1", "x", "2147483648"}) {
    EXPECT_THAT(
        RunProgram(
            {"missing.bin", "out.bin", "--version=2", absl::StrCat("--group_size=", size)}),
        FailsWith("export", 2,
                  StartsWith(absl::StrCat("--group_size: found \"", size, "\", expected"))));
  }
  EXPECT_THAT(RunProgram({"missing.bin", "out.bin", "--version=1", "--group_size=4"}),
              FailsWith("export", 2, StartsWith("group_size: found with version 1")));
  EXPECT_THAT(RunProgram({"missing.bin", "out.bin", "more.bin", "--version=1"}),
              FailsWith("export", 2, HasSubstr("more.bin")));
  EXPECT_THAT(RunProgram({"missing.bin", "out.bin", "--verion=1"}),
              FailsWith("export", 2, "--verion: unknown flag; did you mean \"--version\"?"));
  EXPECT_THAT(folder().Names(), ElementsAre("model.bin"));
}

TEST_F(ExportTest, BadFilesAreRefusedInOneLine) {
  EXPECT_THAT(RunProgram({"missing.bin", "out.bin", "--version=1"}),
              FailsWith("export", 1, StartsWith("missing.bin: cannot open")));
  EXPECT_THAT(RunProgram({"model.bin", "model.bin", "--version=1", "--force"}),
              FailsWith("export", 1, StartsWith("model.bin: is the same file as the input")));
  for (const char* size : {"3", "512", "65537", "2147483647"}) {
    EXPECT_THAT(
        RunProgram(
            {"model.bin", "out.bin", "--version=2", absl::StrCat("--group_size=", size)}),
        FailsWith("export", 1,
                  StartsWith(absl::StrCat("out.bin: group_size: found ", size, ", expected"))));
  }
  folder().Write("old.bin", "precious");
  EXPECT_THAT(RunProgram({"model.bin", "old.bin", "--version=1"}),
              FailsWith("export", 1, "old.bin: exists; --force replaces it"));
  EXPECT_EQ(folder().Read("old.bin"), "precious");
  EXPECT_THAT(RunProgram({"model.bin", "no/folder.bin", "--version=1"}),
              FailsWith("export", 1, StartsWith("no/folder.bin: cannot create")));
  EXPECT_THAT(RunProgram({"model.bin", ".", "--version=1", "--force"}),
              FailsWith("export", 1, HasSubstr("directory")));
  EXPECT_THAT(folder().Names(), ElementsAre("model.bin", "old.bin"));
}

TEST_F(ExportTest, AScaleThatIsNoNumberCannotBecomeInt8Again) {
  EXPECT_THAT(RunProgram({"model.bin", "q.bin", "--version=2"}), Prints(""));
  std::string bytes = folder().Read("q.bin");
  bytes.replace(bytes.size() - 4, 4, "\xff\xff\xff\xff");  // the last, of w3
  folder().Write("bad.bin", bytes);
  EXPECT_THAT(RunProgram({"bad.bin", "out.bin", "--version=2", "--group_size=2"}),
              FailsWith("export", 1,
                        "out.bin: w3[1]: found a weight of nan, expected finite ones to make "
                        "int8 of"));
}

TEST_F(ExportTest, HelpsAndLeavesTheVersionFlagToTheFormat) {
  EXPECT_THAT(RunProgram({"--help"}),
              Prints(AllOf(HasSubstr("Usage: export INPUT OUTPUT --version=0|1|2|3 [flags]\n"),
                           HasSubstr("--group_size=NUMBER"))));
  EXPECT_THAT(RunProgram({"--version"}),
              FailsWith("export", 2, StartsWith("--version: found no value")));
}

TEST_F(ExportTest, TakesItsFlagsFromAFileToo) {
  folder().Write("job.textproto", "version: 2\ngroup_size: 32\nquiet: true\n");
  EXPECT_THAT(RunProgram({"model.bin", "q.bin", "--config=job.textproto", "--print_config"}),
              Prints(HasSubstr("group_size: 32\n")));
  EXPECT_EQ(RunProgram({"model.bin", "q.bin", "--config=job.textproto"}).exit_code, 0);
  EXPECT_THAT(RunProgram({"--inspect", "q.bin"}), Prints(HasSubstr("int8 in groups of 32")));
}

TEST_F(ExportTest, QuantisesStories260K) {
  const auto path = SharedDataPath("stories260K.bin");
  if (!path) GTEST_SKIP() << "LLAMA2_SHARED_DATA has no stories260K.bin";
  EXPECT_THAT(RunProgram({*path, "q.bin", "--version=2", "--report"}),
              Prints(HasSubstr("  131072           65536  ")));
}

// 136 MB of weights, none of them more than 3 MB large: the program must not need the
// memory of all.
TEST_F(ExportTest, NeedsTheMemoryOfAFewTensors) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps memory for itself";
#endif
  const CheckpointHeader header = {{kV1},
                                   {.dim = 512,
                                    .hidden_dim = 1376,
                                    .n_layers = 10,
                                    .n_heads = 8,
                                    .n_kv_heads = 8,
                                    .vocab_size = 1024,
                                    .seq_len = 8}};
  // The weights are zeros, a hole in the file.
  std::filesystem::resize_file(folder().Write("large.bin", SerializeCheckpointHeader(header)),
                               FileBytes(header.format, header.config));
  const auto expect_little = [&](const char* from, const char* to, const char* version) {
    const Outcome outcome = RunProgram({from, to, version, "--force", "--report_json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_LE(outcome.peak_memory, 32 << 20) << from << " " << version;
  };
  for (const char* version : {"--version=0", "--version=2", "--version=3"}) {
    expect_little("large.bin", "out.bin", version);
  }
  expect_little("out.bin", "back.bin", "--version=2");
  expect_little("out.bin", "back.bin", "--version=0");
}

}  // namespace
}  // namespace llama2
