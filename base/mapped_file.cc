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
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept { *this = std::move(other); }

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

void MappedFile::ReleasePages(absl::Span<const uint8_t> part) const {
  const auto address = [](const uint8_t* p) { return reinterpret_cast<uintptr_t>(p); };
  const uintptr_t first = address(bytes_.data()), last = first + bytes_.size();
  uintptr_t begin = address(part.data()), end = begin + part.size();
  if (begin < first || end > last) return;  // of memory that is nowhere else it would be lost
  const uintptr_t page = sysconf(_SC_PAGESIZE);
  begin = (begin + page - 1) / page * page;
  if (end != last) end = end / page * page;
  if (begin >= end) return;
  // Cannot fail for a mapping of ours; if it did, only memory would be lost.
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
}

}  // namespace llama2
