#include "testing/shared_data.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace llama2 {

std::optional<std::string> SharedDataPath(absl::string_view file) {
  const char* folder = std::getenv("LLAMA2_SHARED_DATA");
  if (folder == nullptr) return std::nullopt;
  std::string path = absl::StrCat(folder, "/", file);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::nullopt;
  return path;
}

}  // namespace llama2
