#include "base/user_folder.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace llama2 {

absl::Status EnterUserFolder() {
  const char* folder = std::getenv("BUILD_WORKING_DIRECTORY");
  if (folder == nullptr || chdir(folder) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, absl::StrCat(folder, ": cannot change to this folder"));
}

}  // namespace llama2
