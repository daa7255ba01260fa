#include "kernels/isa.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace llama2 {
namespace {

bool IsSupported(Isa isa) {
  switch (isa) {
    case Isa::kScalar:
      return true;
#if defined(__x86_64__)
    case Isa::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case Isa::kAvx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
    case Isa::kAvx2:
    case Isa::kAvx512:
      return false;
#endif
  }
  return false;
}

}  // namespace

absl::string_view IsaName(Isa isa) {
  switch (isa) {
    case Isa::kScalar:
      return "scalar";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
  }
  return "unknown";
}

std::vector<Isa> SupportedIsas() {
  std::vector<Isa> supported;
  for (Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) {
    if (IsSupported(isa)) supported.push_back(isa);
  }
  return supported;
}

Isa BestIsa() { return SupportedIsas().back(); }

absl::StatusOr<Isa> ParseIsa(absl::string_view name) {
  const std::string here = absl::StrJoin(SupportedIsas(), ", ", [](std::string* out, Isa isa) {
    absl::StrAppend(out, IsaName(isa));
  });
  for (Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) {
    if (name != IsaName(isa)) continue;
    if (IsSupported(isa)) return isa;
    return absl::FailedPreconditionError(
        absl::StrCat("isa: this CPU has no ", name, "; what it has: ", here));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("isa: unknown instruction set \"", name, "\"; expected one of: ", here));
}

}  // namespace llama2
