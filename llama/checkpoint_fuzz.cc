// Any bytes as a checkpoint: refused in one line, or a model that can be run.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/aligned_buffer.h"
#include "base/check.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/checkpoint.h"
#include "llama/checkpoint_layout.h"
#include "llama/fp32.h"
#include "llama/session.h"
#include "llama/stored_matrix.h"

namespace llama2 {
namespace {

void CheckIsOneLine(absl::string_view message) {
  CHECK(absl::StartsWith(message, "fuzz: "));
  for (const char c : message) CHECK(c >= ' ' && c <= '~');
}

// Every value, from where the file has it.
void ReadAll(const Checkpoint& checkpoint) {
  for (const TensorLayout& t : LayoutOf(checkpoint.format(), checkpoint.config())) {
    std::vector<float> row(t.cols);
    for (int64_t i = 0; i < t.count * t.rows; ++i) {
      ReadRow(checkpoint.Stored(t.kind, i / t.rows), i % t.rows, absl::MakeSpan(row));
    }
  }
}

// Two positions, so that attention reads what was stored. A file may promise a context
// of any length: only what is used may cost memory.
void Run(Checkpoint checkpoint) {
  const auto model = MakeFp32Transformer(std::move(checkpoint), Kernels(BestIsa()));
  ThreadTeam team(1);
  absl::StatusOr<Session> session = Session::Create(*model, team, {.capacity = 2});
  CHECK(session.ok());
  CHECK_EQ(static_cast<int64_t>(session->Append({0, 1}).size()), model->config().vocab_size);
}

}  // namespace
}  // namespace llama2

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Parse wants its bytes to begin where a mapping's would, at a multiple of 4.
  llama2::AlignedBuffer<uint8_t> bytes(size);
  std::copy(data, data + size, bytes.data());
  auto checkpoint = llama2::Checkpoint::Parse(bytes.span(), "fuzz");
  if (!checkpoint.ok()) {
    llama2::CheckIsOneLine(checkpoint.status().message());
    return 0;
  }
  llama2::ReadAll(*checkpoint);
  if (!checkpoint->is_int8()) llama2::Run(*std::move(checkpoint));
  return 0;
}
