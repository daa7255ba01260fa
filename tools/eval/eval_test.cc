// `eval` as a program.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
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
#include "tools/cli/subprocess.h"
#include "tools/run_fixture.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class EvalTest : public RunFixture {
 protected:
  // What --json prints.
  template <typename Report = EvalReport>
  Report Evaluate(std::vector<std::string> args) const {
    args.push_back("--json");
    const Outcome outcome = RunProgram(args);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    Report report;
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
  for (const char* flag : {"--threads=1", "--threads=3", "--isa=scalar", "--window=32",
                           "--batch=1", "--batch=3"}) {
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

TEST_F(EvalTest, ComparesAModelWithItsInt8Copy) {
  folder().Write("text.txt", absl::StrCat(kOne, "\n\n", kTwo));
  const ComparisonReport report =
      Evaluate<ComparisonReport>({"model.bin", "text.txt", "--compare=int8"});
  EXPECT_EQ(report.reference().checkpoint(), "model.bin");
  EXPECT_EQ(report.other().checkpoint(), "model.bin, int8");
  EXPECT_EQ(report.reference().nats_per_token(),
            Evaluate({"model.bin", "text.txt"}).nats_per_token());
  EXPECT_DOUBLE_EQ(report.perplexity_ratio().value(),
                   std::exp(report.nats_difference().value()));
  EXPECT_GT(report.kl_divergence().value(), 0);
  EXPECT_LT(report.kl_divergence().value(), 0.01);
  EXPECT_GE(report.kl_divergence_maximum(), report.kl_divergence_99th_percentile());
  EXPECT_GE(report.kl_divergence_99th_percentile(), report.kl_divergence().value());

  // The copy is what the file of the same format is.
  WriteModel("q8.bin", kConfig, /*seed=*/10, {CheckpointVersion::kV3, 4});
  const ComparisonReport file =
      Evaluate<ComparisonReport>({"model.bin", "text.txt", "--compare=q8.bin"});
  EXPECT_EQ(file.other().checkpoint(), "q8.bin");
  EXPECT_EQ(file.other().nats_per_token(), report.other().nats_per_token());
  for (const char* flag : {"--threads=1", "--threads=3", "--isa=scalar", "--batch=1"}) {
    EXPECT_EQ(Evaluate<ComparisonReport>({"model.bin", "text.txt", "--compare=int8", flag})
                  .SerializeAsString(),
              report.SerializeAsString())
        << flag;
  }
  EXPECT_THAT(RunProgram({"model.bin", "text.txt", "--compare=int8"}),
              Prints(AllOf(StartsWith("P is model.bin, Q is model.bin, int8: 2 stories, "),
                           HasSubstr("\nKL(P || Q), mean "), HasSubstr("\ntop-1 agreement "))));
}

TEST_F(EvalTest, AComparisonIsOverTheContextOfBoth) {
  Config shorter = kConfig;
  shorter.seq_len = 5;
  WriteModel("short.bin", shorter, /*seed=*/10);
  folder().Write("text.txt", kOne);
  const ComparisonReport report =
      Evaluate<ComparisonReport>({"model.bin", "text.txt", "--compare=short.bin"});
  EXPECT_EQ(report.kl_divergence_maximum(), 0) << "the weights are the same";
  EXPECT_EQ(report.reference().nats_per_token(),
            Evaluate({"model.bin", "text.txt", "--window=5"}).nats_per_token());
}

TEST_F(EvalTest, WhatCannotBeComparedIsRefused) {
  folder().Write("text.txt", kOne);
  Config other = kConfig;
  other.vocab_size = 5999;
  WriteModel("other.bin", other, /*seed=*/1);
  WriteModel("q8.bin", kConfig, /*seed=*/10, {CheckpointVersion::kV3, 4});
  const auto expect_refused = [&](const std::string& model, const std::string& compare,
                                  int exit_code, const auto& message) {
    EXPECT_THAT(RunProgram({model, "text.txt", "--compare=" + compare}),
                FailsWith("eval", exit_code, message));
  };
  expect_refused("model.bin", "other.bin", 1,
                 StartsWith("other.bin: vocab_size: found 5999, expected 6000, that of "
                            "model.bin"));
  expect_refused("model.bin", "default", 1, HasSubstr("vocab_size: found 2048"));
  expect_refused("model.bin", "missing.bin", 1, StartsWith("missing.bin: "));
  expect_refused("q8.bin", "int8", 1, StartsWith("compare: found int8"));
  expect_refused("model.bin", "", 2, HasSubstr("compare"));
}

constexpr char kQuestions[] =
    R"({"context":"the rain","endings":[" was here"," is on"," and"],"answer":0}
{"context":"she","endings":[" said no","xqz"],"answer":1}
)";

TEST_F(EvalTest, AnswersQuestions) {
  folder().Write("choices.jsonl", kQuestions);
  const ChoicesReport report =
      Evaluate<ChoicesReport>({"model.bin", "--choices=choices.jsonl"});
  EXPECT_EQ(report.checkpoint(), "model.bin");
  EXPECT_EQ(report.questions(), 2);
  EXPECT_NEAR(report.chance(), (1.0 / 3 + 1.0 / 2) / 2, 1e-12);
  for (const char* flag : {"--threads=1", "--threads=3", "--isa=scalar", "--batch=1"}) {
    EXPECT_EQ(Evaluate<ChoicesReport>({"model.bin", "--choices=choices.jsonl", flag})
                  .SerializeAsString(),
              report.SerializeAsString())
        << flag;
  }
  EXPECT_THAT(RunProgram({"model.bin", "--choices=choices.jsonl"}),
              Prints(AllOf(StartsWith("model.bin: 2 questions\naccuracy "),
                           HasSubstr("\naccuracy, per byte "), HasSubstr("\nchance "))));
}

TEST_F(EvalTest, ABadQuestionIsNamed) {
  const auto expect_refused = [&](const std::string& text, const auto& message) {
    folder().Write("choices.jsonl", text);
    EXPECT_THAT(RunProgram({"model.bin", "--choices=choices.jsonl"}),
                FailsWith("eval", 1, message));
  };
  expect_refused("", StartsWith("choices.jsonl: "));
  expect_refused("\n", StartsWith("choices.jsonl: found no question"));
  expect_refused(std::string(kQuestions) + R"({"context":"a","endings":["b","c"]})",
                 StartsWith("choices.jsonl:3: answer: missing, expected 0 to 1"));
  expect_refused(R"({"context":"a","endings":["b"],"answer":0})",
                 StartsWith("choices.jsonl:1: endings: found 1, expected 2 to"));
  expect_refused(std::string(kQuestions) + R"({"context":"a","endings":["b",")" +
                     std::string(1000, 'x') + R"("],"answer":0})",
                 AllOf(StartsWith("choices.jsonl:3: endings[1]: found "),
                       HasSubstr("tokens, expected up to 64, the window")));
  EXPECT_THAT(RunProgram({"model.bin", "--choices=missing.jsonl"}),
              FailsWith("eval", 1, StartsWith("missing.jsonl: ")));
}

