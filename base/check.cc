#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace llama2::internal {

void CheckFailed(const char* file, int line, const std::string& what) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, what.c_str());
  std::abort();
}

}  // namespace llama2::internal
