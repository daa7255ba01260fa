// Any bytes as a configuration: refused in one line, or one that can be printed, loaded
// again and validated.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "base/check.h"
#include "tools/cli/config_file.h"
#include "tools/run_config.h"
#include "tools/run_config.pb.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view content(reinterpret_cast<const char*>(data), size);
  llama2::RunConfig config;
  const absl::Status status = llama2::ParseConfig(content, "fuzz", &config);
  if (!status.ok()) {
    CHECK(absl::StartsWith(status.message(), "fuzz:"));
    return 0;
  }
  const std::string printed = llama2::PrintConfig(config);
  llama2::RunConfig again;
  CHECK(llama2::ParseConfig(printed, "printed", &again).ok());
  CHECK(llama2::PrintConfig(again) == printed);
  // The instruction set is the one thing that the schema cannot judge.
  CHECK(llama2::Validate(config).ok() || !config.isa().empty());
  return 0;
}
