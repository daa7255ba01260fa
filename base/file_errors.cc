#include "base/file_errors.h"

#include <cerrno>

#include "absl/strings/str_cat.h"

namespace llama2 {
namespace {

absl::string_view KindOf(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

}  // namespace

absl::Status ErrnoError(absl::string_view path, absl::string_view what) {
  const int error = errno;  // before anything else can change it
  return absl::ErrnoToStatus(error, absl::StrCat(path, ": ", what));
}

absl::Status CheckRegularFile(absl::string_view path, mode_t mode) {
  if (S_ISREG(mode)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": is ", KindOf(mode), ", expected a regular file"));
}

}  // namespace llama2
