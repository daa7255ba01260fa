#include "tools/bench/bench_rounds.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"

namespace llama2 {
namespace {

// Of one program in one phase, a value for each round.
struct Series {
  std::vector<double> rates, ratios, shares, peaks;
  absl::string_view limit;
};

// With one number of threads.
struct TeamSeries {
  std::vector<Series> ours;                 // for each phase
  std::vector<std::vector<Series>> theirs;  // for each peer and phase
  std::vector<double> load, first_token, read, fp32, int8;
};

// The rate of a phase of the plan among those that a program printed, 0 without one.
double RateOf(const Phase& phase, bool first_decode, absl::Span<const BenchPhase> printed) {
  for (const BenchPhase& other : printed) {
    if (other.name() != PhaseName(phase.kind)) continue;
    if (other.has_tokens() ? other.tokens() == phase.tokens : first_decode) {
      return other.tokens_per_second();
    }
  }
  return 0;
}

class Rounds {
 public:
  Rounds(const BenchPlan& plan, const BenchParts& parts) : plan_(plan), parts_(parts) {
    for (int i = 0; i < plan.threads.size(); ++i) {
      TeamSeries team;
      team.ours.resize(plan.phases.size());
      team.theirs.assign(parts.peers.size(), team.ours);
      teams_.push_back(std::move(team));
    }
    for (const Phase& phase : plan.phases) {
      costs_.push_back(CostOf(phase, plan.format, plan.config));
    }
  }

  absl::Status Run(BenchProgress progress) {
    const int64_t total = int64_t{plan_.rounds} * static_cast<int64_t>(plan_.threads.size()) *
                          static_cast<int64_t>(1 + parts_.peers.size());
    int64_t done = 0;
    progress(done, total);
    for (int round = 0; round < plan_.rounds; ++round) {
      for (size_t i = 0; i < teams_.size(); ++i) {
        RETURN_IF_ERROR(RunOurs(plan_.threads[i], &teams_[i]));
        progress(++done, total);
        for (size_t peer = 0; peer < parts_.peers.size(); ++peer) {
          RETURN_IF_ERROR(RunTheirs(peer, plan_.threads[i], &teams_[i]));
          progress(++done, total);
        }
      }
    }
    return absl::OkStatus();
  }

  BenchModel Result() const {
    BenchModel model;
    for (size_t i = 0; i < teams_.size(); ++i) {
      const TeamSeries& series = teams_[i];
      BenchTeam* team = model.add_team();
      team->set_threads(plan_.threads[i]);
      for (size_t phase = 0; phase < plan_.phases.size(); ++phase) {
        AddResult(phase, series.ours[phase], team);
        for (size_t peer = 0; peer < parts_.peers.size(); ++peer) {
          if (series.theirs[peer][phase].rates.empty()) continue;
          AddResult(phase, series.theirs[peer][phase], team)->set_peer(parts_.peers[peer].name);
        }
      }
      *team->mutable_load_ms() = SpreadOf(series.load);
      *team->mutable_first_token_ms() = SpreadOf(series.first_token);
      *team->mutable_read_gb_per_second() = SpreadOf(series.read);
      *team->mutable_fp32_gflop_per_second() = SpreadOf(series.fp32);
      *team->mutable_int8_gop_per_second() = SpreadOf(series.int8);
    }
    return model;
  }

 private:
  absl::Status RunOurs(int threads, TeamSeries* team) {
    const MachineRates rates = parts_.rates(threads);
    team->read.push_back(rates.read / 1e9);
    team->fp32.push_back(rates.fp32 / 1e9);
    team->int8.push_back(rates.int8 / 1e9);
    ASSIGN_OR_RETURN(const TimedRun timed, parts_.model(threads));
    team->load.push_back(timed.run.load_ms());
    team->first_token.push_back(timed.run.first_token_clock_ms() - timed.begin_clock_ms);
    for (size_t i = 0; i < plan_.phases.size(); ++i) {
      const Phase& phase = plan_.phases[i];
      Series& ours = team->ours[i];
      for (const BenchPhase& run : timed.run.phase()) {
        if (run.name() != PhaseName(phase.kind) || run.tokens() != phase.tokens) continue;
        const PhaseLimit limit = LimitOf(costs_[i], rates);
        ours.rates.push_back(run.tokens_per_second());
        ours.shares.push_back(limit.seconds * run.tokens_per_second() / phase.tokens);
        ours.limit = limit.what;
        ours.peaks.push_back(run.peak_mib());
      }
      CHECK(!ours.rates.empty());
    }
    return absl::OkStatus();
  }

  absl::Status RunTheirs(size_t peer, int threads, TeamSeries* team) {
    ASSIGN_OR_RETURN(const std::vector<BenchPhase> printed, parts_.peers[peer].run(threads));
    bool found = false, first_decode = true;
    for (size_t i = 0; i < plan_.phases.size(); ++i) {
      const double rate = RateOf(plan_.phases[i], first_decode, printed);
      if (plan_.phases[i].kind == Phase::kDecode) first_decode = false;
      if (rate == 0) continue;
      Series& theirs = team->theirs[peer][i];
      theirs.rates.push_back(rate);
      theirs.ratios.push_back(team->ours[i].rates.back() / rate);
      found = true;
    }
    if (found) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        "peer ", parts_.peers[peer].name, ": found ", printed[0].name(), " ",
        printed[0].tokens(), ", expected one of the phases and lengths that are measured"));
  }

  BenchResult* AddResult(size_t phase, const Series& series, BenchTeam* team) const {
    BenchResult* result = team->add_result();
    result->set_phase(std::string(PhaseName(plan_.phases[phase].kind)));
    result->set_tokens(plan_.phases[phase].tokens);
    *result->mutable_tokens_per_second() = SpreadOf(series.rates);
    if (!series.ratios.empty()) *result->mutable_ratio() = SpreadOf(series.ratios);
    if (!series.shares.empty()) {
      *result->mutable_of_limit() = SpreadOf(series.shares);
      result->set_limit(std::string(series.limit));
      result->set_peak_mib(*std::max_element(series.peaks.begin(), series.peaks.end()));
    }
    return result;
  }

  const BenchPlan& plan_;
  const BenchParts& parts_;
  std::vector<TeamSeries> teams_;
  std::vector<PhaseCost> costs_;
};

}  // namespace

absl::StatusOr<BenchModel> RunRounds(const BenchPlan& plan, const BenchParts& parts,
                                     BenchProgress progress) {
  Rounds rounds(plan, parts);
  RETURN_IF_ERROR(rounds.Run(progress));
  return rounds.Result();
}

BenchSpread SpreadOf(std::vector<double> values) {
  CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  BenchSpread spread;
  spread.set_min(values.front());
  spread.set_median((values[(n - 1) / 2] + values[n / 2]) / 2);
  spread.set_max(values.back());
  return spread;
}

}  // namespace llama2
