#include "tools/bench/bench_report.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

constexpr char kReport[] = R"text(
  isa: "avx2" rounds: 3
  model {
    checkpoint: "a,b.bin" format: "version 0 (float32)" config: "dim 8"
    note: "prefill 512 cut to 16, the model's context"
    team {
      threads: 2
      result {
        phase: "prefill" tokens: 16
        tokens_per_second { min: 99.5 median: 1234.5 max: 12345.6 }
        of_limit { min: 0.5 median: 0.75 max: 1 } limit: "arithmetic" peak_mib: 68.25
      }
      result {
        phase: "prefill" tokens: 16 peer: "the \"peer\""
        tokens_per_second { min: 1 median: 2.5 max: 3 } ratio { min: 1 median: 1.5 max: 2 }
      }
      load_ms { min: 1 median: 2 max: 3 }
      first_token_ms { min: 4 median: 5 max: 6 }
      read_gb_per_second { min: 30 median: 33.25 max: 40 }
      fp32_gflop_per_second { min: 100 median: 200 max: 300 }
      int8_gop_per_second { min: 400 median: 800 max: 900 }
    }
  }
)text";

BenchReport Report() {
  BenchReport report;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kReport, &report));
  return report;
}

TEST(BenchReport, IsATable) {
  EXPECT_EQ(BenchReportText(Report()),
            R"text(a,b.bin: version 0 (float32), dim 8
avx2, 3 rounds
prefill 512 cut to 16, the model's context

phase       program     threads  tok/s   min    max         of limit  ours/theirs  peak MiB
prefill 16  llama2.cc         2   1234  99.5  12346  arithmetic  75%                   68.2
prefill 16  the "peer"        2   2.50  1.00   3.00                          1.50

threads  load ms  first token ms  read GB/s  fp32 GFLOP/s  int8 GOP/s
      2     2.00            5.00       33.2           200         800
)text");
}

TEST(BenchReport, PutsABlankLineBetweenModels) {
  BenchReport report = Report();
  *report.add_model() = report.model(0);
  const std::string one = BenchReportText(Report());
  EXPECT_EQ(BenchReportText(report), absl::StrCat(one, "\n", one));
}

TEST(BenchReport, IsCsv) {
  const std::string names =
      "checkpoint,format,isa,threads,phase,tokens,program,"
      "tokens_per_second_min,tokens_per_second_median,tokens_per_second_max,"
      "ratio_min,ratio_median,ratio_max,of_limit_min,of_limit_median,of_limit_max,limit,"
      "peak_mib,load_ms,first_token_ms\n";
  const std::string model = "\"a,b.bin\",\"version 0 (float32)\",avx2,2,prefill,16,";
  EXPECT_EQ(
      BenchReportCsv(Report()),
      absl::StrCat(names, model,
                   "\"llama2.cc\",99.5,1234.5,12345.6,,,,0.5,0.75,1,arithmetic,68.25,2,5\n",
                   model, "\"the \"\"peer\"\"\",1,2.5,3,1,1.5,2,,,,,,,\n"));
}

}  // namespace
}  // namespace llama2
