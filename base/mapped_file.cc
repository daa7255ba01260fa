#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "base/file_errors.h"
#include "base/status_macros.h"

namespace llama2 {

absl::StatusOr<MappedFile> MappedFile::Open(absl::string_view path) {
  MappedFile file;
  file.path_ = std::string(path);
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const int fd = open(file.path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return ErrnoError(path, "cannot open");
  absl::Cleanup close_fd = [fd] { close(fd); };

  struct stat info;
  if (fstat(fd, &info) != 0) return ErrnoError(path, "cannot stat");
  RETURN_IF_ERROR(CheckRegularFile(path, info.st_mode));
  if (info.st_size == 0) return file;

  void* start = mmap(nullptr, info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (start == MAP_FAILED) return ErrnoError(path, "cannot map");
  file.bytes_ = absl::MakeConstSpan(static_cast<const uint8_t*>(start), info.st_size);
  file.fd_ = fd;
  std::move(close_fd).Cancel();
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept { *this = std::move(other); }

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(bytes_, other.bytes_);
  std::swap(fd_, other.fd_);
  return *this;
}

bool MappedFile::Contains(absl::Span<const uint8_t> part) const {
  // As integers, for pointers into different arrays have no order.
  const uintptr_t first = reinterpret_cast<uintptr_t>(bytes_.data());
  const uintptr_t begin = reinterpret_cast<uintptr_t>(part.data());
  return begin >= first && begin - first <= bytes_.size() &&
         part.size() <= bytes_.size() - (begin - first);
}

bool MappedFile::Read(absl::Span<const uint8_t> part, uint8_t* out) const {
  if (!Contains(part)) return false;
  off_t offset = part.data() - bytes_.data();
  for (size_t left = part.size(); left > 0;) {
    const ssize_t count = pread(fd_, out, left, offset);
    if (count <= 0) return false;
    out += count;
    offset += count;
    left -= count;
  }
  return true;
}

void MappedFile::ReleasePages(absl::Span<const uint8_t> part) const {
  if (!Contains(part)) return;  // of memory that is nowhere else it would be lost
  const uintptr_t last = reinterpret_cast<uintptr_t>(bytes_.data()) + bytes_.size();
  uintptr_t begin = reinterpret_cast<uintptr_t>(part.data()), end = begin + part.size();
  const uintptr_t page = sysconf(_SC_PAGESIZE);
  begin = (begin + page - 1) / page * page;
  if (end != last) end = end / page * page;
  if (begin >= end) return;
  // Cannot fail for a mapping of ours; if it did, only memory would be lost.
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (bytes_.empty()) return;
  munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
  close(fd_);
}

}  // namespace llama2
