// The folder in which a page's commands run. It looks like a checkout in which everything
// is built: the files and, in bazel-bin/, the programs of a target of checkout.bzl, `bazel` and
// `./bazelw`, which run those programs, and the data beside it, where there is any.
//
//   ASSIGN_OR_RETURN(const Checkout checkout,
//                    Checkout::Create("testing/docs/checkout.txt", "/data"));
//   Run("./bazelw run //:run", checkout.root(), checkout.environment());
#ifndef LLAMA2_TESTING_DOCS_CHECKOUT_FOLDER_H_
#define LLAMA2_TESTING_DOCS_CHECKOUT_FOLDER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/test_folder.h"

namespace llama2 {

class Checkout {
 public:
  // Makes the folder, under a new name, from the list in the file `manifest`: lines
  // "program LABEL PATH" and "file PATH", with paths from the current folder. Files are
  // copies: a command may change them. `shared_data` becomes ../shared/data, where it is
  // not empty. Errors: no such file, no room.
  static absl::StatusOr<Checkout> Create(const std::string& manifest,
                                         const std::string& shared_data);

  // Where the commands start.
  std::string root() const { return path_ + "/checkout"; }

  // Stands in for /tmp, so that two tests do not meet there.
  std::string tmp() const { return path_ + "/tmp"; }

  // For who runs the commands.
  std::string scratch() const { return path_ + "/scratch"; }

  // All variables, as NAME=VALUE.
  std::vector<std::string> environment() const;

 private:
  Checkout();

  std::unique_ptr<TestFolder> folder_;  // removed with this
  std::string path_;                    // in normal form, as programs print it
};

}  // namespace llama2

#endif  // LLAMA2_TESTING_DOCS_CHECKOUT_FOLDER_H_
