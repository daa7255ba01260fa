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
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace llama2 {

// Move-only. Destroyed before Commit, it removes its temporary file and leaves what
// stood at the path as it was; so does an error, a full disk among them, after which
// there is nothing more to call. A process that is killed leaves the temporary file
// (`path`.tmp- and a number).
// Thread-safety: one thread at a time. Of several writers of one path, in this process
// or others, the last to commit wins.
class AtomicFileWriter {
 public:
  // Opens a temporary file beside `path`, or, where that is a symbolic link, beside the
  // file that it leads to, which is what Commit will replace. The new file has the
  // permissions of the old one, or those of any new file.
  // Errors name the path: NotFound (no such folder, or a link to nothing),
  // PermissionDenied, InvalidArgument (`path` is a directory, a device, ...).
  static absl::StatusOr<AtomicFileWriter> Create(absl::string_view path);

  AtomicFileWriter(AtomicFileWriter&& other) noexcept;
  AtomicFileWriter& operator=(AtomicFileWriter&& other) noexcept;
  ~AtomicFileWriter();

  // Adds `bytes` at the end. ResourceExhausted on a full disk.
  absl::Status Append(absl::string_view bytes);

  // Adds the elements' bytes in memory order (on the machines that we support,
  // little-endian).
  template <typename T>
  absl::Status AppendArray(absl::Span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T>);
    return Append(absl::string_view(reinterpret_cast<const char*>(values.data()),
                                    values.size() * sizeof(T)));
  }

  // Flushes, fsyncs, renames over the old file and fsyncs the folder. Called once.
  // If only the last step fails, the error says so, and the new file stands.
  absl::Status Commit();

 private:
  AtomicFileWriter() = default;
  absl::Status Flush();
  absl::Status Error(absl::string_view what);
  void Abandon();

  std::string path_;            // as the caller named it: for messages
  std::string target_;          // the same, links resolved
  std::string temporary_path_;  // beside target_; empty when there is none
  std::string buffer_;
  int fd_ = -1;
};

}  // namespace llama2

#endif  // LLAMA2_BASE_ATOMIC_FILE_WRITER_H_
