// The main function of a fuzz_test (fuzz.bzl) where libFuzzer is not: replays the
// files named on the command line, and mutations of each, through
// LLVMFuzzerTestOneInput. Exit code 1 where there are none or one cannot be read.
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "testing/fuzz_mutations.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

bool ReadFile(const char* path, std::vector<uint8_t>& bytes) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return false;
  bytes.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  return !file.bad();
}

// The file that holds the input being run, so that it is there after a crash. Bazel
// hands its folder back as bazel-testlogs/.../test.outputs/outputs.zip. It stays open:
// closing a file that was cut and written makes some file systems wait for the disk.
class CrashFile {
 public:
  CrashFile() : fd_(open(path_.c_str(), O_RDWR | O_CREAT, 0666)) {}
  ~CrashFile() {
    close(fd_);
    std::remove(path_.c_str());
  }

  // False where it cannot be written.
  bool Hold(absl::Span<const uint8_t> input) const {
    const ssize_t size = input.size();
    return ftruncate(fd_, 0) == 0 && pwrite(fd_, input.data(), size, 0) == size;
  }

 private:
  static std::string Path() {
    const char* folder = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
    return std::string(folder != nullptr ? folder : ".") + "/crash";
  }

  const std::string path_ = Path();
  const int fd_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "%s: the corpus is empty\n", argv[0]);
    return 1;
  }
  const CrashFile crash_file;
  std::vector<uint8_t> bytes;
  int64_t runs = 0;
  for (int i = 1; i < argc; ++i) {
    if (!ReadFile(argv[i], bytes)) {
      std::fprintf(stderr, "%s: cannot read the corpus file %s\n", argv[0], argv[i]);
      return 1;
    }
    std::fprintf(stderr, "%s (a crash leaves its input in test.outputs)\n", argv[i]);
    llama2::ForEachMutation(bytes, [&](absl::Span<const uint8_t> input) {
      if (!crash_file.Hold(input)) std::perror("crash file");
      LLVMFuzzerTestOneInput(input.data(), input.size());
      ++runs;
    });
  }
  std::fprintf(stderr, "%d files, %lld inputs\n", argc - 1, static_cast<long long>(runs));
  return 0;
}
