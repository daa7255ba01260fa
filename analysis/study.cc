#include "analysis/study.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "analysis/sample_text.h"
#include "analysis/text_statistics.h"
#include "base/status_macros.h"
#include "kernels/thread_team.h"
#include "llama/generate.h"
#include "llama/session.h"
#include "sampling/sampler.h"
#include "sampling/stop_list.h"
#include "tokenizer/encoder.h"

namespace llama2 {
namespace {

// Of a prompt, tokens that go through the model at once.
constexpr int64_t kChunk = 64;

// The texts of one model in their order: seeds change first, then top-p, then temperature.
class Grid {
 public:
  explicit Grid(const StudyPlan& plan) : plan_(plan) {}

  struct Place {
    size_t prompt, temperature, top_p, seed;
  };

  int64_t cells() const {
    return int64_t{1} * plan_.prompts.size() * plan_.temperatures.size() * plan_.top_ps.size();
  }
  int64_t samples() const { return cells() * plan_.seeds.size(); }

  Place At(int64_t i) const {
    Place place;
    place.seed = Take(plan_.seeds.size(), i);
    place.top_p = Take(plan_.top_ps.size(), i);
    place.temperature = Take(plan_.temperatures.size(), i);
    place.prompt = i;
    return place;
  }

 private:
  static size_t Take(size_t count, int64_t& i) {
    const size_t digit = i % count;
    i /= count;
    return digit;
  }

  const StudyPlan& plan_;
};

absl::Status Check(const StudyPlan& plan, size_t models) {
  const auto need = [](absl::string_view field, size_t found) {
    if (found > 0) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": found none, expected at least one"));
  };
  RETURN_IF_ERROR(need("prompt", plan.prompts.size()));
  RETURN_IF_ERROR(need("temperature", plan.temperatures.size()));
  RETURN_IF_ERROR(need("top_p", plan.top_ps.size()));
  RETURN_IF_ERROR(need("seed", plan.seeds.size()));
  RETURN_IF_ERROR(need("model", models));
  // As numbers that cannot overflow, before anything is made of them.
  const double samples = 1.0 * plan.prompts.size() * plan.temperatures.size() *
                         plan.top_ps.size() * plan.seeds.size() * models;
  if (samples > StudyPlan::kMostSamples) {
    return absl::InvalidArgumentError(absl::StrCat(
        "found ", models, " models x ", plan.prompts.size(), " prompts x ",
        plan.temperatures.size(), " temperatures x ", plan.top_ps.size(), " values of top-p x ",
        plan.seeds.size(), " seeds, expected at most ", StudyPlan::kMostSamples, " texts"));
  }
  for (const float temperature : plan.temperatures) {
    RETURN_IF_ERROR(Validate(SamplerOptions{.temperature = temperature}));
  }
  for (const float top_p : plan.top_ps) {
    RETURN_IF_ERROR(Validate(SamplerOptions{.top_p = top_p}));
  }
  return absl::OkStatus();
}

int64_t PositionsOf(const StudyPlan& plan, const Transformer& model) {
  const int64_t context = model.config().seq_len;
  return plan.steps > 0 ? std::min(plan.steps, context) : context;
}

absl::Status CheckRoom(const StudyPlan& plan, absl::Span<const std::vector<int>> prompts,
                       const StudyModel& model) {
  const int64_t positions = PositionsOf(plan, *model.model);
  for (size_t i = 0; i < prompts.size(); ++i) {
    if (prompts[i].size() <= positions) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "prompt: found ", prompts[i].size(), " tokens in \"", plan.prompts[i].label,
        "\", expected at most ", positions, ", for which ", model.name, " has room"));
  }
  return absl::OkStatus();
}

// What the threads of a study share.
struct Work {
  const StudyPlan& plan;
  absl::Span<const std::vector<int>> prompts;
  const StopList& stops;
  const Vocabulary& vocabulary;
  Progress progress;
  int64_t total;
  std::atomic<int64_t> done = 0;
  std::atomic<bool> stopped = false;
};

