// A benchmark's results, printed.
//
//   std::cout << BenchReportText(report);
#ifndef LLAMA2_TOOLS_BENCH_BENCH_REPORT_H_
#define LLAMA2_TOOLS_BENCH_BENCH_REPORT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/bench/bench_config.pb.h"

namespace llama2 {

// Tables for a person: for each model the phases, then starting and the machine's limits.
std::string BenchReportText(const BenchReport& report);

// A line of names, and one for each phase and program.
std::string BenchReportCsv(const BenchReport& report);

}  // namespace llama2

#endif  // LLAMA2_TOOLS_BENCH_BENCH_REPORT_H_
