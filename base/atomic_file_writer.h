// Writes a file so that a reader sees the old one or the new one, whole: into a
// temporary name in the same folder, flushed to the disk, then renamed.
//
//   ASSIGN_OR_RETURN(AtomicFileWriter writer, AtomicFileWriter::Create("model.bin"));
//   RETURN_IF_ERROR(writer.Append(header));
//   RETURN_IF_ERROR(writer.Append(weights));
//   return writer.Commit();           // without it nothing has happened
#ifndef LLAMA2_BASE_ATOMIC_FILE_WRITER_H_
#define LLAMA2_BASE_ATOMIC_FILE_WRITER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace llama2 {

// Move-only. Destroyed before Commit, it removes its temporary file and leaves
// what stood at the path as it was; so does every error, a full disk among them.
// Thread-safety: one thread at a time.
class AtomicFileWriter {
 public:
  // Opens a temporary file beside `path`. Errors name the path: NotFound (no such
  // folder), PermissionDenied, InvalidArgument (`path` is a directory).
  static absl::StatusOr<AtomicFileWriter> Create(absl::string_view path);

  AtomicFileWriter(AtomicFileWriter&& other) noexcept;
  AtomicFileWriter& operator=(AtomicFileWriter&& other) noexcept;
  ~AtomicFileWriter();

  // Adds `bytes` at the end. ResourceExhausted on a full disk.
  absl::Status Append(absl::string_view bytes);

  // Adds the elements' bytes in memory order (on the machines that we support,
  // little-endian). T is trivially copyable.
  template <typename T>
  absl::Status AppendArray(absl::Span<const T> values) {
    return Append(absl::string_view(reinterpret_cast<const char*>(values.data()),
                                    values.size() * sizeof(T)));
  }

  // Flushes, fsyncs, renames over `path` and fsyncs the folder. Called once.
  absl::Status Commit();

 private:
  AtomicFileWriter() = default;
  absl::Status Flush();
  absl::Status Error(absl::string_view what) const;
  void Abandon();

  std::string path_;
  std::string temporary_path_;
  std::string buffer_;
  int fd_ = -1;
};

}  // namespace llama2

#endif  // LLAMA2_BASE_ATOMIC_FILE_WRITER_H_
