// A number that stands for bytes: equal bytes have an equal one, and bytes that were changed
// by accident another (not those that were forged). FNV-1a with 64 bits, so that it is the
// same everywhere and always: files hold it.
//
//   Fingerprint fingerprint;
//   fingerprint.Add("Once upon ");
//   fingerprint.Add("a time");
//   fingerprint.value() == FingerprintOf("Once upon a time");
#ifndef LLAMA2_TRAINING_FINGERPRINT_H_
#define LLAMA2_TRAINING_FINGERPRINT_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace llama2 {

// Thread-safety: one thread at a time.
class Fingerprint {
 public:
  void Add(absl::string_view bytes) {
    for (const uint8_t byte : bytes) value_ = (value_ ^ byte) * 0x100000001B3;
  }

  // Its eight bytes, the lowest first.
  void AddNumber(uint64_t number) {
    for (int i = 0; i < 8; ++i) value_ = (value_ ^ (number >> 8 * i & 0xFF)) * 0x100000001B3;
  }

  // Of all that was added.
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xCBF29CE484222325;
};

inline uint64_t FingerprintOf(absl::string_view bytes) {
  Fingerprint fingerprint;
  fingerprint.Add(bytes);
  return fingerprint.value();
}

}  // namespace llama2

#endif  // LLAMA2_TRAINING_FINGERPRINT_H_