// All texts of one model.
absl::StatusOr<std::vector<SampledText>> SampleAll(const StudyModel& model, int threads,
                                                   Work& work) {
  const Grid grid(work.plan);
  const int64_t positions = PositionsOf(work.plan, *model.model);
  ASSIGN_OR_RETURN(
      SessionPool sessions,
      SessionPool::Create(*model.model, threads, {.capacity = positions, .chunk = kChunk}));
  std::vector<absl::StatusOr<SampledText>> samples(grid.samples());
  work.stopped = !work.progress(work.done, work.total);
  TaskQueue queue(grid.samples());
  ThreadTeam team(threads);
  team.Run([&](ThreadTeam::Member& me) {
    const auto go_on = [&] {
      if (me.index() == 0 && !work.progress(work.done, work.total)) work.stopped = true;
      return !work.stopped;
    };
    queue.ForEach([&](int64_t i) {
      if (work.stopped) return;
      const Grid::Place at = grid.At(i);
      Sampler sampler({.temperature = work.plan.temperatures[at.temperature],
                       .top_p = work.plan.top_ps[at.top_p],
                       .seed = work.plan.seeds[at.seed]},
                      model.model->kernels());
      Session& session = sessions[me.index()];
      session.Rewind(0);
      samples[i] = SampleText(work.prompts[at.prompt], {positions, &work.stops},
                              work.vocabulary, sampler, session, go_on);
      if (!samples[i].ok()) work.stopped = true;
      ++work.done;
    });
  });
  std::vector<SampledText> all;
  for (absl::StatusOr<SampledText>& sample : samples) {
    if (absl::IsDataLoss(sample.status())) {
      return absl::DataLossError(absl::StrCat(model.name, ": ", sample.status().message()));
    }
    if (sample.ok()) all.push_back(*std::move(sample));
  }
  if (work.stopped) return absl::CancelledError("study stopped");
  return all;
}

double Agreement(absl::Span<const int> tokens, absl::Span<const int> others) {
  const size_t longer = std::max(tokens.size(), others.size());
  if (longer == 0) return 1;
  const auto [end, other_end] =
      std::mismatch(tokens.begin(), tokens.end(), others.begin(), others.end());
  return static_cast<double>(end - tokens.begin()) / longer;
}

// `first` is what the first model says, null where this is the first.
StudySample Measure(const SampledText& text, uint64_t seed, const SampledText* first) {
  StudySample sample;
  sample.set_seed(seed);
  sample.set_text(text.text);
  sample.set_tokens(static_cast<int>(text.tokens.size()));
  if (!text.tokens.empty()) sample.set_log_likelihood(-text.nats / text.tokens.size());
  sample.set_ended(text.reason != StopReason::kLength);
  const TextStatistics statistics = MeasureText(text.text);
  if (statistics.distinct_1) sample.set_distinct_1(*statistics.distinct_1);
  if (statistics.distinct_2) sample.set_distinct_2(*statistics.distinct_2);
  if (statistics.distinct_3) sample.set_distinct_3(*statistics.distinct_3);
  if (statistics.repetition) sample.set_repetition(*statistics.repetition);
  if (first != nullptr) sample.set_agreement(Agreement(text.tokens, first->tokens));
  return sample;
}

StudyMean MeanOf(absl::Span<const double> values) {
  StudyMean mean;
  const double n = values.size();
  mean.set_count(static_cast<int>(values.size()));
  if (values.empty()) return mean;
  mean.set_mean(std::accumulate(values.begin(), values.end(), 0.0) / n);
  if (values.size() < 2) return mean;
  double squares = 0;
  for (const double value : values) squares += (value - mean.mean()) * (value - mean.mean());
  mean.set_standard_error(std::sqrt(squares / (n - 1) / n));
  return mean;
}

int Picked(const StudyCell& cell) {
  std::vector<int> order(cell.samples_size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return cell.samples(a).log_likelihood() < cell.samples(b).log_likelihood();
  });
  return order[(order.size() - 1) / 2];
}

