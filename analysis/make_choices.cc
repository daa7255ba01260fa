#include "analysis/make_choices.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <numeric>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "sampling/rng.h"

namespace llama2 {
namespace {

// For each wrong ending so many are there to draw from: nearly of the same length, and not
// the same for every question of that length.
constexpr size_t kCandidates = 4;

// A story, cut in two; what comes after the ending is left out.
struct CutStory {
  absl::string_view context;
  absl::string_view space;   // between the two
  absl::string_view ending;  // a sentence
};

// Where the first sentence that ends at `from` or later ends: behind its full stop and the
// quotes that follow it, where white space or the text's end is next. npos without one.
size_t SentenceEnd(absl::string_view text, size_t from) {
  for (size_t i = text.find_first_of(".!?", from); i != absl::string_view::npos;
       i = text.find_first_of(".!?", i + 1)) {
    const size_t end = std::min(text.find_first_not_of(".!?\"'", i), text.size());
    if (end == text.size() || absl::ascii_isspace(text[end])) return end;
  }
  return absl::string_view::npos;
}

// `story` has no white space at its ends.
bool Cut(absl::string_view story, CutStory* cut) {
  const size_t context = SentenceEnd(story, story.size() / 2);
  if (context >= story.size()) return false;
  const absl::string_view rest = story.substr(context);
  const absl::string_view behind = absl::StripLeadingAsciiWhitespace(rest);
  const size_t ending = SentenceEnd(behind, 0);
  if (ending == absl::string_view::npos) return false;
  *cut = {story.substr(0, context), rest.substr(0, rest.size() - behind.size()),
          behind.substr(0, ending)};
  return true;
}

// A number from 0 to `count` - 1, count > 0.
size_t Draw(Rng& rng, size_t count) {
  return static_cast<size_t>(uint64_t{rng.NextU32()} * count >> 32);
}

// Puts `count` of the elements, drawn at random, in front: the first steps of a Fisher-Yates
// shuffle.
template <typename T>
void DrawToFront(std::vector<T>& elements, size_t count, Rng& rng) {
  for (size_t i = 0; i < count; ++i) {
    std::swap(elements[i], elements[i + Draw(rng, elements.size() - i)]);
  }
}

// The endings of other stories, each text once, those of nearest length first.
std::vector<absl::string_view> WrongEndings(const std::vector<CutStory>& stories,
                                            absl::string_view right) {
  std::vector<absl::string_view> endings;
  absl::flat_hash_set<absl::string_view> seen = {right};
  for (const CutStory& story : stories) {
    if (seen.insert(story.ending).second) endings.push_back(story.ending);
  }
  const auto distance = [&](absl::string_view ending) {
    return std::abs(static_cast<int64_t>(ending.size()) - static_cast<int64_t>(right.size()));
  };
  std::stable_sort(
      endings.begin(), endings.end(),
      [&](absl::string_view a, absl::string_view b) { return distance(a) < distance(b); });
  return endings;
}

}  // namespace

absl::StatusOr<std::vector<ChoiceTask>> MakeChoices(absl::Span<const absl::string_view> stories,
                                                    const MakeChoicesOptions& options) {
  std::vector<CutStory> cut_stories;
  for (absl::string_view story : stories) {
    CutStory cut;
    if (Cut(story, &cut)) cut_stories.push_back(cut);
  }
  if (static_cast<int64_t>(cut_stories.size()) < options.count) {
    return absl::InvalidArgumentError(absl::StrCat("count: found ", options.count,
                                                   ", expected up to ", cut_stories.size(),
                                                   ", the stories with a sentence to guess"));
  }
  const size_t wrong = options.endings - 1;
  Rng rng(options.seed);
  std::vector<size_t> order(cut_stories.size());
  std::iota(order.begin(), order.end(), size_t{0});
  DrawToFront(order, options.count, rng);
  std::vector<ChoiceTask> tasks;
  for (int64_t i = 0; i < options.count; ++i) {
    const CutStory& story = cut_stories[order[i]];
    std::vector<absl::string_view> endings = WrongEndings(cut_stories, story.ending);
    if (endings.size() < wrong) {
      return absl::InvalidArgumentError(
          absl::StrCat("endings: found ", options.endings, ", expected up to ",
                       endings.size() + 1, ", the different sentences that there are"));
    }
    endings.resize(std::min(endings.size(), kCandidates * wrong));
    DrawToFront(endings, wrong, rng);
    endings.resize(wrong);
    const size_t answer = Draw(rng, options.endings);
    endings.insert(endings.begin() + answer, story.ending);
    ChoiceTask task;
    task.set_context(std::string(story.context));
    for (absl::string_view ending : endings) {
      task.add_endings(absl::StrCat(story.space, ending));
    }
    task.set_answer(static_cast<int>(answer));
    tasks.push_back(std::move(task));
  }
  return tasks;
}

}  // namespace llama2
