#include "llama/chat.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace llama2 {

std::string ChatTurn(absl::string_view system_prompt, absl::string_view user) {
  if (system_prompt.empty()) return absl::StrCat("[INST] ", user, " [/INST]");
  return absl::StrCat("[INST] <<SYS>>\n", system_prompt, "\n<</SYS>>\n\n", user, " [/INST]");
}

Chat::Chat(const Vocabulary* vocabulary, Sampler* sampler, Session* session, Options options)
    : vocabulary_(vocabulary),
      encoder_(vocabulary),
      sampler_(sampler),
      session_(session),
      options_(std::move(options)) {
  if (options_.positions <= 0) options_.positions = session->capacity();
  options_.positions = std::min(options_.positions, session->capacity());
}

int64_t Chat::positions_left() const { return options_.positions - session_->position(); }

absl::StatusOr<GenerationStats> Chat::Say(absl::string_view message, TextCallback on_text) {
  const bool first = session_->position() == 0;
  const std::string turn = ChatTurn(first ? options_.system_prompt : "", message);
  std::vector<int> tokens = encoder_.Encode(turn, {.add_bos = true});
  // The EOS that ended the last answer was sampled, but is not in the session yet.
  if (!first) tokens.insert(tokens.begin(), Vocabulary::eos_id());
  if (static_cast<int64_t>(tokens.size()) > positions_left()) {
    return absl::ResourceExhaustedError(absl::StrCat("message: needs ", tokens.size(),
                                                     " positions, but of ", options_.positions,
                                                     " only ", positions_left(), " are left"));
  }
  return Generate(
      tokens,
      {.positions = options_.positions, .stops = options_.stops, .drafter = options_.drafter},
      *vocabulary_, *sampler_, *session_, on_text);
}

}  // namespace llama2