// The means of `cell` over its samples.
void Summarize(StudyCell& cell) {
  const auto mean = [&cell](auto has, auto value) {
    std::vector<double> values;
    for (const StudySample& sample : cell.samples()) {
      if ((sample.*has)()) values.push_back((sample.*value)());
    }
    return MeanOf(values);
  };
  using S = StudySample;
  *cell.mutable_distinct_1() = mean(&S::has_distinct_1, &S::distinct_1);
  *cell.mutable_distinct_2() = mean(&S::has_distinct_2, &S::distinct_2);
  *cell.mutable_distinct_3() = mean(&S::has_distinct_3, &S::distinct_3);
  *cell.mutable_repetition() = mean(&S::has_repetition, &S::repetition);
  *cell.mutable_log_likelihood() = mean(&S::has_log_likelihood, &S::log_likelihood);
  *cell.mutable_tokens() = mean(&S::has_tokens, &S::tokens);
  *cell.mutable_ended() = mean(&S::has_ended, &S::ended);
  const StudyMean agreement = mean(&S::has_agreement, &S::agreement);
  if (agreement.count() > 0) *cell.mutable_agreement() = agreement;
  cell.set_picked(Picked(cell));
}

void AddCells(const StudyPlan& plan, absl::string_view model,
              absl::Span<const SampledText> texts, absl::Span<const SampledText> first_texts,
              StudyReport& report) {
  const Grid grid(plan);
  StudyCell* cell = nullptr;
  for (int64_t i = 0; i < grid.samples(); ++i) {
    const Grid::Place at = grid.At(i);
    if (at.seed == 0) {
      cell = report.add_cells();
      cell->set_model(std::string(model));
      cell->set_prompt(plan.prompts[at.prompt].label);
      cell->set_temperature(plan.temperatures[at.temperature]);
      cell->set_top_p(plan.top_ps[at.top_p]);
    }
    *cell->add_samples() =
        Measure(texts[i], plan.seeds[at.seed], first_texts.empty() ? nullptr : &first_texts[i]);
    if (at.seed + 1 == plan.seeds.size()) Summarize(*cell);
  }
}

}  // namespace

absl::StatusOr<StudyReport> RunStudy(const StudyPlan& plan, absl::Span<const StudyModel> models,
                                     const Vocabulary& vocabulary, int threads,
                                     Progress progress) {
  RETURN_IF_ERROR(Check(plan, models.size()));
  ASSIGN_OR_RETURN(const StopList stops, StopList::Create(plan.stops));
  const Encoder encoder(&vocabulary);
  StudyReport report;
  std::vector<std::vector<int>> prompts;
  for (const StudyPlan::Prompt& prompt : plan.prompts) {
    prompts.push_back(encoder.Encode(prompt.text, {.add_bos = true}));
    report.add_prompts()->set_label(prompt.label);
    report.mutable_prompts()->rbegin()->set_text(prompt.text);
  }
  for (const StudyModel& model : models) RETURN_IF_ERROR(CheckRoom(plan, prompts, model));
  report.mutable_temperatures()->Add(plan.temperatures.begin(), plan.temperatures.end());
  report.mutable_top_ps()->Add(plan.top_ps.begin(), plan.top_ps.end());
  report.mutable_seeds()->Add(plan.seeds.begin(), plan.seeds.end());
  report.set_steps(static_cast<int>(plan.steps));

  Work work = {plan,     prompts,
               stops,    vocabulary,
               progress, static_cast<int64_t>(Grid(plan).samples() * models.size())};
  std::vector<SampledText> first_texts;
  for (const StudyModel& model : models) {
    report.add_models(model.name);
    ASSIGN_OR_RETURN(std::vector<SampledText> texts, SampleAll(model, threads, work));
    AddCells(plan, model.name, texts, first_texts, report);
    if (first_texts.empty()) first_texts = std::move(texts);
  }
  return report;
}

}  // namespace llama2
