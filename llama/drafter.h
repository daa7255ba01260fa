// Whoever foretells a text: cheap guesses at its next tokens, which the model then checks
// all in one pass instead of one pass each. Guesses decide how fast a text comes, never
// what it is.
//
//   auto drafter = std::make_unique<PromptDrafter>();
//   Generate(prompt, {.drafter = drafter.get()}, vocabulary, sampler, session, print);
//
// Leviathan et al., "Fast Inference from Transformers via Speculative Decoding", 2023.
// There a guess is accepted or rejected at random such that the text has the distribution
// of the model's own. Here it is accepted where it is the token that the model's logits and
// the sampler give, coin and all: the text is the same, byte for byte. Drafts are therefore
// sampled with the coins that the text's sampler is going to draw: a draft whose
// probabilities are like the model's then mostly falls on the same token, at any temperature.
#ifndef LLAMA2_LLAMA_DRAFTER_H_
#define LLAMA2_LLAMA_DRAFTER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "llama/draft_length.h"
#include "sampling/rng.h"

namespace llama2 {

// What drafting did.
struct DraftStats {
  int64_t passes = 0;    // of the model that checked drafted tokens
  int64_t drafted = 0;   // tokens
  int64_t accepted = 0;  // of those, the ones that are in the text
};

// Belongs to one session (or one after the other that begin anew with a new drafter): it is
// told of all tokens that go through it. Thread-safety: one thread at a time.
class Drafter {
 public:
  virtual ~Drafter() = default;
  Drafter(const Drafter&) = delete;
  Drafter& operator=(const Drafter&) = delete;

  // The text goes on with `tokens`, be they what was guessed or not. Takes no time: what
  // there is to compute waits for CatchUp and Next.
  void Append(absl::Span<const int> tokens) {
    text_.insert(text_.end(), tokens.begin(), tokens.end());
  }

  // Computes what has been left for later, but for a few tokens. Called before Begin, so
  // that what guesses take does not depend on how long ago the last one was; and between a
  // prompt's chunks.
  virtual void CatchUp() {}

  // How long that may take now: what drafting costs once more after a while without.
  virtual double CatchUpSeconds() const { return 0; }

  struct Request {
    // The coins that will be drawn for the tokens to come.
    Rng coins = Rng(0);
    // How many tokens at the end of the text the sampler knows (its `history`).
    int64_t history = 0;
  };

  // A token of the model's vocabulary, and how sure it is: 0 .. DraftLength::kLevels - 1.
  struct Guess {
    int token = 0;
    int sureness = 0;
  };

  // Begins to guess what follows the text. After CatchUp, with nothing appended since.
  virtual void Begin(const Request& request) = 0;

  // The token that follows the text and what has been guessed since Begin; none where it
  // has no idea.
  virtual std::optional<Guess> Next() = 0;

  // How many guesses are worth asking for.
  DraftLength& length() { return length_; }

 protected:
  Drafter() = default;

  const std::vector<int>& text() const { return text_; }

 private:
  std::vector<int> text_;
  DraftLength length_;
};

}  // namespace llama2

#endif  // LLAMA2_LLAMA_DRAFTER_H_