TEST_F(EvalTest, WrongUsageIsExitCode2) {
  EXPECT_THAT(RunProgram({}), FailsWith("eval", 2, StartsWith("checkpoint: missing")));
  EXPECT_THAT(RunProgram({"model.bin"}), FailsWith("eval", 2, StartsWith("text: missing")));
  EXPECT_THAT(RunProgram({"model.bin", "a.txt", "--window=1"}),
              FailsWith("eval", 2, HasSubstr("--window: found \"1\"")));
  EXPECT_THAT(RunProgram({"model.bin", "a.txt", "--choices=b"}),
              FailsWith("eval", 2, StartsWith("text: found one, expected none")));
  EXPECT_THAT(RunProgram({"model.bin", "--compare=b", "--choices=c"}),
              FailsWith("eval", 2, StartsWith("compare: found one, expected none")));
  EXPECT_THAT(RunProgram({"model.bin", "--choices=c", "--cut"}),
              FailsWith("eval", 2, HasSubstr("found with choices")));
  EXPECT_THAT(RunProgram({"model.bin", "a.txt", "--batch=0"}),
              FailsWith("eval", 2, HasSubstr("--batch: found \"0\"")));
}

TEST_F(EvalTest, DamagedWeightsAreNamed) {
  folder().Write("text.txt", kOne);
  folder().Write("choices.jsonl", R"({"context": "he", "endings": ["a", "b"], "answer": 0})");
  std::string bytes = folder().Read("model.bin");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  // In the embedding of BOS, before which there is nothing else.
  const int64_t place = HeaderBytes(CheckpointVersion::kV0) + kConfig.dim * sizeof(nan);
  std::memcpy(&bytes[place], &nan, sizeof(nan));
  folder().Write("nan.bin", bytes);
  constexpr absl::string_view kWhat =
      "the loss is nan; expected a finite number: the checkpoint's weights are damaged";
  EXPECT_THAT(RunProgram({"nan.bin", "text.txt"}),
              FailsWith("eval", 1, absl::StrCat("nan.bin: ", kWhat)));
  EXPECT_THAT(RunProgram({"nan.bin", "--choices=choices.jsonl"}),
              FailsWith("eval", 1, absl::StrCat("nan.bin: ", kWhat)));
  EXPECT_THAT(RunProgram({"model.bin", "text.txt", "--compare=nan.bin"}),
              FailsWith("eval", 1, absl::StrCat("P is model.bin, Q is nan.bin: Q: ", kWhat)));
}

TEST_F(EvalTest, BadInputIsExitCode1) {
  folder().Write("text.txt", kOne);
  folder().Write("empty.txt", "");
  folder().Write("binary.txt", std::string("\0\1\2", 3));
  folder().Write("blank.txt", " \n\n");
  folder().Write("latin1.txt", "One.\n\nCaf\xE9.\n");
  EXPECT_THAT(RunProgram({"missing.bin", "text.txt"}),
              FailsWith("eval", 1, StartsWith("missing.bin: ")));
  EXPECT_THAT(RunProgram({"model.bin", "missing.txt"}),
              FailsWith("eval", 1, StartsWith("missing.txt: ")));
  EXPECT_THAT(RunProgram({"model.bin", "empty.txt"}),
              FailsWith("eval", 1, StartsWith("empty.txt: found no text")));
  EXPECT_THAT(RunProgram({"model.bin", "blank.txt"}),
              FailsWith("eval", 1, StartsWith("blank.txt: found no text")));
  EXPECT_THAT(RunProgram({"model.bin", "text.txt", "latin1.txt"}),
              FailsWith("eval", 1, "latin1.txt:3: byte 9: found 0xE9, expected text in UTF-8"));
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
