// Any bytes as a shard: they are refused, or hold what a shard promises.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/check.h"
#include "testing/tiny_vocabulary.h"
#include "tokenizer/vocabulary.h"
#include "training/fingerprint.h"
#include "training/shard.h"

namespace llama2 {
namespace {

const Vocabulary& TheVocabulary() {
  static const auto* const vocabulary = [] {
    const std::string bytes = TinyTokenizerBin(300);
    absl::StatusOr<Vocabulary> parsed = Vocabulary::Parse(
        absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
        "tiny");
    CHECK(parsed.ok());
    return new Vocabulary(*std::move(parsed));
  }();
  return *vocabulary;
}

// The path of a file of these bytes, in memory: a disk would take most of the time.
std::string FileOf(absl::string_view bytes) {
  static const int fd = memfd_create("shard", MFD_CLOEXEC);
  CHECK_GE(fd, 0);
  CHECK_EQ(ftruncate(fd, 0), 0);
  CHECK_EQ(pwrite(fd, bytes.data(), bytes.size(), 0), bytes.size());
  return absl::StrCat("/proc/self/fd/", fd);
}

void Open(absl::string_view bytes) {
  const absl::StatusOr<Shard> shard = Shard::Open(FileOf(bytes), TheVocabulary());
  if (!shard.ok()) {
    CHECK(!shard.status().message().empty());
    return;
  }
  CHECK_GT(shard->size(), 0);
  CHECK_EQ(shard->token(0), Vocabulary::bos_id());
  int64_t stories = 0;
  for (int64_t i = 0; i < shard->size(); ++i) {
    CHECK(shard->token(i) >= 0 && shard->token(i) < TheVocabulary().size());
    stories += shard->token(i) == Vocabulary::bos_id();
  }
  CHECK_EQ(stories, shard->stories());
}

}  // namespace
}  // namespace llama2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  llama2::Open(bytes);
  // No mutation finds the checksum by chance.
  uint64_t checksum;
  if (size >= sizeof(checksum)) {
    const size_t end = size - sizeof(checksum);
    checksum = llama2::FingerprintOf(absl::string_view(bytes).substr(0, end));
    std::memcpy(&bytes[end], &checksum, sizeof(checksum));
    llama2::Open(bytes);
  }
  return 0;
}
