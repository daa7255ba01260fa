#include "tools/bench/bench_model.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/config.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;

constexpr Config kConfig = {.dim = 8,
                            .hidden_dim = 12,
                            .n_layers = 2,
                            .n_heads = 4,
                            .n_kv_heads = 2,
                            .vocab_size = 20,
                            .seq_len = 16};

BenchOptions Options() {
  BenchOptions options;
  options.phases = {{Phase::kPrefill, 5}, {Phase::kPrefill, 40}, {Phase::kDecode, 16}};
  options.isa = BestIsa();
  return options;
}

void ExpectPhase(const BenchPhase& phase, absl::string_view name, int tokens) {
  EXPECT_EQ(phase.name(), name);
  EXPECT_EQ(phase.tokens(), tokens);
  EXPECT_GT(phase.tokens_per_second(), 0);
  EXPECT_GT(phase.peak_mib(), 0);
}

class RunModelOnceTest : public ::testing::TestWithParam<CheckpointFormat> {};

INSTANTIATE_TEST_SUITE_P(Formats, RunModelOnceTest,
                         ::testing::Values(CheckpointFormat{CheckpointVersion::kV0},
                                           CheckpointFormat{CheckpointVersion::kV1},
                                           CheckpointFormat{CheckpointVersion::kV2, 4}));

TEST_P(RunModelOnceTest, GoesThroughAllPhasesGenerationFirst) {
  TestFolder folder;
  const TinyModel model = MakeTinyModel(kConfig, /*seed=*/1);
  const std::string path = folder.Path("model.bin");
  ASSERT_THAT(WriteCheckpoint(path, {GetParam(), kConfig}, model.weights()), IsOk());
  ASSERT_OK_AND_ASSIGN(const BenchRun run, RunModelOnce(path, Options(), /*threads=*/2));
  ASSERT_EQ(run.phase_size(), 3);
  ExpectPhase(run.phase(0), "decode", 16);
  ExpectPhase(run.phase(1), "prefill", 5);
  ExpectPhase(run.phase(2), "prefill", 16);  // as much as the context holds
  EXPECT_LE(run.phase(0).peak_mib(), run.phase(1).peak_mib());
  EXPECT_GT(run.load_ms(), 0);
  EXPECT_GT(run.first_token_clock_ms(), run.load_ms());
}

TEST(RunModelOnce, KnowsTheDefaultModel) {
  BenchOptions options = Options();
  options.phases = {{Phase::kPrefill, 2}};
  ASSERT_OK_AND_ASSIGN(const BenchRun run, RunModelOnce("default", options, /*threads=*/1));
  ASSERT_EQ(run.phase_size(), 1);
  ExpectPhase(run.phase(0), "prefill", 2);
}

TEST(RunModelOnce, NamesAFileThatItCannotRead) {
  EXPECT_THAT(RunModelOnce("/no/such/model.bin", Options(), 1),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/no/such/model.bin")));
}

}  // namespace
}  // namespace llama2
