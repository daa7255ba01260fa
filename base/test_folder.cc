#include "base/test_folder.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "gtest/gtest.h"

namespace llama2 {

TestFolder::TestFolder() : path_(absl::StrCat(::testing::TempDir(), "/folder-XXXXXX")) {
  CHECK(mkdtemp(path_.data()) != nullptr);
}

TestFolder::~TestFolder() { std::filesystem::remove_all(path_); }

std::string TestFolder::Path(absl::string_view name) const {
  return absl::StrCat(path_, "/", name);
}

std::string TestFolder::Write(absl::string_view name, absl::string_view bytes) const {
  std::string path = Path(name);
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  CHECK(!file.fail());
  return path;
}

std::string TestFolder::Read(absl::string_view name) const {
  std::ifstream file(Path(name), std::ios::binary);
  CHECK(file.is_open());
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

std::vector<std::string> TestFolder::Names() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace llama2
