#include "tools/study/study_page.h"

#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "report/html.h"
#include "tools/study/study_table.h"

namespace llama2 {
namespace {

constexpr absl::string_view kStyle = R"css(
.figures {
  display: grid; gap: 1.25rem;
  grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr));
}
.figures figure {
  margin: 0; border: 1px solid var(--line); border-radius: 10px; overflow: hidden;
}
.figures svg { display: block; width: 100%; }
.figures figcaption { padding: .2rem 1rem .9rem; }
td small { color: var(--soft); }
.card h4 { margin: 0 0 .15rem; font-size: 1rem; }
.card .note { margin: 0 0 .6rem; }
.card .text { margin: 0; font-family: Georgia, "Times New Roman", serif; line-height: 1.5; }
.prompt { font-weight: bold; }
)css";

std::string Lead(const StudyReport& report) {
  const std::string length =
      report.steps() > 0 ? absl::StrCat("of up to ", report.steps(), " tokens each") : "";
  const std::string size = absl::StrReplaceAll(StudySize(report), {{" x ", " \xC3\x97 "}});
  return absl::StrCat("<p class=\"lead\">", size, length.empty() ? "" : ", ", length, ". From ",
                      EscapeHtml(absl::StrJoin(report.models(), ", ")), ".</p>\n");
}

void AppendFigures(const StudyReport& report, absl::Span<const StudyFigure> figures,
                   HtmlPage& page) {
  const bool cold = absl::c_linear_search(report.temperatures(), 0);
  page.Append(absl::StrCat(
      "<h2>Figures</h2>\n<p>Points and bars are means over the seeds. Whiskers reach one "
      "standard error up and down: where those of two means overlap, other seeds might well "
      "turn them round.",
      cold ? " At temperature 0 every seed gives the same text: there is one, and no error."
           : "",
      "</p>\n<div class=\"figures\">\n"));
  for (const StudyFigure& figure : figures) {
    page.Append(absl::StrCat("<figure>\n", figure.svg, "<figcaption>",
                             EscapeHtml(figure.explanation), "</figcaption>\n</figure>\n"));
  }
  page.Append("</div>\n");
}

void AppendNumbers(const StudyReport& report, HtmlPage& page) {
  const std::vector<StudyColumn> columns = StudyColumns(report);
  const auto cell = [](absl::string_view tag, const StudyColumn& column,
                       absl::string_view html) {
    return absl::StrCat("<", tag, column.number ? " class=\"number\">" : ">", html, "</", tag,
                        ">");
  };
  page.Append("<h2>Numbers</h2>\n<div class=\"wide\"><table>\n<thead><tr>");
  for (const StudyColumn& column : columns) {
    page.Append(cell("th", column, EscapeHtml(column.heading)));
  }
  page.Append("</tr></thead>\n<tbody>\n");
  for (int i = 0; i < report.cells_size(); ++i) {
    page.Append("<tr>");
    for (const StudyColumn& column : columns) {
      const std::string& error = column.errors[i];
      page.Append(
          cell("td", column,
               absl::StrCat(
                   EscapeHtml(column.values[i]),
                   error.empty() ? "" : absl::StrCat(" <small>\xC2\xB1 ", error, "</small>"))));
    }
    page.Append("</tr>\n");
  }
  page.Append("</tbody>\n</table></div>\n");
}

std::string SampleNote(const StudySample& sample) {
  std::vector<std::string> parts = {absl::StrCat("seed ", sample.seed()),
                                    absl::StrCat(sample.tokens(), " tokens")};
  if (sample.has_log_likelihood()) {
    parts.push_back(absl::StrFormat("log-likelihood %.2f", sample.log_likelihood()));
  }
  if (sample.has_repetition()) {
    parts.push_back(absl::StrFormat("repetition %.2f", sample.repetition()));
  }
  parts.push_back(sample.ended() ? "ended by itself" : "cut at the limit");
  return absl::StrJoin(parts, " \xC2\xB7 ");
}

void AppendCard(const StudyCell& cell, absl::string_view heading, absl::string_view prompt,
                HtmlPage& page) {
  const StudySample& sample = cell.samples(cell.picked());
  page.Append("<article class=\"card\">\n");
  if (!heading.empty()) page.Append(absl::StrCat("<h4>", EscapeHtml(heading), "</h4>\n"));
  page.Append(absl::StrCat("<p class=\"note\">", SampleNote(sample),
                           "</p>\n<p class=\"text\"><span class=\"prompt\">",
                           EscapeHtml(prompt), "</span>", EscapeHtml(sample.text()),
                           "</p>\n</article>\n"));
}

void AppendTexts(const StudyReport& report, HtmlPage& page) {
  page.Append(
      "<h2>Texts beside each other</h2>\n<p>Of each cell the text whose log-likelihood is the "
      "median of its seeds: the one in the middle, whatever it is like. The prompt is in bold. "
      "All texts are in study.json.</p>\n");
  const StudyCells cells(report);
  const int prompts = cells.size(StudyCells::kPrompt);
  // The texts of a prompt are a group, where there are several prompts and texts of each.
  const bool grouped = prompts > 1 && report.cells_size() > prompts;
  for (int p = 0; p < prompts; ++p) {
    if (grouped) {
      page.Append(absl::StrCat("<h3>", EscapeHtml(report.prompts(p).label()), "</h3>\n"));
    }
    if (grouped || p == 0) page.Append("<div class=\"cards\">\n");
    for (int c = 0; c < report.cells_size(); ++c) {
      const StudyCells::Place place = cells.PlaceOf(c);
      if (place[StudyCells::kPrompt] != p) continue;
      const std::string heading =
          grouped ? cells.Name(place, {StudyCells::kPrompt}) : cells.Name(place);
      AppendCard(report.cells(c), heading, report.prompts(p).text(), page);
    }
    if (grouped || p == prompts - 1) page.Append("</div>\n");
  }
}

}  // namespace

std::string StudyPage(const StudyReport& report, absl::Span<const StudyFigure> figures,
                      absl::string_view config) {
  HtmlPage page(report.title());
  page.AddStyle(kStyle);
  page.Append(Lead(report));
  AppendFigures(report, figures, page);
  AppendNumbers(report, page);
  AppendTexts(report, page);
  page.Append(absl::StrCat(
      "<h2>How to make it again</h2>\n<p>The same configuration gives the same page, with any "
      "number of threads and on every CPU:</p>\n<pre><code>",
      EscapeHtml(config), "</code></pre>\n"));
  return std::move(page).Finish();
}

}  // namespace llama2
