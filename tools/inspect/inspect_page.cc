#include "tools/inspect/inspect_page.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "report/html.h"
#include "tools/cli/json_text.h"

namespace llama2 {
namespace {

// kPageHtml, kPageCss and kPageScript: the files of inspect_page/.
#include "tools/inspect/inspect_page_files.inc"

std::string Parameters(int64_t count) {
  if (count >= 1'000'000'000) return absl::StrFormat("%.2f billion", count / 1e9);
  if (count >= 1'000'000) return absl::StrFormat("%.2f million", count / 1e6);
  return absl::StrFormat("%.0f thousand", count / 1e3);
}

std::string Fact(absl::string_view value, absl::string_view name) {
  return absl::StrCat("<span><b>", EscapeHtml(value), "</b> ", name, "</span>\n");
}

// The model and the settings, in one line.
std::string Facts(const InspectReport& report) {
  const InspectedModel& model = report.model();
  const SamplingSettings& sampling = report.sampling();
  std::string facts = absl::StrCat(
      Fact(Parameters(model.parameters()), "parameters"), Fact(model.format(), "weights"),
      Fact(absl::StrCat(model.layers()), "layers"),
      Fact(model.heads() == model.kv_heads()
               ? absl::StrCat(model.heads())
               : absl::StrCat(model.heads(), "/", model.kv_heads()),
           "heads"),
      Fact(absl::StrCat(model.dim()), "wide"),
      Fact(absl::StrCat(model.vocabulary()), "tokens known"),
      Fact(absl::StrCat(sampling.temperature()), "temperature"));
  if (sampling.temperature() > 0) {
    absl::StrAppend(&facts, Fact(absl::StrCat(sampling.top_p()), "top-p"),
                    Fact(absl::StrCat(sampling.seed()), "seed"));
  }
  return absl::StrCat("<p class=\"facts\">", facts, "</p>\n");
}

}  // namespace

std::string InspectPage(const InspectReport& report) {
  HtmlPage page(absl::StrCat("Inside ", report.model().checkpoint()));
  page.AddStyle(kPageCss);
  page.Append(Facts(report));
  page.Append(kPageHtml);
  page.Append(absl::StrCat("<script type=\"application/json\" id=\"report\">",
                           JsonForScript(JsonText(report, JsonLayout::kOneLine)),
                           "</script>\n"));
  page.AddScript(kPageScript);
  return std::move(page).Finish();
}

}  // namespace llama2
