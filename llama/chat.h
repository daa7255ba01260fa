// A conversation in the format that Llama 2's chat models were trained on.
//
//   Chat chat(&vocabulary, &sampler, &session, {.system_prompt = "Answer in rhyme."});
//   ASSIGN_OR_RETURN(GenerationStats stats, chat.Say("Who are you?", print));
//   ASSIGN_OR_RETURN(stats, chat.Say("And who am I?", print));
#ifndef LLAMA2_LLAMA_CHAT_H_
#define LLAMA2_LLAMA_CHAT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "llama/drafter.h"
#include "llama/generate.h"
#include "llama/session.h"
#include "sampling/sampler.h"
#include "sampling/stop_list.h"
#include "tokenizer/encoder.h"
#include "tokenizer/vocabulary.h"

namespace llama2 {

// A user's message as the model reads it, the system prompt before the first one:
// "[INST] <<SYS>>\n{system}\n<</SYS>>\n\n{user} [/INST]", or "[INST] {user} [/INST]"
// where there is none. Each is preceded by BOS, and each answer ends with EOS.
std::string ChatTurn(absl::string_view system_prompt, absl::string_view user);

// Thread-safety: one thread at a time.
class Chat {
 public:
  struct Options {
    std::string system_prompt;  // "": none
    // The positions that the conversation may use (GenerationOptions::positions).
    int64_t positions = 0;
    const StopList* stops = nullptr;  // outlives the chat
    Drafter* drafter = nullptr;       // as GenerationOptions::drafter; outlives the chat
  };

  // What is pointed to outlives the chat; the session is new.
  Chat(const Vocabulary* vocabulary, Sampler* sampler, Session* session, Options options);

  // Puts a message of the user's into the conversation and gives out the answer. Ends
  // with kEos (or kBos) where the model has answered, with kLength where the context
  // is full: the answer then lacks its end, and no other turn has room.
  // ResourceExhausted: the message needs more positions than there are left; nothing
  // has changed, and a shorter one may do. DataLoss: as Generate.
  absl::StatusOr<GenerationStats> Say(absl::string_view message, TextCallback on_text);

  // The positions that are left for messages and answers.
  int64_t positions_left() const;

 private:
  const Vocabulary* vocabulary_;
  Encoder encoder_;
  Sampler* sampler_;
  Session* session_;
  Options options_;
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_CHAT_H_
