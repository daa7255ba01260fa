#include "tools/eval_report.h"

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "google/protobuf/util/json_util.h"

namespace llama2 {

std::string ReportText(const EvalReport& report) {
  return absl::StrFormat(
      "%s: %d stories, %d tokens, %d bytes\n"
      "nats a token   %8.4f\n"
      "perplexity     %8.4f\n"
      "bits a byte    %8.4f\n",
      report.checkpoint(), report.stories(), report.tokens(), report.bytes(),
      report.nats_per_token(), report.perplexity(), report.bits_per_byte());
}

std::string ReportJson(const google::protobuf::Message& report) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string json;
  CHECK(google::protobuf::util::MessageToJsonString(report, &json, options).ok());
  return json;
}

}  // namespace llama2
