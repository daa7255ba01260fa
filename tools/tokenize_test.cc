// `tokenize` as a program.
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/tiny_vocabulary.h"
#include "tokenizer/token.h"
#include "tokenizer/tokenizer_bin.h"
#include "tools/cli/program_fixture.h"
#include "tools/cli/subprocess.h"
#include "tools/cli/version.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class TokenizeTest : public ProgramFixture {
 protected:
  // The bytes, " " (259), a to z (260 to 285), and merges: "he" is 287, " the" is 288.
  TokenizeTest() { folder().Write("tok.bin", TinyTokenizerBin(400)); }
};

TEST_F(TokenizeTest, EncodesAndDecodes) {
  EXPECT_THAT(RunProgram({"tok.bin", "--encode=qz"}), Prints("259 276 285\n"));
  EXPECT_THAT(RunProgram({"tok.bin", "--encode", "qz", "--bos", "--eos"}),
              Prints("1 259 276 285 2\n"));
  EXPECT_THAT(RunProgram({"tok.bin", "--encode="}), Prints("\n"));
  EXPECT_THAT(RunProgram({"tok.bin", "--decode=1 259 276,285"}), Prints("qz\n"));
  // The two bytes of an umlaut, and half of them.
  EXPECT_THAT(RunProgram({"tok.bin", "--decode=198 167"}), Prints("\xC3\xA4\n"));
  EXPECT_THAT(RunProgram({"tok.bin", "--decode=198"}), Prints("\uFFFD\n"));
}

TEST_F(TokenizeTest, ATextComesBackFromItsIds) {
  const std::string text = "the cat \xF0\x9F\x99\x82\nand the hat";
  const Outcome ids = RunProgram({"tok.bin", absl::StrCat("--encode=", text), "--bos"});
  EXPECT_EQ(ids.exit_code, 0);
  EXPECT_THAT(RunProgram({"tok.bin", absl::StrCat("--decode=", ids.out)}),
              Prints(absl::StrCat(text, "\n")));
}

TEST_F(TokenizeTest, ConvertsThereAndBack) {
  EXPECT_THAT(RunProgram({"tok.bin", "tok.model"}), Prints(""));
  EXPECT_THAT(RunProgram({"tok.model", "again.bin"}), Prints(""));
  EXPECT_EQ(folder().Read("again.bin"), folder().Read("tok.bin"));
  EXPECT_EQ(RunProgram({"tok.model", "--encode=the hat"}).out,
            RunProgram({"tok.bin", "--encode=the hat"}).out);
}

TEST_F(TokenizeTest, SaysWhatIsLost) {
  folder().Write("odd.bin", SerializeTokenizerBin({{"<unk>", 0, TokenKind::kUnknown},
                                                   {"<bos>", 0, TokenKind::kControl},
                                                   {"<eos>", 0, TokenKind::kControl}}));
  const Outcome outcome = RunProgram({"odd.bin", "odd.model"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err,
            "tokenize: note: odd.model: token 1 '<bos>' becomes '\\n<s>\\n'\n"
            "tokenize: note: odd.model: token 2 '<eos>' becomes '\\n</s>\\n'\n");
}

TEST_F(TokenizeTest, Inspects) {
  EXPECT_THAT(RunProgram({"tok.bin", "--inspect"}),
              Prints(StartsWith("tok.bin\n400 tokens: 1 unknown, 2 control, 256 byte, 141 "
                                "normal\n")));
}

TEST_F(TokenizeTest, OverwritesOnlyWhatItMay) {
  folder().Write("old.bin", "precious");
  EXPECT_THAT(RunProgram({"tok.bin", "old.bin"}),
              FailsWith("tokenize", 1, "old.bin: exists; --force replaces it"));
  EXPECT_EQ(folder().Read("old.bin"), "precious");
  EXPECT_THAT(RunProgram({"tok.bin", "tok.bin", "--force"}),
              FailsWith("tokenize", 1, HasSubstr("is the same file as the input")));
  EXPECT_THAT(RunProgram({"tok.bin", "old.bin", "--force"}), Prints(""));
  EXPECT_EQ(folder().Read("old.bin"), folder().Read("tok.bin"));
  EXPECT_THAT(folder().Names(), ElementsAre("old.bin", "tok.bin"));
}

TEST_F(TokenizeTest, RefusesWhatItCannotDo) {
  EXPECT_THAT(RunProgram({}), FailsWith("tokenize", 2, StartsWith("vocabulary: missing")));
  EXPECT_THAT(RunProgram({"tok.bin"}),
              FailsWith("tokenize", 2, StartsWith("found 0 things to do, expected one")));
  EXPECT_THAT(RunProgram({"tok.bin", "--inspect", "--encode=a"}),
              FailsWith("tokenize", 2, StartsWith("found 2 things to do")));
  EXPECT_THAT(RunProgram({"tok.bin", "tok.txt"}),
              FailsWith("tokenize", 2,
                        "output: found \"tok.txt\", expected a name that ends "
                        "with .bin or .model"));
  EXPECT_THAT(RunProgram({"tok.bin", "--decode=1 x"}),
              FailsWith("tokenize", 2, StartsWith("decode: found \"x\", expected ids")));
  EXPECT_THAT(RunProgram({"tok.bin", "--decode=400"}),
              FailsWith("tokenize", 1,
                        "decode: found \"400\", expected an id from 0 to 399 of "
                        "tok.bin"));
  EXPECT_THAT(RunProgram({"tok.bin", "--decode=-1"}),
              FailsWith("tokenize", 1, HasSubstr("expected an id from 0 to 399")));
  EXPECT_THAT(RunProgram({"missing.bin", "--inspect"}),
              FailsWith("tokenize", 1, StartsWith("missing.bin: cannot open")));
}

TEST_F(TokenizeTest, HelpsAndTellsItsVersion) {
  EXPECT_THAT(RunProgram({"--help"}), Prints(AllOf(HasSubstr("Usage: tokenize VOCABULARY"),
                                                   HasSubstr("--encode=TEXT"))));
  EXPECT_THAT(RunProgram({"--version"}), Prints(absl::StrCat("tokenize ", kVersion, "\n")));
}

}  // namespace
}  // namespace llama2
