#include "tools/bench/bench_options.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/isa.h"
#include "kernels/thread_team.h"
#include "testing/matchers.h"

namespace llama2 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

BenchConfig ConfigOf(absl::string_view checkpoint) {
  BenchConfig config;
  config.add_checkpoint(std::string(checkpoint));
  return config;
}

TEST(BenchOptions, AreLlamaBenchsByThemselves) {
  ASSERT_OK_AND_ASSIGN(const BenchOptions options, BenchOptionsOf(ConfigOf("default")));
  EXPECT_THAT(options.phases,
              ElementsAre(Phase{Phase::kPrefill, 128}, Phase{Phase::kPrefill, 512},
                          Phase{Phase::kDecode, 256}));
  EXPECT_THAT(options.threads, ElementsAre(AvailableProcessors()));
  EXPECT_EQ(options.isa, BestIsa());
  EXPECT_THAT(options.peers, IsEmpty());
}

TEST(BenchOptions, ReadsLists) {
  BenchConfig config = ConfigOf("default");
  config.set_prefill("0");
  config.set_decode("7,3,7");
  config.set_threads("4,1");
  config.set_isa("scalar");
  config.add_peer("a=b=c {threads}");
  ASSERT_OK_AND_ASSIGN(const BenchOptions options, BenchOptionsOf(config));
  EXPECT_THAT(options.phases, ElementsAre(Phase{Phase::kDecode, 7}, Phase{Phase::kDecode, 3}));
  EXPECT_THAT(options.threads, ElementsAre(4, 1));
  EXPECT_EQ(options.isa, Isa::kScalar);
  ASSERT_EQ(options.peers.size(), 1u);
  EXPECT_EQ(options.peers[0].name, "a");
  EXPECT_EQ(options.peers[0].command, "b=c {threads}");
}

// Sets one field of a good configuration and expects this error.
void ExpectRefused(absl::string_view message, void (*change)(BenchConfig&)) {
  BenchConfig config = ConfigOf("default");
  ASSERT_THAT(Validate(config), IsOk());
  change(config);
  EXPECT_THAT(Validate(config),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(std::string(message))));
}

TEST(BenchOptions, NamesWhatItRefuses) {
  ExpectRefused("checkpoint: missing", [](auto& config) { config.clear_checkpoint(); });
  ExpectRefused("prefill: found \"1,x\"", [](auto& config) { config.set_prefill("1,x"); });
  ExpectRefused("prefill: found \"1,\"", [](auto& config) { config.set_prefill("1,"); });
  ExpectRefused("decode: found \"-1\"", [](auto& config) { config.set_decode("-1"); });
  ExpectRefused("decode: found \"1048577\"",
                [](auto& config) { config.set_decode("1048577"); });
  ExpectRefused("threads: found \"0\"", [](auto& config) { config.set_threads("0"); });
  ExpectRefused("isa: unknown", [](auto& config) { config.set_isa("mmx"); });
  ExpectRefused("rounds: found 0", [](auto& config) { config.set_rounds(0); });
  ExpectRefused("peer: found \"=a\"", [](auto& config) { config.add_peer("=a"); });
  ExpectRefused("peer: found \"a\"", [](auto& config) { config.add_peer("a"); });
  ExpectRefused("peer: found a twice", [](auto& config) {
    config.add_peer("a=b");
    config.add_peer("a=c");
  });
  ExpectRefused("prefill, decode: found 0", [](auto& config) {
    config.set_prefill("0");
    config.set_decode("0");
  });
  ExpectRefused("csv: found with json", [](auto& config) {
    config.set_json(true);
    config.set_csv(true);
  });
  ExpectRefused("once: found several", [](auto& config) {
    config.set_once(true);
    config.set_threads("1,2");
  });
}

TEST(PhasesOf, CutsToTheContextAndSaysSo) {
  BenchOptions options;
  options.phases = {{Phase::kPrefill, 128}, {Phase::kPrefill, 512}, {Phase::kDecode, 256}};
  std::vector<std::string> notes;
  EXPECT_THAT(PhasesOf(options, 512, &notes),
              ElementsAre(Phase{Phase::kPrefill, 128}, Phase{Phase::kPrefill, 512},
                          Phase{Phase::kDecode, 256}));
  EXPECT_THAT(notes, IsEmpty());
  EXPECT_THAT(PhasesOf(options, 100, &notes),
              ElementsAre(Phase{Phase::kPrefill, 100}, Phase{Phase::kDecode, 100}));
  EXPECT_THAT(notes, ElementsAre("prefill 128 cut to 100, the model's context",
                                 "prefill 512 cut to 100, the model's context",
                                 "decode 256 cut to 100, the model's context"));
}

}  // namespace
}  // namespace llama2
