// The errors of files, worded alike and naming the path first.
//
//   if (fd < 0) return ErrnoError(path, "cannot open");
//   // NotFound: "model.bin: cannot open: No such file or directory"
#ifndef LLAMA2_BASE_FILE_ERRORS_H_
#define LLAMA2_BASE_FILE_ERRORS_H_

#include <sys/stat.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace llama2 {

// What errno says now, as a status with its code: "path: what: reason".
absl::Status ErrnoError(absl::string_view path, absl::string_view what);

// OK for a regular file's mode (stat's st_mode); else InvalidArgument: "path: is a
// directory, expected a regular file".
absl::Status CheckRegularFile(absl::string_view path, mode_t mode);

}  // namespace llama2

#endif  // LLAMA2_BASE_FILE_ERRORS_H_
