// CHECK macros: for a programmer's error, never for a bad file or a bad flag
// (those are an absl::Status). A failed check prints where and what to stderr and
// aborts the process.
//
//   CHECK(!rows.empty());
//   CHECK_LE(length, capacity);      // prints both values when it fails
//   DCHECK_LT(i, size);              // only where NDEBUG is not defined
#ifndef LLAMA2_BASE_CHECK_H_
#define LLAMA2_BASE_CHECK_H_

#include <sstream>
#include <string>

namespace llama2::internal {

// Prints "file:line: check failed: what" to stderr and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const std::string& what);

template <typename A, typename B>
[[noreturn]] void CheckOpFailed(const char* file, int line, const char* text, const A& a,
                                const B& b) {
  std::ostringstream what;
  what << text << " (" << a << " vs. " << b << ")";
  CheckFailed(file, line, what.str());
}

}  // namespace llama2::internal

#define CHECK(condition) \
  ((condition) ? (void)0 : ::llama2::internal::CheckFailed(__FILE__, __LINE__, #condition))

#define LLAMA2_CHECK_OP(op, a, b)                                                       \
  do {                                                                                  \
    const auto& check_a = (a);                                                          \
    const auto& check_b = (b);                                                          \
    if (!(check_a op check_b)) {                                                        \
      ::llama2::internal::CheckOpFailed(__FILE__, __LINE__, #a " " #op " " #b, check_a, \
                                        check_b);                                       \
    }                                                                                   \
  } while (false)

#define CHECK_EQ(a, b) LLAMA2_CHECK_OP(==, a, b)
#define CHECK_NE(a, b) LLAMA2_CHECK_OP(!=, a, b)
#define CHECK_LT(a, b) LLAMA2_CHECK_OP(<, a, b)
#define CHECK_LE(a, b) LLAMA2_CHECK_OP(<=, a, b)
#define CHECK_GT(a, b) LLAMA2_CHECK_OP(>, a, b)
#define CHECK_GE(a, b) LLAMA2_CHECK_OP(>=, a, b)

#ifdef NDEBUG
#define LLAMA2_DCHECK(check) \
  do {                       \
    if (false) check;        \
  } while (false)
#else
#define LLAMA2_DCHECK(check) check
#endif

#define DCHECK(condition) LLAMA2_DCHECK(CHECK(condition))
#define DCHECK_EQ(a, b) LLAMA2_DCHECK(CHECK_EQ(a, b))
#define DCHECK_LT(a, b) LLAMA2_DCHECK(CHECK_LT(a, b))
#define DCHECK_LE(a, b) LLAMA2_DCHECK(CHECK_LE(a, b))
#define DCHECK_GE(a, b) LLAMA2_DCHECK(CHECK_GE(a, b))

#endif  // LLAMA2_BASE_CHECK_H_
