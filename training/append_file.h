// A file that grows: it begins whole, and what is added can be read at once.
//
//   ASSIGN_OR_RETURN(AppendFile file, AppendFile::Create("metrics.csv", "step,loss\n"));
//   RETURN_IF_ERROR(file.Append("10,6.2\n"));
#ifndef LLAMA2_TRAINING_APPEND_FILE_H_
#define LLAMA2_TRAINING_APPEND_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace llama2 {

// Move-only. Thread-safety: one thread at a time.
class AppendFile {
 public:
  // Replaces the file at `path` by one with `content`: a reader sees the old one or the new
  // one. Errors name the path: those of AtomicFileWriter, and what the system says.
  static absl::StatusOr<AppendFile> Create(absl::string_view path, absl::string_view content);

  AppendFile(AppendFile&& other) noexcept;
  AppendFile& operator=(AppendFile&& other) noexcept;
  ~AppendFile();

  // Adds `bytes` in one go. ResourceExhausted on a full disk, after which the file may end
  // with a part of them.
  absl::Status Append(absl::string_view bytes);

 private:
  AppendFile(absl::string_view path, int fd) : path_(path), fd_(fd) {}

  std::string path_;
  int fd_;
};

}  // namespace llama2

#endif  // LLAMA2_TRAINING_APPEND_FILE_H_
