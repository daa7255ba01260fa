#include "testing/docs/find_pages.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace llama2 {

std::vector<std::string> FindPages(const std::string& root) {
  namespace fs = std::filesystem;
  std::vector<std::string> pages;
  std::error_code ignored;
  for (fs::recursive_directory_iterator i(root, ignored), end; i != end; i.increment(ignored)) {
    const fs::path& path = i->path();
    if (i->is_directory(ignored) && path.filename().string()[0] == '.') {
      i.disable_recursion_pending();
    } else if (i->is_regular_file(ignored) && path.extension() == ".md") {
      pages.push_back(path.lexically_relative(root));
    }
  }
  std::sort(pages.begin(), pages.end());
  return pages;
}

}  // namespace llama2
