// Any bytes as a checkpoint: refused in one line, or a model that can be run.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "base/aligned_buffer.h"
#include "base/check.h"
#include "kernels/isa.h"
#include "kernels/kernels.h"
#include "kernels/thread_team.h"
#include "llama/checkpoint.h"
#include "llama/make_transformer.h"
#include "llama/session.h"
#include "llama/transformer.h"

namespace llama2 {
namespace {

void CheckIsOneLine(absl::string_view message) {
  CHECK(absl::StartsWith(message, "fuzz: "));
  for (const char c : message) CHECK(c >= ' ' && c <= '~');
}

// Two positions, so that attention reads what was stored. A file may promise a context
// of any length: only what is used may cost memory.
void Run(Checkpoint checkpoint) {
  const auto made = MakeTransformer(std::move(checkpoint), Kernels(BestIsa()));
  CHECK(made.ok());
  const std::unique_ptr<const Transformer>& model = *made;
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
  if (checkpoint.ok()) {
    llama2::Run(*std::move(checkpoint));
  } else {
    llama2::CheckIsOneLine(checkpoint.status().message());
  }
  return 0;
}
