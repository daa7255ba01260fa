#include "tools/cli/output_file.h"

#include <sys/stat.h>

#include "absl/strings/str_cat.h"

namespace llama2 {

absl::Status CheckOutput(const std::string& input, const std::string& output, bool force) {
  struct stat in, out;
  const bool same = stat(input.c_str(), &in) == 0 && stat(output.c_str(), &out) == 0 &&
                    in.st_dev == out.st_dev && in.st_ino == out.st_ino;
  if (same) {
    return absl::InvalidArgumentError(
        absl::StrCat(output, ": is the same file as the input ", input, ", expected another"));
  }
  // lstat: a link to nothing is something, too.
  if (!force && lstat(output.c_str(), &out) == 0) {
    return absl::AlreadyExistsError(absl::StrCat(output, ": exists; --force replaces it"));
  }
  return absl::OkStatus();
}

}  // namespace llama2
