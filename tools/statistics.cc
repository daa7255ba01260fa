#include "tools/statistics.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "llama/drafter.h"

namespace llama2 {
namespace {

std::string Count(int64_t n, absl::string_view what) {
  return absl::StrCat(n, " ", what, n == 1 ? "" : "s");
}

// Three digits or more: a small model does thousands a second, a large one a few.
std::string Tokens(int64_t n, double rate) {
  const std::string count = Count(n, "token");
  if (rate == 0) return count;  // nothing to divide
  return absl::StrFormat("%s %.*f tok/s", count, rate < 100 ? 1 : 0, rate);
}

std::string Drafts(const DraftStats& draft) {
  const std::string count = Count(draft.passes, "draft");
  if (draft.passes == 0) return count;
  const double passes = draft.passes;
  return absl::StrFormat("%s of %.1f tokens, %.1f accepted (%.0f%%)", count,
                         draft.drafted / passes, draft.accepted / passes,
                         100.0 * draft.accepted / draft.drafted);
}

}  // namespace

std::string StatisticsLine(const GenerationStats& stats, int threads, Isa isa) {
  return absl::StrCat("prompt ", Tokens(stats.prompt_tokens, stats.prefill_rate()),
                      ", generated ", Tokens(stats.generated_tokens, stats.decode_rate()), ", ",
                      stats.draft ? absl::StrCat(Drafts(*stats.draft), ", ") : "",
                      Count(threads, "thread"), ", ", IsaName(isa));
}

void Accumulate(const GenerationStats& more, GenerationStats& sum) {
  sum.prompt_tokens += more.prompt_tokens;
  sum.generated_tokens += more.generated_tokens;
  sum.prefill_seconds += more.prefill_seconds;
  sum.decode_seconds += more.decode_seconds;
  if (!more.draft.has_value()) return;
  if (!sum.draft.has_value()) sum.draft.emplace();
  sum.draft->passes += more.draft->passes;
  sum.draft->drafted += more.draft->drafted;
  sum.draft->accepted += more.draft->accepted;
}

}  // namespace llama2
