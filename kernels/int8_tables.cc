#include "kernels/int8_tables.h"

#include <algorithm>

#include "base/check.h"

namespace llama2 {

std::vector<Int8Variant> SupportedInt8Variants() {
  std::vector<Int8Variant> variants = {{"scalar", Isa::kScalar, &kInt8ScalarKernels}};
#if defined(__x86_64__)
  const std::vector<Isa> isas = SupportedIsas();
  const auto supported = [&](Isa isa) {
    return std::find(isas.begin(), isas.end(), isa) != isas.end();
  };
  if (supported(Isa::kAvx2)) variants.push_back({"avx2", Isa::kAvx2, &kInt8Avx2Kernels});
  if (supported(Isa::kAvx512)) {
    variants.push_back({"avx512", Isa::kAvx512, &kInt8Avx512Kernels});
    if (__builtin_cpu_supports("avx512vnni")) {
      variants.push_back({"avx512vnni", Isa::kAvx512, &kInt8Avx512VnniKernels});
    }
  }
#endif
  return variants;
}

const Int8KernelTable& Int8TableFor(Isa isa) {
  const Int8KernelTable* table = nullptr;
  for (const Int8Variant& variant : SupportedInt8Variants()) {
    if (variant.isa == isa) table = variant.table;
  }
  CHECK(table != nullptr);
  return *table;
}

}  // namespace llama2
