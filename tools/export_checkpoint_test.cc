#include "tools/export_checkpoint.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/config.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using enum CheckpointVersion;

bool GoOn(int64_t, int64_t) { return true; }

// The default group size of this shape is 4.
constexpr Config kModel = {.dim = 64,
                           .hidden_dim = 172,
                           .n_layers = 2,
                           .n_heads = 8,
                           .n_kv_heads = 4,
                           .vocab_size = 80,
                           .seq_len = 16};

class ExportCheckpointTest : public ::testing::Test {
 protected:
  ExportCheckpointTest() {
    EXPECT_THAT(WriteCheckpoint(folder_.Path("v0.bin"), {{kV0}, kModel},
                                MakeTinyModel(kModel, 1).weights()),
                IsOk());
  }

  ExportConfig Job(const char* input, const char* output, int version) const {
    ExportConfig config;
    config.set_input(folder_.Path(input));
    config.set_output(folder_.Path(output));
    config.set_version(version);
    EXPECT_THAT(Validate(config), IsOk());
    return config;
  }

  absl::Status Export(const char* input, const char* output, int version) const {
    return ExportCheckpoint(Job(input, output, version), GoOn);
  }

  const TestFolder folder_;
};

TEST_F(ExportCheckpointTest, GoesFromEveryVersionToEveryOther) {
  ASSERT_THAT(Export("v0.bin", "v1.bin", 1), IsOk());
  ASSERT_THAT(Export("v1.bin", "again.bin", 0), IsOk());
  EXPECT_EQ(folder_.Read("again.bin"), folder_.Read("v0.bin"));

  ASSERT_THAT(Export("v0.bin", "from_v0.bin", 2), IsOk());
  ASSERT_THAT(Export("v1.bin", "from_v1.bin", 2), IsOk());
  EXPECT_EQ(folder_.Read("from_v1.bin"), folder_.Read("from_v0.bin"));
  ASSERT_THAT(Export("from_v0.bin", "from_v2.bin", 2), IsOk());
  EXPECT_EQ(folder_.Read("from_v2.bin"), folder_.Read("from_v0.bin"));

  ASSERT_THAT(Export("v0.bin", "panels.bin", 3), IsOk());
  ASSERT_THAT(Export("from_v0.bin", "from_v2_panels.bin", 3), IsOk());
  EXPECT_EQ(folder_.Read("from_v2_panels.bin"), folder_.Read("panels.bin"));
  ASSERT_THAT(Export("panels.bin", "from_v3.bin", 2), IsOk());
  EXPECT_EQ(folder_.Read("from_v3.bin"), folder_.Read("from_v0.bin"));

  // Dequantised, and then again without a loss.
  ASSERT_THAT(Export("from_v0.bin", "back_v0.bin", 0), IsOk());
  ASSERT_THAT(Export("from_v0.bin", "back_v1.bin", 1), IsOk());
  ASSERT_THAT(Export("back_v1.bin", "back_again.bin", 0), IsOk());
  EXPECT_EQ(folder_.Read("back_again.bin"), folder_.Read("back_v0.bin"));
  ASSERT_THAT(Export("panels.bin", "panels_v0.bin", 0), IsOk());
  EXPECT_EQ(folder_.Read("panels_v0.bin"), folder_.Read("back_v0.bin"));
}

TEST_F(ExportCheckpointTest, ChoosesAGroupSizeThatDividesTheRows) {
  ASSERT_THAT(Export("v0.bin", "q.bin", 2), IsOk());
  ASSERT_OK_AND_ASSIGN(const Checkpoint q, Checkpoint::Open(folder_.Path("q.bin")));
  EXPECT_EQ(q.format(), (CheckpointFormat{kV2, 4}));
  ExportConfig wide = Job("v0.bin", "q64.bin", 2);
  wide.set_group_size(64);
  ASSERT_THAT(ExportCheckpoint(wide, GoOn), IsOk());
  ASSERT_OK_AND_ASSIGN(const Checkpoint q64, Checkpoint::Open(folder_.Path("q64.bin")));
  EXPECT_EQ(q64.format(), (CheckpointFormat{kV2, 64}));
}

