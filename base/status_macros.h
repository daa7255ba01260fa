// Passing an absl::Status up, without the noise.
//
//   absl::StatusOr<Config> ReadConfig(absl::string_view path) {
//     ASSIGN_OR_RETURN(MappedFile file, MappedFile::Open(path));
//     RETURN_IF_ERROR(CheckSize(file));
//     ...
//   }
#ifndef LLAMA2_BASE_STATUS_MACROS_H_
#define LLAMA2_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function with the status of `expression`, unless it
// is OK. The function returns an absl::Status or an absl::StatusOr.
#define RETURN_IF_ERROR(expression)                                                     \
  do {                                                                                  \
    if (absl::Status status_of_expression = (expression); !status_of_expression.ok()) { \
      return status_of_expression;                                                      \
    }                                                                                   \
  } while (false)

// Evaluates `expression`, an absl::StatusOr<T>; initialises or assigns `lhs` with
// its value, or returns its status from the enclosing function. Not for use as the
// only statement of an unbraced `if`: it expands to more than one.
#define ASSIGN_OR_RETURN(lhs, expression) \
  LLAMA2_ASSIGN_OR_RETURN(LLAMA2_CONCAT(status_or_, __LINE__), lhs, expression)

#define LLAMA2_ASSIGN_OR_RETURN(status_or, lhs, expression)  \
  auto status_or = (expression);                             \
  if (!status_or.ok()) return std::move(status_or).status(); \
  lhs = *std::move(status_or)

#define LLAMA2_CONCAT(a, b) LLAMA2_CONCAT_EXPANDED(a, b)
#define LLAMA2_CONCAT_EXPANDED(a, b) a##b

#endif  // LLAMA2_BASE_STATUS_MACROS_H_
