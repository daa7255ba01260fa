// What the tests of drafters ask of them.
//
//   EXPECT_THAT(Guesses(drafter, 3, {.coins = Rng(7), .history = 5}), ElementsAre(4, 1, 2));
#ifndef LLAMA2_LLAMA_TEST_GUESSES_H_
#define LLAMA2_LLAMA_TEST_GUESSES_H_

#include <optional>
#include <vector>

#include "llama/drafter.h"

namespace llama2 {

// The tokens that `drafter` guesses to follow the text, at most so many.
inline std::vector<int> Guesses(Drafter& drafter, int most, const Drafter::Request& request) {
  drafter.CatchUp();
  drafter.Begin(request);
  std::vector<int> tokens;
  while (static_cast<int>(tokens.size()) < most) {
    const std::optional<Drafter::Guess> guess = drafter.Next();
    if (!guess.has_value()) break;
    tokens.push_back(guess->token);
  }
  return tokens;
}

}  // namespace llama2

#endif  // LLAMA2_LLAMA_TEST_GUESSES_H_
