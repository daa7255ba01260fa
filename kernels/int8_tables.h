// The int8 kernels that this CPU can run. There are more of them than instruction sets
// to choose from: what VNNI brings is used where a CPU has it, under AVX-512's name.
//
//   const Int8KernelTable& kernels = Int8TableFor(BestIsa());
#ifndef LLAMA2_KERNELS_INT8_TABLES_H_
#define LLAMA2_KERNELS_INT8_TABLES_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "kernels/int8_kernel_table.h"
#include "kernels/isa.h"

namespace llama2 {

struct Int8Variant {
  absl::string_view name;  // "scalar", "avx2", "avx512", "avx512vnni"
  Isa isa;                 // what it belongs to
  const Int8KernelTable* table;
};

// Those that this CPU and this build have, plainest first. All give the same bits.
std::vector<Int8Variant> SupportedInt8Variants();

// The fastest for `isa`, which is one of SupportedIsas().
const Int8KernelTable& Int8TableFor(Isa isa);

}  // namespace llama2

#endif  // LLAMA2_KERNELS_INT8_TABLES_H_
