// The instruction sets that there are kernels for, and which of them this CPU has.
//
//   Isa isa = BestIsa();                       // or, from a flag:
//   ASSIGN_OR_RETURN(Isa isa, ParseIsa("avx2"));
#ifndef LLAMA2_KERNELS_ISA_H_
#define LLAMA2_KERNELS_ISA_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace llama2 {

// From the plainest to the widest. All of them compute the same bits.
enum class Isa {
  kScalar,  // plain C++, on any CPU: the specification of the others
  kAvx2,    // AVX2 and FMA
  kAvx512,  // AVX-512 F, BW, DQ and VL; for int8 also VNNI where the CPU has it
};

// "scalar", "avx2", "avx512".
absl::string_view IsaName(Isa isa);

// The instruction sets that this CPU and this build have, plainest first.
std::vector<Isa> SupportedIsas();

// The last of SupportedIsas().
Isa BestIsa();

// The instruction set of that name. InvalidArgument: no such name;
// FailedPrecondition: this CPU does not have it. Both list the names that work here.
absl::StatusOr<Isa> ParseIsa(absl::string_view name);

}  // namespace llama2

#endif  // LLAMA2_KERNELS_ISA_H_
