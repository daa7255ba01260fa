// `eval` as a program.
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analysis/evaluation.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "llama/checkpoint_layout.h"
#include "testing/matchers.h"
#include "testing/oracle.h"
#include "testing/shared_data.h"
#include "testing/tiny_models.h"
#include "tokenizer/encoder.h"
#include "tokenizer/vocabulary.h"
#include "tools/run_fixture.h"
#include "tools/subprocess.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class EvalTest : public RunFixture {
 protected:
  EvalReport Evaluate(std::vector<std::string> args) const {
    args.push_back("--json");
    const Outcome outcome = RunProgram(args);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EvalReport report;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(outcome.out, &report).ok())
        << outcome.out;
    return report;
  }
};

constexpr absl::string_view kOne = "the rain was here";
constexpr absl::string_view kTwo =
    "she said no \xE2\x82\xAC";  // a Euro sign: three byte tokens

TEST_F(EvalTest, IsTheMeanOfTheOraclesLosses) {
  const std::string text = absl::StrCat(kOne, "\n<|endoftext|>\n", kTwo, "\n");
  folder().Write("text.txt", text);
  const EvalReport report = Evaluate({"model.bin", "text.txt"});

  const TinyModel model = MakeTinyModel(kConfig, /*seed=*/10);  // as the fixture's
  ASSERT_OK_AND_ASSIGN(const Vocabulary vocabulary,
                       Vocabulary::Load(folder().Path("tokenizer.bin")));
  double nats = 0;
  int64_t count = 0;
  for (absl::string_view story : {kOne, kTwo}) {
    const std::vector<int> tokens = Encoder(&vocabulary).Encode(story, {.add_bos = true});
    for (double loss : OracleLosses(kConfig, model.weights(), tokens)) {
      nats += loss;
      ++count;
    }
  }
  EXPECT_EQ(report.stories(), 2);
  EXPECT_EQ(report.tokens(), count);
  EXPECT_EQ(report.bytes(), static_cast<int64_t>(kOne.size() + kTwo.size()));
  EXPECT_NEAR(report.nats_per_token(), nats / count, 1e-5);
  EXPECT_NEAR(report.perplexity(), std::exp(nats / count), 1e-4 * std::exp(nats / count));
  EXPECT_NEAR(report.bits_per_byte(), nats / std::log(2) / report.bytes(), 1e-5);
}

TEST_F(EvalTest, ThreadsInstructionSetsAndWindowsThatHoldAllDoNotChangeTheNumbers) {
  folder().Write("text.txt", kOne);
  const EvalReport expected = Evaluate({"model.bin", "text.txt"});
  for (const char* flag : {"--threads=1", "--threads=3", "--isa=scalar", "--window=32"}) {
    EXPECT_EQ(Evaluate({"model.bin", "text.txt", flag}).nats_per_token(),
              expected.nats_per_token())
        << flag;
  }
}

TEST_F(EvalTest, ACutStoryIsJudgedAsFarAsAWindowReaches) {
  folder().Write("text.txt", kOne);
  const EvalReport whole = Evaluate({"model.bin", "text.txt"});
  const EvalReport cut = Evaluate({"model.bin", "text.txt", "--window=4", "--cut"});
  EXPECT_EQ(cut.tokens(), 3);  // a BOS, and three tokens behind it
  EXPECT_LT(cut.bytes(), whole.bytes());
  const EvalReport windows = Evaluate({"model.bin", "text.txt", "--window=4", "--stride=1"});
  EXPECT_EQ(windows.tokens(), whole.tokens());
  EXPECT_NE(windows.nats_per_token(), whole.nats_per_token());
}

TEST_F(EvalTest, RunsInt8AndTheDefaultModel) {
  WriteModel("q8.bin", kConfig, /*seed=*/10, {CheckpointVersion::kV2, 4});
  folder().Write("text.txt", kOne);
  const double exact = Evaluate({"model.bin", "text.txt"}).nats_per_token();
  EXPECT_NEAR(Evaluate({"q8.bin", "text.txt"}).nats_per_token(), exact, 0.02 * exact);
  EXPECT_THAT(
      RunProgram({"default", "text.txt"}),
      Prints(AllOf(StartsWith("the default model: 1 stories, "), HasSubstr("\nbits a byte "))));
}

TEST_F(EvalTest, WrongUsageIsExitCode2) {
  EXPECT_THAT(RunProgram({}), FailsWith("eval", 2, StartsWith("checkpoint: missing")));
  EXPECT_THAT(RunProgram({"model.bin"}), FailsWith("eval", 2, StartsWith("text: missing")));
  EXPECT_THAT(RunProgram({"model.bin", "a.txt", "--window=1"}),
              FailsWith("eval", 2, HasSubstr("--window: found \"1\"")));
}

TEST_F(EvalTest, BadInputIsExitCode1) {
  folder().Write("text.txt", kOne);
  folder().Write("empty.txt", "");
  folder().Write("binary.txt", std::string("\0\1\2", 3));
  EXPECT_THAT(RunProgram({"missing.bin", "text.txt"}),
              FailsWith("eval", 1, StartsWith("missing.bin: ")));
  EXPECT_THAT(RunProgram({"model.bin", "missing.txt"}),
              FailsWith("eval", 1, StartsWith("missing.txt: ")));
  EXPECT_THAT(RunProgram({"model.bin", "empty.txt"}),
              FailsWith("eval", 1, StartsWith("empty.txt: ")));
  EXPECT_THAT(RunProgram({"model.bin", "binary.txt"}),
              FailsWith("eval", 1, StartsWith("binary.txt:1: byte 0: found 0x00")));
  EXPECT_THAT(RunProgram({"model.bin", "text.txt", "--window=65"}),
              FailsWith("eval", 1, StartsWith("window: found 65, expected up to 64")));
  EXPECT_THAT(RunProgram({"model.bin", "text.txt", "--stride=65"}),
              FailsWith("eval", 1, StartsWith("stride: found 65, expected up to the window")));
}

// By llama2.c's own logits it is 1.2952 nats a token. These tokens decode to 222580 bytes of
// text (0.8833 bits a byte, which is said elsewhere, has the 6 bytes of "<0x0A>" for each of
// 943 line ends and the like).
TEST_F(EvalTest, AgreesWithLlama2c) {
  const auto model = SharedDataPath("stories260K.bin");
  const auto tokenizer = SharedDataPath("tok512.bin");
  const auto stories = SharedDataPath("text/tinystories-val.txt");
  if (!model || !tokenizer || !stories) {
    GTEST_SKIP() << "LLAMA2_SHARED_DATA has no stories260K.bin, or no text for it";
  }
  const EvalReport report = Evaluate({*model, *stories, "-z", *tokenizer, "--cut"});
  EXPECT_EQ(report.stories(), 300);
  EXPECT_EQ(report.tokens(), 107579);
  EXPECT_NEAR(report.nats_per_token(), 1.2952, 1e-4);
  EXPECT_EQ(report.bytes(), 222580);
  EXPECT_NEAR(report.bits_per_byte(), 0.9032, 1e-4);
}

}  // namespace
}  // namespace llama2
