#include "base/atomic_file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/file_errors.h"
#include "base/status_macros.h"

namespace llama2 {
namespace {

// Small appends are gathered; one write call costs about as much as copying this.
constexpr size_t kBufferBytes = 64 << 10;

// Names that are tried before giving up: those of writers of the same path that run,
// or that were killed in a process with our number.
constexpr int kMaxNames = 1000;

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// `path` with its symbolic links followed; `path` itself where nothing is there yet.
absl::StatusOr<std::string> FollowLinks(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0 || !S_ISLNK(info.st_mode)) return path;
  struct Free {
    void operator()(char* text) const { std::free(text); }
  };
  const std::unique_ptr<char, Free> target(realpath(path.c_str(), nullptr));
  if (target == nullptr) return ErrnoError(path, "cannot follow this link");
  return std::string(target.get());
}

}  // namespace

absl::StatusOr<AtomicFileWriter> AtomicFileWriter::Create(absl::string_view path) {
  if (path.empty()) return absl::InvalidArgumentError("\"\": expected a file's path");
  AtomicFileWriter writer;
  writer.path_ = std::string(path);
  ASSIGN_OR_RETURN(writer.target_, FollowLinks(writer.path_));

  struct stat old;
  const bool exists = stat(writer.target_.c_str(), &old) == 0;
  if (exists) RETURN_IF_ERROR(CheckRegularFile(path, old.st_mode));
  const mode_t mode = exists ? old.st_mode & 0777 : 0666;

  // O_EXCL: the file is new, and ours alone. The system takes the umask off the mode,
  // which is right for a new file and is put right for an old one below.
  for (int i = 0; writer.fd_ < 0; ++i) {
    std::string name = absl::StrCat(writer.target_, ".tmp-", getpid(), "-", i);
    writer.fd_ = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (writer.fd_ >= 0) {
      writer.temporary_path_ = std::move(name);
    } else if (errno != EEXIST || i == kMaxNames) {
      return writer.Error("cannot create a file beside it");
    }
  }
  if (exists && fchmod(writer.fd_, mode) != 0) return writer.Error("cannot keep its mode");
  return writer;
}

AtomicFileWriter::AtomicFileWriter(AtomicFileWriter&& other) noexcept {
  *this = std::move(other);
}

AtomicFileWriter& AtomicFileWriter::operator=(AtomicFileWriter&& other) noexcept {
  if (this == &other) return *this;
  Abandon();
  path_ = std::move(other.path_);
  target_ = std::move(other.target_);
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

absl::Status AtomicFileWriter::Error(absl::string_view what) {
  absl::Status error = ErrnoError(path_, what);
  Abandon();
  return error;
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
  RETURN_IF_ERROR(Flush());
  if (fsync(fd_) != 0) return Error("cannot flush to disk");
  if (close(std::exchange(fd_, -1)) != 0) return Error("cannot close");
  if (rename(temporary_path_.c_str(), target_.c_str()) != 0) {
    return Error("cannot rename the finished file to it");
  }
  temporary_path_.clear();

  // The new name itself is durable once the folder is on disk.
  const int folder = open(FolderOf(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return Error("written, but cannot open its folder");
  absl::Cleanup close_folder = [folder] { close(folder); };
  // EINVAL: a file system that has no such thing as flushing a folder.
  if (fsync(folder) != 0 && errno != EINVAL) {
    return Error("written, but cannot flush its folder to disk");
  }
  return absl::OkStatus();
}

}  // namespace llama2
