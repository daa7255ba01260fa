#include "base/atomic_file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"

namespace llama2 {
namespace {

// Small appends are gathered; one write call costs about as much as copying this.
constexpr size_t kBufferBytes = 64 << 10;

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// What open(path, O_CREAT, 0666) would give: 0666 less the umask.
mode_t NewFileMode() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

}  // namespace

absl::StatusOr<AtomicFileWriter> AtomicFileWriter::Create(absl::string_view path) {
  AtomicFileWriter writer;
  writer.path_ = std::string(path);
  struct stat info;
  const bool exists = stat(writer.path_.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is a directory, expected a file to write"));
  }
  std::string name = absl::StrCat(path, ".tmp-XXXXXX");
  writer.fd_ = mkostemp(name.data(), O_CLOEXEC);
  if (writer.fd_ < 0) return writer.Error("cannot create a file beside it");
  writer.temporary_path_ = std::move(name);
  // mkostemp makes the file private; the result has the old file's rights, or
  // those of any new file.
  if (fchmod(writer.fd_, exists ? info.st_mode & 07777 : NewFileMode()) != 0) {
    return writer.Error("cannot set the mode of");
  }
  return writer;
}

AtomicFileWriter::AtomicFileWriter(AtomicFileWriter&& other) noexcept {
  *this = std::move(other);
}

AtomicFileWriter& AtomicFileWriter::operator=(AtomicFileWriter&& other) noexcept {
  if (this == &other) return *this;
  Abandon();
  path_ = std::move(other.path_);
  temporary_path_ = std::exchange(other.temporary_path_, "");
  buffer_ = std::move(other.buffer_);
  fd_ = std::exchange(other.fd_, -1);
  return *this;
}

AtomicFileWriter::~AtomicFileWriter() { Abandon(); }

void AtomicFileWriter::Abandon() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
  if (!temporary_path_.empty()) unlink(temporary_path_.c_str());
  temporary_path_.clear();
}

absl::Status AtomicFileWriter::Error(absl::string_view what) const {
  return absl::ErrnoToStatus(errno, absl::StrCat(path_, ": ", what));
}

absl::Status AtomicFileWriter::Append(absl::string_view bytes) {
  CHECK_GE(fd_, 0);
  while (!bytes.empty()) {
    const size_t room = kBufferBytes - buffer_.size();
    const absl::string_view head = bytes.substr(0, room);
    buffer_.append(head.data(), head.size());
    bytes.remove_prefix(head.size());
    if (buffer_.size() == kBufferBytes) RETURN_IF_ERROR(Flush());
  }
  return absl::OkStatus();
}

absl::Status AtomicFileWriter::Flush() {
  absl::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = write(fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Error("cannot write");
    rest.remove_prefix(written);
  }
  buffer_.clear();
  return absl::OkStatus();
}

absl::Status AtomicFileWriter::Commit() {
  CHECK_GE(fd_, 0);
  absl::Cleanup abandon = [this] { Abandon(); };
  RETURN_IF_ERROR(Flush());
  if (fsync(fd_) != 0) return Error("cannot flush to disk");
  if (close(std::exchange(fd_, -1)) != 0) return Error("cannot close");
  if (rename(temporary_path_.c_str(), path_.c_str()) != 0) {
    return Error("cannot rename the finished file to it");
  }
  temporary_path_.clear();

  // The new name itself is durable once the folder is on disk.
  const int folder = open(FolderOf(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return Error("written, but cannot open its folder");
  absl::Cleanup close_folder = [folder] { close(folder); };
  if (fsync(folder) != 0) return Error("written, but cannot flush its folder to disk");
  return absl::OkStatus();
}

}  // namespace llama2
