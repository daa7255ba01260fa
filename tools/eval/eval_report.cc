#include "tools/eval/eval_report.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace llama2 {
namespace {

std::string Error(const Estimate& estimate, double scale, int decimals) {
  if (!estimate.has_standard_error()) return "";
  return absl::StrFormat(" \u00B1 %.*f", decimals, scale * estimate.standard_error());
}

std::string Line(absl::string_view name, double value, absl::string_view rest = "") {
  return absl::StrFormat("%-24s%9.4f%s\n", name, value, rest);
}

std::string Line(absl::string_view name, const Estimate& estimate, int decimals) {
  return absl::StrFormat("%-24s%*.*f%s\n", name, decimals + 5, decimals, estimate.value(),
                         Error(estimate, 1, decimals));
}

std::string PercentLine(absl::string_view name, const Estimate& share) {
  return absl::StrFormat("%-24s%7.2f %%%s\n", name, 100 * share.value(),
                         share.has_standard_error() ? Error(share, 100, 2) + " %" : "");
}

std::string Counts(const EvalReport& report) {
  const std::string passages = report.has_windows()
                                   ? absl::StrCat(report.windows(), " windows")
                                   : absl::StrCat(report.stories(), " stories");
  return absl::StrCat(passages, ", ", report.tokens(), " tokens, ", report.bytes(), " bytes");
}

Estimate Loss(const EvalReport& report) {
  Estimate loss;
  loss.set_value(report.nats_per_token());
  if (report.has_standard_error()) loss.set_standard_error(report.standard_error());
  return loss;
}

}  // namespace

std::string ReportText(const EvalReport& report) {
  return absl::StrCat(
      report.checkpoint(), ": ", Counts(report), "\n", Line("nats a token", Loss(report), 4),
      Line("perplexity", report.perplexity()), Line("bits a byte", report.bits_per_byte()));
}

std::string ReportText(const ComparisonReport& report) {
  return absl::StrCat(
      "P is ", report.reference().checkpoint(), ", Q is ", report.other().checkpoint(), ": ",
      Counts(report.reference()), "\n",
      Line("perplexity of P", report.reference().perplexity()),
      Line("perplexity of Q", report.other().perplexity()),
      Line("Q - P", report.perplexity_difference(), 6),
      Line("Q / P", report.perplexity_ratio(), 6),
      Line("ln(Q / P)", report.nats_difference(), 6),
      Line("KL(P || Q), mean", report.kl_divergence(), 6),
      absl::StrFormat("%-24s%11.6f\n", "KL, 99th percentile",
                      report.kl_divergence_99th_percentile()),
      absl::StrFormat("%-24s%11.6f\n", "KL, maximum", report.kl_divergence_maximum()),
      PercentLine("top-1 agreement", report.top1_agreement()));
}

std::string ReportText(const ChoicesReport& report) {
  return absl::StrCat(report.checkpoint(), ": ", report.questions(), " questions\n",
                      PercentLine("accuracy", report.accuracy()),
                      PercentLine("accuracy, per byte", report.accuracy_per_byte()),
                      absl::StrFormat("%-24s%7.2f %%\n", "chance", 100 * report.chance()));
}

}  // namespace llama2