TEST_F(ExportCheckpointTest, TellsItsProgress) {
  std::vector<int64_t> steps;
  int64_t expected = 0;
  ASSERT_THAT(ExportCheckpoint(Job("v0.bin", "q.bin", 2),
                               [&](int64_t done, int64_t total) {
                                 steps.push_back(done);
                                 expected = total;
                                 return true;
                               }),
              IsOk());
  EXPECT_EQ(steps.size(), 2 * 2 + 1 + 1 + 2 * 7);  // norms, embedding, matrices
  EXPECT_TRUE(std::is_sorted(steps.begin(), steps.end()));
  EXPECT_EQ(steps.front(), 256 + 64 * 4);
  EXPECT_EQ(steps.back(), expected);
  EXPECT_EQ(static_cast<int64_t>(folder_.Read("q.bin").size()), expected);
}

TEST_F(ExportCheckpointTest, StopsWithoutATrace) {
  int calls = 0;
  EXPECT_THAT(ExportCheckpoint(Job("v0.bin", "q.bin", 2),
                               [&](int64_t, int64_t) { return ++calls < 3; }),
              StatusIs(absl::StatusCode::kCancelled, StartsWith(folder_.Path("q.bin"))));
  EXPECT_EQ(calls, 3);
  EXPECT_THAT(folder_.Names(), ElementsAre("v0.bin"));
}

TEST_F(ExportCheckpointTest, ReplacesOnlyWhatItMay) {
  folder_.Write("old.bin", "precious");
  ExportConfig job = Job("v0.bin", "old.bin", 1);
  EXPECT_THAT(ExportCheckpoint(job, GoOn), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(folder_.Read("old.bin"), "precious");
  job.set_force(true);
  EXPECT_THAT(ExportCheckpoint(job, GoOn), IsOk());
  EXPECT_NE(folder_.Read("old.bin"), "precious");

  ASSERT_EQ(symlink("v0.bin", folder_.Path("link.bin").c_str()), 0);
  const std::string original = folder_.Read("v0.bin");
  for (const char* same : {"v0.bin", "link.bin"}) {
    ExportConfig itself = Job("v0.bin", same, 1);
    itself.set_force(true);
    EXPECT_THAT(ExportCheckpoint(itself, GoOn),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("same file")));
  }
  EXPECT_EQ(folder_.Read("v0.bin"), original);
}

TEST_F(ExportCheckpointTest, ABadInputLeavesNoOutput) {
  folder_.Write("cut.bin", folder_.Read("v0.bin").substr(0, 1000));
  EXPECT_THAT(Export("cut.bin", "out.bin", 1), StatusIs(absl::StatusCode::kInvalidArgument,
                                                        StartsWith(folder_.Path("cut.bin"))));
  EXPECT_THAT(Export("missing.bin", "out.bin", 1), StatusIs(absl::StatusCode::kNotFound));
  ExportConfig odd = Job("v0.bin", "out.bin", 2);
  odd.set_group_size(3);
  EXPECT_THAT(ExportCheckpoint(odd, GoOn),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("group_size: found 3")));
  EXPECT_THAT(folder_.Names(), ElementsAre("cut.bin", "v0.bin"));
}

TEST(ValidateExportConfigTest, NamesWhatIsMissingOrContradicts) {
  ExportConfig config;
  const auto expect = [&](const char* message) {
    EXPECT_THAT(Validate(config),
                StatusIs(absl::StatusCode::kInvalidArgument, StartsWith(message)));
  };
  expect("input: missing");
  config.set_input("in.bin");
  expect("output: missing");
  config.set_inspect(true);
  EXPECT_THAT(Validate(config), IsOk());
  config.set_output("out.bin");
  expect("output: found with --inspect");
  config.set_inspect(false);
  expect("version: missing, expected 0, 1, 2 or 3");
  config.set_version(1);
  EXPECT_THAT(Validate(config), IsOk());
  config.set_group_size(32);
  expect("group_size: found with version 1, expected version 2 or 3");
  config.set_version(2);
  EXPECT_THAT(Validate(config), IsOk());
  config.set_group_size(0);
  expect("group_size: found 0, expected");
  config.clear_group_size();
  config.set_version(4);
  expect("version: found 4, expected");
}

}  // namespace
}  // namespace llama2
