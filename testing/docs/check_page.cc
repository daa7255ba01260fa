// Runs the commands of one page and fails when it does not print what the page promises.
// The program behind docs_test of docs_test.bzl; the folder with its runfiles is current.
//
//   check_page docs/kernels.md testing/docs/checkout.txt
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "testing/docs/checkout_folder.h"
#include "testing/docs/commands.h"
#include "testing/docs/page.h"
#include "testing/docs/page_check.h"
#include "testing/docs/run_examples.h"
#include "testing/docs/text.h"

namespace llama2 {
namespace {

absl::Status CheckPage(const std::string& path, const std::string& manifest) {
  ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  ASSIGN_OR_RETURN(const Page page, ParsePage(path, text));
  ASSIGN_OR_RETURN(const std::vector<Example> examples, ReadExamples(page));
  const char* shared_data = std::getenv("LLAMA2_SHARED_DATA");
  ASSIGN_OR_RETURN(const Checkout checkout,
                   Checkout::Create(manifest, shared_data == nullptr ? "" : shared_data));
  ASSIGN_OR_RETURN(const std::vector<ExampleResult> results,
                   RunExamples(examples, checkout, Form::kQuick));
  for (const std::string& skip : Skips(page, examples, results)) {
    std::cout << "skipped: " << skip << "\n";
  }
  const std::vector<std::string> failures = Failures(page, examples, results);
  for (const std::string& failure : failures) std::cout << failure << "\n";
  if (failures.empty()) return absl::OkStatus();
  return absl::InternalError(
      "where the page is wrong: bazel run //testing/docs:update -- --outputs " + path);
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: check_page PAGE CHECKOUT\n";
    return 2;
  }
  const absl::Status status = llama2::CheckPage(argv[1], argv[2]);
  if (!status.ok()) std::cout << status.message() << "\n";
  return status.ok() ? 0 : 1;
}
