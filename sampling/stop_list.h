// Strings at which generation stops, and the matcher that finds them in text that
// comes in pieces, without printing the beginning of one.
//
//   ASSIGN_OR_RETURN(StopList stops, StopList::Create({"\nUser:", "</s>"}));
//   StopMatcher matcher(&stops);                       // one for each generation
//   while (!matcher.stopped() && NextPiece(&piece)) Print(matcher.Push(piece));
//   Print(matcher.Flush());
#ifndef LLAMA2_SAMPLING_STOP_LIST_H_
#define LLAMA2_SAMPLING_STOP_LIST_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace llama2 {

// The configured stop strings. Immutable; any number of matchers in any threads may
// read it.
class StopList {
 public:
  // Strings of any bytes; none at all is a list that never stops.
  // InvalidArgument: a string is empty.
  static absl::StatusOr<StopList> Create(std::vector<std::string> strings);

  // A list that never stops.
  StopList() = default;

  bool empty() const { return patterns_.empty(); }

 private:
  friend class StopMatcher;

  struct Pattern {
    std::string text;
    // borders[n]: the length of the longest proper prefix of text[0, n) that is also
    // its suffix; for 0 < n <= the text's length.
    std::vector<size_t> borders;

    // Given that the longest prefix of `text` at the end of some input has `matched`
    // bytes, fewer than all: what it has with `byte` added to the input.
    size_t Advance(size_t matched, char byte) const;
  };

  std::vector<Pattern> patterns_;
};

// Finds the first stop string in one generation's text. The result does not depend on
// how the text is cut into pieces: of several stop strings in it the one that ends
// first counts and, of those that end together, the longest. Text is given out as soon
// as it cannot be part of a stop string any more; where the pieces are whole UTF-8
// characters and the stop strings too, so is what is given out.
//
// Takes time proportional to the text and to the number of stop strings, whatever is
// in them (Knuth, Morris and Pratt, "Fast Pattern Matching in Strings", 1977).
// Thread-safety: one thread at a time.
class StopMatcher {
 public:
  // `stops` outlives the matcher.
  explicit StopMatcher(const StopList* stops);

  // Adds text and returns what may be printed now, valid until the next call of Push or
  // the matcher's end. When that completes a stop string, it ends before that string,
  // and from then on nothing is returned any more.
  absl::string_view Push(absl::string_view piece);

  // The text is at its end: returns what was held back because it could have become a
  // stop string; valid as long as the list. Nothing where a stop string was found.
  // Called last.
  absl::string_view Flush();

  // Whether a stop string was found.
  bool stopped() const { return stopped_; }

 private:
  // Reads one byte: updates matched_ and held_, and returns the length of the longest
  // stop string that ends with it, or 0.
  size_t Advance(char byte);

  const StopList* stops_;
  std::vector<size_t> matched_;  // for each pattern, the bytes of it at the text's end
  absl::string_view held_;       // the longest of those prefixes: not given out yet
  std::string released_;         // what the last Push returned
  bool stopped_ = false;
};

}  // namespace llama2

#endif  // LLAMA2_SAMPLING_STOP_LIST_H_
