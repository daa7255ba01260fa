// Brings pages up to date: the code that they quote, and on demand the outputs that they
// promise.
//
//   bazel run //testing/docs:update                          # quotes of all pages
//   bazel run //testing/docs:update -- --outputs README.md   # ... and this one's outputs
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "testing/docs/checkout_folder.h"
#include "testing/docs/commands.h"
#include "testing/docs/find_pages.h"
#include "testing/docs/page.h"
#include "testing/docs/page_check.h"
#include "testing/docs/quotes.h"
#include "testing/docs/run_examples.h"
#include "testing/docs/text.h"

ABSL_FLAG(bool, outputs, false,
          "run the commands, and put what they print where another output is promised");
ABSL_FLAG(bool, full, false, "run the commands themselves where there is a quick form, too");

namespace llama2 {
namespace {

namespace fs = std::filesystem;

constexpr char kManifest[] = "testing/docs/checkout.txt";

// The data that lie beside the checkout; empty where there are none.
std::string SharedData(const std::string& root) {
  const char* named = std::getenv("LLAMA2_SHARED_DATA");
  if (named != nullptr) return named;
  std::error_code ignored;
  const fs::path beside = fs::path(root).parent_path() / "shared" / "data";
  return fs::exists(beside, ignored) ? beside.string() : "";
}

// The page with its outputs as the commands print them now. Sets `*failed` where one does
// not run as it should, and says so.
absl::StatusOr<Page> WithOutputs(const Page& page, const std::string& root, bool* failed) {
  ASSIGN_OR_RETURN(const std::vector<Example> examples, ReadExamples(page));
  ASSIGN_OR_RETURN(const Checkout checkout, Checkout::Create(kManifest, SharedData(root)));
  const Form form = absl::GetFlag(FLAGS_full) ? Form::kFull : Form::kQuick;
  ASSIGN_OR_RETURN(const std::vector<ExampleResult> results,
                   RunExamples(examples, checkout, form));
  for (const std::string& skip : Skips(page, examples, results)) {
    std::cerr << "skipped: " << skip << "\n";
  }
  ASSIGN_OR_RETURN(Page updated, UpdateOutputs(page, examples, results));
  // What is wrong still, of the page as it is now.
  ASSIGN_OR_RETURN(const std::vector<Example> updated_examples, ReadExamples(updated));
  for (const std::string& failure : Failures(updated, updated_examples, results)) {
    std::cerr << failure << "\n";
    *failed = true;
  }
  return updated;
}

// Writes the page anew where it changes.
absl::Status UpdatePage(const std::string& root, const std::string& path, bool* failed) {
  const std::string file = absl::StrCat(root, "/", path);
  ASSIGN_OR_RETURN(const std::string text, ReadText(file));
  ASSIGN_OR_RETURN(const Page page, ParsePage(path, text));
  ASSIGN_OR_RETURN(Page updated, UpdateQuotes(page, root));
  if (absl::GetFlag(FLAGS_outputs)) {
    ASSIGN_OR_RETURN(updated, WithOutputs(updated, root, failed));
  }
  if (updated.lines == page.lines) return absl::OkStatus();
  RETURN_IF_ERROR(WriteText(file, JoinLines(updated.lines)));
  std::cerr << path << ": updated\n";
  return absl::OkStatus();
}

int Main(const std::vector<std::string>& pages) {
  const char* root = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  const char* user = std::getenv("BUILD_WORKING_DIRECTORY");
  if (root == nullptr || user == nullptr) {
    std::cerr << "update: is to be run by: bazel run //testing/docs:update\n";
    return 2;
  }
  std::vector<std::string> paths;
  for (const std::string& page : pages) {
    paths.push_back((fs::path(user) / page).lexically_normal().lexically_relative(root));
  }
  if (paths.empty()) paths = FindPages(root);
  bool failed = false;
  for (const std::string& path : paths) {
    const absl::Status status = UpdatePage(root, path, &failed);
    if (status.ok()) continue;
    std::cerr << status.message() << "\n";
    failed = true;
  }
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace llama2

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("update [--outputs [--full]] [PAGE...]");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  return llama2::Main({arguments.begin() + 1, arguments.end()});
}
