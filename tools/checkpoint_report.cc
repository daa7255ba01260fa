#include "tools/checkpoint_report.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "base/check.h"
#include "llama/checkpoint_layout.h"
#include "llama/stored_matrix.h"

namespace llama2 {
namespace {

bool IsRopeTable(TensorKind kind) {
  return kind == TensorKind::kRopeCosines || kind == TensorKind::kRopeSines;
}

// Rows and columns are those of `t`.
QuantizationError Compare(const StoredMatrix& before, const StoredMatrix& after,
                          const TensorLayout& t) {
  QuantizationError error;
  std::vector<float> row_before(t.cols);
  std::vector<float> row_after(t.cols);
  for (int64_t r = 0; r < t.rows; ++r) {
    ReadRow(before, r, absl::MakeSpan(row_before));
    ReadRow(after, r, absl::MakeSpan(row_after));
    error.Add(row_before, row_after);
  }
  return error;
}

std::string TableLine(const TensorReport& t) {
  const std::string snr =
      t.error.max() == 0 ? "exact" : absl::StrFormat("%.2f dB", t.error.snr_db());
  return absl::StrFormat("%-22s  %14d  %14d  %10.3g  %10.3g  %9s\n", t.name, t.bytes_before,
                         t.bytes_after, t.error.max(), t.error.rms(), snr);
}

// JSON has no infinity and no NaN.
std::string JsonNumber(double value) {
  return std::isfinite(value) ? absl::StrFormat("%.9g", value) : "null";
}

// The names are ours: nothing in them needs an escape.
std::string JsonObject(const TensorReport& t) {
  return absl::StrCat("{\"name\": \"", t.name, "\", \"bytes_before\": ", t.bytes_before,
                      ", \"bytes_after\": ", t.bytes_after,
                      ", \"max_error\": ", JsonNumber(t.error.max()),
                      ", \"rms_error\": ", JsonNumber(t.error.rms()),
                      ", \"snr_db\": ", JsonNumber(t.error.snr_db()), "}");
}

}  // namespace

CheckpointReport CompareCheckpoints(const Checkpoint& before, const Checkpoint& after) {
  CHECK(before.config() == after.config());
  CheckpointReport report;
  report.total.name = "total";
  for (const TensorLayout& t : LayoutOf(after.format(), after.config())) {
    if (IsRopeTable(t.kind)) continue;
    for (int64_t i = 0; i < t.count; ++i) {
      const StoredMatrix old = before.Stored(t.kind, i);
      const StoredMatrix now = after.Stored(t.kind, i);
      TensorReport tensor = {t.MatrixName(i), BytesOf(old), BytesOf(now), Compare(old, now, t)};
      report.total.bytes_before += tensor.bytes_before;
      report.total.bytes_after += tensor.bytes_after;
      report.total.error.Add(tensor.error);
      report.tensors.push_back(std::move(tensor));
      before.ReleasePages();
      after.ReleasePages();
    }
  }
  return report;
}

std::string ReportTable(const CheckpointReport& report) {
  std::string table =
      absl::StrFormat("%-22s  %14s  %14s  %10s  %10s  %9s\n", "tensor", "bytes before",
                      "bytes after", "max error", "RMS error", "SNR");
  for (const TensorReport& t : report.tensors) table += TableLine(t);
  return table + TableLine(report.total);
}

std::string ReportJson(const CheckpointReport& report) {
  const auto append = [](std::string* out, const TensorReport& t) { *out += JsonObject(t); };
  return absl::StrCat("{\"tensors\": [\n  ", absl::StrJoin(report.tensors, ",\n  ", append),
                      "\n],\n\"total\": ", JsonObject(report.total), "}\n");
}

}  // namespace llama2
