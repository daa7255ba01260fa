#include "analysis/describe_choice.h"

#include <algorithm>
#include <vector>

#include "analysis/likeliest.h"

namespace llama2 {
namespace {

// A share of the walk that is worth a name.
constexpr float kNamed = 0.01f;

void AddWalk(const SamplerTrace& trace, SamplerChoice& choice) {
  SamplerChoice::Stretch* several = nullptr;
  for (int id : trace.kept) {
    const float p = trace.probabilities[id];
    if (id == trace.token || p >= kNamed * trace.kept_sum) {
      SamplerChoice::Stretch& one = *choice.add_walk();
      one.set_id(id);
      one.set_tokens(1);
      one.set_probability(p);
      several = nullptr;
      continue;
    }
    if (several == nullptr) several = choice.add_walk();
    several->set_tokens(several->tokens() + 1);
    several->set_probability(several->probability() + p);
  }
}

}  // namespace

SamplerChoice DescribeChoice(const SamplerTrace& trace, absl::Span<const float> logits,
                             float temperature, int candidates) {
  SamplerChoice choice;
  const bool greedy = trace.probabilities.empty();
  choice.set_greedy(greedy);
  choice.set_kept(trace.kept.size());
  choice.set_kept_sum(trace.kept_sum);
  choice.set_coin(trace.coin);
  choice.set_target(trace.target);
  std::vector<bool> kept(logits.size());
  for (int id : trace.kept) kept[id] = true;
  std::vector<int> ids = Likeliest(trace.logits, candidates);
  if (std::find(ids.begin(), ids.end(), trace.token) == ids.end()) ids.push_back(trace.token);
  for (int id : ids) {
    SamplerChoice::Candidate& candidate = *choice.add_candidates();
    candidate.set_id(id);
    candidate.set_logit(logits[id]);
    candidate.set_penalized(trace.logits[id]);
    candidate.set_kept(kept[id]);
    if (greedy) continue;
    candidate.set_scaled(trace.logits[id] / temperature);
    candidate.set_probability(trace.probabilities[id]);
    candidate.set_share(kept[id] ? trace.probabilities[id] / trace.kept_sum : 0);
  }
  if (!greedy) AddWalk(trace, choice);
  return choice;
}

}  // namespace llama2
