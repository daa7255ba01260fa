// The checksum of training's files: CRC-32C, the Castagnoli polynomial.
//
//   uint32_t crc = Crc32c(header);
//   crc = ExtendCrc32c(crc, body);       // that of header and body, one after the other
#ifndef LLAMA2_TRAINING_CRC32C_H_
#define LLAMA2_TRAINING_CRC32C_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace llama2 {

// The checksum of bytes whose first part has `crc` and whose second part is `bytes`.
// RFC 3720, appendix B.4, has examples.
uint32_t ExtendCrc32c(uint32_t crc, absl::string_view bytes);

inline uint32_t Crc32c(absl::string_view bytes) { return ExtendCrc32c(0, bytes); }

}  // namespace llama2

#endif  // LLAMA2_TRAINING_CRC32C_H_
