// Runs the program and reads back what it wrote.
#include <sys/wait.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "kernels/tensor_view.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_layout.h"
#include "llama/config.h"
#include "testing/matchers.h"
#include "testing/tiny_models.h"
#include "testing/tiny_vocabulary.h"

namespace llama2 {
namespace {

constexpr Config kConfig = {.dim = 32,
                            .hidden_dim = 20,
                            .n_layers = 2,
                            .n_heads = 4,
                            .n_kv_heads = 2,
                            .vocab_size = 300,
                            .seq_len = 16,
                            .shared_classifier = false};

void ExpectSame(const MatrixView<const float>& actual,
                const MatrixView<const float>& expected) {
  ASSERT_EQ(actual.rows(), expected.rows());
  for (int64_t i = 0; i < actual.rows(); ++i) {
    EXPECT_THAT(actual.Row(i), BitsEqual(expected.Row(i))) << i;
  }
}

// The exit code of make_checkpoint with these arguments; "$1" among them is a folder
// for its files.
int RunProgram(absl::string_view arguments) {
  const std::string command =
      absl::StrCat("set -- ", ::testing::TempDir(), "; testing/make_checkpoint ", arguments);
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

constexpr absl::string_view kShape =
    " --shape=dim=32,hidden_dim=20,n_layers=2,n_heads=4,n_kv_heads=2,vocab_size=300,"
    "seq_len=16,shared_classifier=0 ";

class MakeCheckpointTest : public ::testing::TestWithParam<CheckpointVersion> {};

INSTANTIATE_TEST_SUITE_P(Versions, MakeCheckpointTest,
                         ::testing::Values(CheckpointVersion::kV0, CheckpointVersion::kV1));

TEST_P(MakeCheckpointTest, WritesARandomCheckpoint) {
  const int format = static_cast<int>(GetParam());
  ASSERT_EQ(RunProgram(absl::StrCat("--seed=7 --format=v", format, kShape, "$1/model.bin")), 0);
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint,
                       Checkpoint::Open(::testing::TempDir() + "/model.bin"));
  EXPECT_EQ(checkpoint.format(), CheckpointFormat{GetParam()});
  EXPECT_EQ(checkpoint.config(), kConfig);
  const TinyModel model = MakeTinyModel(kConfig, 7);
  ExpectSame(checkpoint.weights().token_embedding, model.weights().token_embedding);
  ExpectSame(checkpoint.weights().layers[1].w3, model.weights().layers[1].w3);
  ExpectSame(checkpoint.weights().classifier, model.weights().classifier);
}

TEST(MakeCheckpoint, WritesInt8) {
  ASSERT_EQ(RunProgram(absl::StrCat("--format=2 --group_size=32", kShape, "$1/model.bin")), 0);
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint,
                       Checkpoint::Open(::testing::TempDir() + "/model.bin"));
  EXPECT_EQ(checkpoint.format(), (CheckpointFormat{CheckpointVersion::kV2, 32}));
  EXPECT_EQ(checkpoint.config(), kConfig);
}

TEST(MakeCheckpoint, WritesPanels) {
  ASSERT_EQ(RunProgram(absl::StrCat("--format=v3 --group_size=32", kShape, "$1/model.bin")), 0);
  ASSERT_OK_AND_ASSIGN(const Checkpoint checkpoint,
                       Checkpoint::Open(::testing::TempDir() + "/model.bin"));
  EXPECT_EQ(checkpoint.format(), (CheckpointFormat{CheckpointVersion::kV3, 32}));
  EXPECT_EQ(checkpoint.config(), kConfig);
}

TEST(MakeCheckpoint, WritesAVocabularyOfTheSameSize) {
  ASSERT_EQ(RunProgram(absl::StrCat("--tokenizer=$1/tokenizer.bin", kShape, "$1/model.bin")),
            0);
  std::ifstream file(::testing::TempDir() + "/tokenizer.bin", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file),
                          std::istreambuf_iterator<char>()};
  EXPECT_EQ(bytes, TinyTokenizerBin(kConfig.vocab_size));
}

TEST(MakeCheckpoint, RefusesWhatItCannotWrite) {
  EXPECT_EQ(RunProgram(""), 2);
  EXPECT_EQ(RunProgram("$1/a.bin $1/b.bin"), 2);
  EXPECT_EQ(RunProgram("--shape=7B $1/model.bin"), 1);
  EXPECT_EQ(RunProgram("--format=v4 $1/model.bin"), 1);
  EXPECT_EQ(RunProgram("--format= $1/model.bin"), 1);
  EXPECT_EQ(RunProgram("--format=2 --group_size=0 $1/model.bin"), 1);
  EXPECT_EQ(RunProgram("$1/no_such_folder/model.bin"), 1);
  EXPECT_EQ(
      RunProgram("--tokenizer=$1/tokenizer.bin --shape=dim=2,hidden_dim=2,n_layers=1,n_heads=1,"
                 "n_kv_heads=1,vocab_size=258,seq_len=1 $1/model.bin"),
      1);
}

}  // namespace
}  // namespace llama2
