// A folder for the files of one test, removed with them at the end.
//
//   TestFolder folder;
//   folder.Write("model.bin", "bytes");
//   MappedFile::Open(folder.Path("model.bin"));
#ifndef LLAMA2_BASE_TEST_FOLDER_H_
#define LLAMA2_BASE_TEST_FOLDER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace llama2 {

class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string Path(absl::string_view name) const;

  // Writes `bytes` to a file of that name; returns its path.
  std::string Write(absl::string_view name, absl::string_view bytes) const;
  std::string Read(absl::string_view name) const;

  // The names of all that is in it, sorted.
  std::vector<std::string> Names() const;

 private:
  std::string path_;
};

}  // namespace llama2

#endif  // LLAMA2_BASE_TEST_FOLDER_H_
