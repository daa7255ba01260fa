#include "tools/inspect_checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/types/span.h"
#include "base/mapped_file.h"
#include "base/status_macros.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_header.h"
#include "llama/checkpoint_layout.h"
#include "llama/config.h"
#include "llama/stored_matrix.h"

namespace llama2 {
namespace {

// What the values of a tensor are like, as far as they are in the file.
struct Range {
  float smallest = std::numeric_limits<float>::infinity();
  float largest = -std::numeric_limits<float>::infinity();
  int64_t not_finite = 0;

  void Add(absl::Span<const float> values) {
    for (float value : values) {
      if (std::isfinite(value)) {
        smallest = std::min(smallest, value);
        largest = std::max(largest, value);
      } else {
        ++not_finite;
      }
    }
  }
};

// How many of the tensor's matrices are whole in the first `file_bytes` bytes.
int64_t WholeMatrices(const TensorLayout& t, int64_t file_bytes) {
  return std::clamp((file_bytes - t.offset) / t.matrix_bytes(), int64_t{0}, t.count);
}

Range RangeOf(const MappedFile& file, const TensorLayout& t) {
  Range range;
  std::vector<float> row(t.cols);
  for (int64_t i = 0; i < WholeMatrices(t, file.bytes().size()); ++i) {
    const StoredMatrix matrix = MatrixAt(file.bytes(), t, i);
    for (int64_t r = 0; r < t.rows; ++r) {
      ReadRow(matrix, r, absl::MakeSpan(row));
      range.Add(row);
    }
    file.ReleasePages();
  }
  return range;
}

// "5 x (64, 64)", "(512, 64)".
std::string ShapeOf(const TensorLayout& t) {
  return absl::StrCat(t.count == 1 ? "" : absl::StrCat(t.count, " x "), "(",
                      t.rows == 1 ? "" : absl::StrCat(t.rows, ", "), t.cols, ")");
}

// What there is to say of a tensor beyond its place, for the end of its line.
std::string Remarks(const TensorLayout& t, const Range& range, int64_t file_bytes) {
  const int64_t whole = WholeMatrices(t, file_bytes);
  std::string remarks;
  if (whole == 0) {
    remarks = "  missing";
  } else if (whole < t.count) {
    absl::StrAppend(&remarks, "  only ", whole, " of ", t.count);
  }
  if (range.not_finite > 0) absl::StrAppend(&remarks, "  ", range.not_finite, " not finite");
  return remarks;
}

std::string TensorTable(const MappedFile& file, const CheckpointHeader& header) {
  std::string table =
      absl::StrFormat("\n%-17s  %-7s  %-20s  %14s  %14s  %11s  %11s\n", "tensor", "type",
                      "shape", "offset", "bytes", "smallest", "largest");
  for (const TensorLayout& t : LayoutOf(header.format, header.config)) {
    const Range range = RangeOf(file, t);
    absl::StrAppendFormat(&table, "%-17s  %-7s  %-20s  %14d  %14d", t.name,
                          t.group_size == 0 ? "float32" : "int8", ShapeOf(t), t.offset,
                          t.bytes());
    if (range.smallest <= range.largest) {
      absl::StrAppendFormat(&table, "  %11.4g  %11.4g", range.smallest, range.largest);
    }
    absl::StrAppend(&table, Remarks(t, range, file.bytes().size()), "\n");
  }
  return table;
}

// For a header that Validate accepts.
std::string SizeLine(int64_t found, const CheckpointHeader& header) {
  const int64_t expected = FileBytes(header.format, header.config);
  if (found == expected) return "size: as the header says\n";
  return absl::StrCat("size: ", std::abs(found - expected), " bytes too ",
                      found < expected ? "few" : "many", ", the header says ", expected, "\n");
}

}  // namespace

absl::StatusOr<Inspection> InspectCheckpoint(absl::string_view path) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  const int64_t bytes = file.bytes().size();
  Inspection inspection;
  inspection.damage = Checkpoint::Parse(file.bytes(), path).status();
  inspection.text = absl::StrCat(path, ": ", bytes, " bytes\n");
  const absl::StatusOr<CheckpointHeader> header = ParseCheckpointHeader(file.bytes());
  if (!header.ok()) return inspection;
  absl::StrAppend(&inspection.text, Describe(header->format), "\n", Describe(header->config),
                  "\n");
  if (!Validate(*header).ok()) return inspection;
  absl::StrAppend(&inspection.text, header->config.parameters(), " parameters\n",
                  SizeLine(bytes, *header), TensorTable(file, *header));
  return inspection;
}

}  // namespace llama2
