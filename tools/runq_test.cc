// `runq` as a program: what it does with checkpoints of either number format. What it
// shares with `run`, run_test.cc and run_usage_test.cc show.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_header.h"
#include "llama/checkpoint_layout.h"
#include "llama/checkpoint_writer.h"
#include "llama/config.h"
#include "llama/kv_cache.h"
#include "testing/matchers.h"
#include "testing/shared_data.h"
#include "tools/cli/subprocess.h"
#include "tools/run_fixture.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class RunqTest : public RunFixture {
 protected:
  void WriteInt8Model(const std::string& file, uint64_t seed, int64_t group_size) const {
    WriteModel(file, kConfig, seed, {CheckpointVersion::kV2, group_size});
  }
};

// What llama2.c (commit 350e04f, gcc 12 -O3) prints with runq for model.bin and tok.bin of
//
//   make_checkpoint --seed=23 --format=2 --group_size=4 --tokenizer=tok.bin model.bin
//       --shape=dim=48,hidden_dim=100,n_layers=2,n_heads=6,n_kv_heads=2,vocab_size=6000,
//       seq_len=64
TEST_F(RunqTest, PrintsTheTextsOfLlama2c) {
  WriteInt8Model("q.bin", 23, 4);
  ExpectText(
      {"q.bin", "-t", "0", "-n", "40", "-i", "once upon a time"},
      "once upon a timegthgyxgyxdqegwmgwmgwmgwmgwmgwmfmpetfaxzarbatfatfatfatfatfatfatfatfa"
      "tfatfatfebsebsebsebsebs\n");
  ExpectText(
      {"q.bin", "-t", "1", "-p", "0.9", "-s", "7", "-n", "40", "-i", "once upon a time"},
      "once upon a timecwgblibljffvatrfqocmmhjkdipcullgujkwgapayrkodcqxejqheggnd!fxrbmdhpg"
      "fggdcbgpfzxaxo\n");
}

// The file says in its folder's README how llama2.c made it.
TEST_F(RunqTest, PrintsTheStoryOfLlama2c) {
  const std::optional<std::string> model = SharedDataPath("stories260K.bin");
  const std::optional<std::string> vocabulary = SharedDataPath("tok512.bin");
  const std::optional<std::string> expected =
      SharedDataPath("expected/stories260K_q80_gs4_t0_n200.out");
  if (!model || !vocabulary || !expected) {
    GTEST_SKIP() << "LLAMA2_SHARED_DATA has no stories260K.bin";
  }
  ASSERT_OK_AND_ASSIGN(const Checkpoint fp32, Checkpoint::Open(*model));
  const CheckpointHeader header = {{CheckpointVersion::kV2, 4}, fp32.config()};
  ASSERT_THAT(WriteCheckpoint(folder().Path("q.bin"), header, fp32.weights()), IsOk());
  std::ifstream stream(*expected, std::ios::binary);
  ExpectText({"q.bin", "-z", *vocabulary, "-t", "0", "-n", "200"},
             std::string(std::istreambuf_iterator<char>(stream), {}));
}

TEST_F(RunqTest, QuantizesAFloat32CheckpointAndSaysSo) {
  const Outcome at_load = RunProgram({"model.bin", "-t", "0", "--quiet"});
  EXPECT_EQ(at_load.exit_code, 0);
  EXPECT_EQ(at_load.err,
            "runq: model.bin: float32, which becomes int8 in groups of 4; to do so once for "
            "all: export model.bin OUTPUT --version=3\n");
  WriteInt8Model("q.bin", 10, 4);
  const Outcome from_file = RunProgram({"q.bin", "-t", "0", "--quiet"});
  EXPECT_THAT(from_file.err, IsEmpty());
  EXPECT_EQ(from_file.out, at_load.out);
}

TEST_F(RunqTest, GivesTheSameTextFromPanels) {
  for (const int64_t group_size : {4, 16}) {  // rows of 100 straddle groups of 16
    WriteInt8Model("v2.bin", 10, group_size);
    WriteModel("v3.bin", kConfig, 10, {CheckpointVersion::kV3, group_size});
    const Outcome v3 = RunProgram({"v3.bin", "-t", "1", "-s", "3", "--quiet"});
    EXPECT_EQ(v3.exit_code, 0);
    EXPECT_THAT(v3.err, IsEmpty());
    EXPECT_EQ(v3.out, RunProgram({"v2.bin", "-t", "1", "-s", "3", "--quiet"}).out);
  }
}

TEST_F(RunqTest, SaysWhatLlama2cGetsWrong) {
  WriteInt8Model("q.bin", 10, 16);
  const Outcome outcome = RunProgram({"q.bin", "-t", "0", "-n", "10", "--quiet"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err,
            "runq: q.bin: groups of 16 straddle rows of 100; that is right here, but "
            "llama2.c's runq computes it wrongly\n");
}

TEST_F(RunqTest, RefusesToDequantize) {
  WriteInt8Model("q.bin", 10, 4);
  EXPECT_THAT(RunProgram({"q.bin", "--dequantize"}),
              FailsWith("runq", 1,
                        AllOf(StartsWith("dequantize: found true"),
                              EndsWith("run q.bin --dequantize"))));
}

TEST_F(RunqTest, AWeightThatIsNotFiniteCannotBecomeInt8) {
  std::string bytes = folder().Read("model.bin");
  bytes.replace(28 + 4 * 7, 4, "\x00\x00\x80\x7f", 4);  // infinity
  folder().Write("bad.bin", bytes);
  const Outcome outcome = RunProgram({"bad.bin"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, EndsWith("runq: bad.bin: token_embedding: found a weight of inf, "
                                    "expected finite ones to make int8 of\n"));
}

// A file of 104 MB that promises a context of a million tokens: nothing of it is copied,
// and only the positions asked for get a KV cache.
TEST_F(RunqTest, NeedsTheMemoryOfTheFileAndOfAFewPositions) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps memory for itself";
#endif
  const CheckpointHeader header = {{CheckpointVersion::kV2, 64},
                                   {.dim = 512,
                                    .hidden_dim = 2048,
                                    .n_layers = 19,
                                    .n_heads = 8,
                                    .n_kv_heads = 8,
                                    .vocab_size = 32000,
                                    .seq_len = kMaxConfigValue}};
  const int64_t file = FileBytes(header.format, header.config);
  const int64_t positions = 16;
  // The weights are zeros, a hole in the file.
  std::filesystem::resize_file(folder().Write("large.bin", SerializeCheckpointHeader(header)),
                               file);
  WriteTokenizer("tokenizer.bin", header.config.vocab_size);
  const Outcome outcome =
      RunProgram({"large.bin", "-t", "0", "-n", absl::StrCat(positions), "--threads=2"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const int64_t least = file + KvCache::Bytes(header.config, positions) + (8 << 20);
  EXPECT_LE(outcome.peak_memory, least + least / 10);
}

TEST_F(RunqTest, AScaleThatIsNoNumberIsAnErrorOfOneLine) {
  WriteInt8Model("q.bin", 10, 4);
  std::string bytes = folder().Read("q.bin");
  bytes.replace(bytes.size() - 4, 4, "\xff\xff\xff\xff");  // the last, of w3
  folder().Write("bad.bin", bytes);
  const Outcome outcome = RunProgram({"bad.bin"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, "\n");
  EXPECT_THAT(outcome.err, AllOf(StartsWith("runq: bad.bin: position 1: "), EndsWith("\n")));
}

}  // namespace
}  // namespace llama2
