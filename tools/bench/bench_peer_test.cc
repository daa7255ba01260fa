#include "tools/bench/bench_peer.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/test_folder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

MATCHER_P3(IsPhase, name, tokens, rate, "") {
  *result_listener << arg.ShortDebugString();
  return arg.name() == name && arg.tokens() == tokens && arg.tokens_per_second() == rate;
}

MATCHER_P(IsGenerationOfUnknownLengthAt, rate, "") {
  *result_listener << arg.ShortDebugString();
  return arg.name() == "decode" && !arg.has_tokens() && arg.tokens_per_second() == rate;
}

constexpr absl::string_view kTable =
    R"(| model             |      size | params | backend | threads |        test |              t/s |
| ----------------- | --------: | -----: | ------- | ------: | ----------: | ---------------: |
| llama ?B all F32  | 93.11 MiB | 24.4 M | CPU     |       2 |       pp128 | 6606.10 ± 151.00 |
| llama ?B all F32  | 93.11 MiB | 24.4 M | CPU     |       2 |       tg256 |    418.40 ± 0.00 |
| llama ?B all F32  | 93.11 MiB | 24.4 M | CPU     |       2 | pp128+tg256 |    600.00 ± 0.00 |

build: 0123abc (4748)
)";

constexpr absl::string_view kJson = R"([
  {
    "model_type": "llama, \"all\" F32",
    "n_threads": 2,
    "n_prompt": 128,
    "n_gen": 0,
    "avg_ts": 3881.026172,
    "samples_ns": [ 32980968, 32980969 ],
    "test": "pp128"
  },
  { "n_prompt": 0, "n_gen": 256, "avg_ts": 333.5, "cuda": false },
  { "n_prompt": 128, "n_gen": 256, "avg_ts": 600 }
]
)";

constexpr absl::string_view kCsv =
    R"(build_commit,model_type,n_prompt,n_gen,avg_ts,test
"0123abc","llama, ""all"" F32","128","0","3881.25","pp128"
"0123abc","llama, ""all"" F32","0","256","333.5","tg256"
)";

TEST(ParsePeerOutput, ReadsLlamaBenchsTable) {
  EXPECT_THAT(ParsePeerOutput(kTable, "loading\n"),
              ElementsAre(IsPhase("prefill", 128, 6606.1), IsPhase("decode", 256, 418.4)));
}

TEST(ParsePeerOutput, ReadsLlamaBenchsJson) {
  EXPECT_THAT(ParsePeerOutput(kJson, ""),
              ElementsAre(IsPhase("prefill", 128, 3881.026172), IsPhase("decode", 256, 333.5)));
}

TEST(ParsePeerOutput, ReadsLlamaBenchsCsv) {
  EXPECT_THAT(ParsePeerOutput(kCsv, ""),
              ElementsAre(IsPhase("prefill", 128, 3881.25), IsPhase("decode", 256, 333.5)));
}

TEST(ParsePeerOutput, ReadsLlama2cOnEitherStream) {
  EXPECT_THAT(ParsePeerOutput("Once upon\n", "achieved tok/s: 123.456789\n"),
              ElementsAre(IsGenerationOfUnknownLengthAt(123.456789)));
  EXPECT_THAT(ParsePeerOutput("Once uponachieved tok/s: 7.5\n\n", ""),
              ElementsAre(IsGenerationOfUnknownLengthAt(7.5)));
}

TEST(ParsePeerOutput, PassesOverWhatIsNoRate) {
  for (absl::string_view text :
       {"", "no rate\n", "achieved tok/s: fast\n", "achieved tok/s: nan\n",
        "achieved tok/s: -1\n", "[", "[]", "[1]", "[{\"n_prompt\": \"x\"}]", "| test | t/s |\n",
        "| test | t/s |\n| pp128 |\n| pp | 5 |\n| tg12 | x |\n", "avg_ts\n\n\"\n",
        "n_prompt,avg_ts\n128,inf\n"}) {
    EXPECT_THAT(ParsePeerOutput(text, ""), IsEmpty()) << text;
  }
}

TEST(RunPeer, ReplacesTheModelAndTheThreads) {
  EXPECT_THAT(RunPeer({"sum", "echo {model} >&2; echo achieved tok/s: {threads}.5 >&2"},
                      "a model", /*threads=*/4),
              IsOkAndHolds(ElementsAre(IsGenerationOfUnknownLengthAt(4.5))));
}

TEST(RunPeer, ReadsWhatAProgramWrites) {
  TestFolder folder;
  const std::string path = folder.Write("table.txt", kTable);
  EXPECT_THAT(RunPeer({"cat", absl::StrCat("cat ", path)}, "", 1),
              IsOkAndHolds(
                  ElementsAre(IsPhase("prefill", 128, 6606.1), IsPhase("decode", 256, 418.4))));
}

TEST(RunPeer, NamesAPeerThatFails) {
  EXPECT_THAT(RunPeer({"bad", "echo no such model >&2; exit 3"}, "", 1),
              StatusIs(absl::StatusCode::kUnavailable, "peer bad: exit code 3: no such model"));
  EXPECT_THAT(
      RunPeer({"missing", "/no/such/program"}, "", 1),
      StatusIs(absl::StatusCode::kUnavailable, StartsWith("peer missing: exit code 127: ")));
  EXPECT_THAT(RunPeer({"mute", "echo hello"}, "", 1),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(StartsWith("peer mute: printed no rate"), HasSubstr("hello"))));
}

}  // namespace
}  // namespace llama2
