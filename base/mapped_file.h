// A file's bytes, read through the page cache without copying them.
//
//   ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open("model.bin"));
//   absl::Span<const uint8_t> header = file.bytes().subspan(0, 28);
#ifndef LLAMA2_BASE_MAPPED_FILE_H_
#define LLAMA2_BASE_MAPPED_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace llama2 {

// A read-only mapping of a whole regular file. Move-only; the mapping lives as
// long as the object. Thread-safe: nothing changes after Open.
//
// A file that is cut short by another process while it is mapped ends the reader
// with SIGBUS, as with every mapping; our own writers replace a file by renaming
// and never cut one.
class MappedFile {
 public:
  // Maps the file at `path`. An empty file gives an empty span.
  // Errors, each naming the path: NotFound, PermissionDenied, InvalidArgument (a
  // directory, a FIFO, a device: anything but a regular file), or what the system
  // says otherwise. Never blocks on a FIFO.
  static absl::StatusOr<MappedFile> Open(absl::string_view path);

  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  const std::string& path() const { return path_; }
  absl::Span<const uint8_t> bytes() const { return bytes_; }

  // Gives back the memory of all pages that were touched; one that is touched again is
  // read again. For who goes through a large file once.
  void ReleasePages() const { ReleasePages(bytes_); }
  // The same of the pages that lie wholly in `part`; of nothing where that is not of this file.
  void ReleasePages(absl::Span<const uint8_t> part) const;

  // Copies `part` to `out` (part.size()) from the file, so that no page of it comes into this
  // process's memory that is not there: the system maps many around one that is touched. False
  // where that is not of this file or cannot be read; then `out` may hold anything.
  bool Read(absl::Span<const uint8_t> part, uint8_t* out) const;

 private:
  bool Contains(absl::Span<const uint8_t> part) const;

  std::string path_;
  absl::Span<const uint8_t> bytes_;
  int fd_ = -1;  // where there are bytes
};

}  // namespace llama2

#endif  // LLAMA2_BASE_MAPPED_FILE_H_
