#include "report/html.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace llama2 {
namespace {

constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

constexpr absl::string_view kStyle = R"css(
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #22262b; --soft: #646c76; --line: #dcdfe3;
  --panel: #f3f4f2; --accent: #0067a5; --mark: #fff0c2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181c; --ink: #e3e6ea; --soft: #98a1ac; --line: #363c44;
    --panel: #1e2228; --accent: #6cb6f0; --mark: #4d4215;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 66rem; padding: 2rem 1.25rem 4rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial,
    sans-serif;
}
h1, h2, h3 { line-height: 1.2; text-wrap: balance; }
h1 { font-size: clamp(1.6rem, 5vw, 2.3rem); margin: .5rem 0 1rem; letter-spacing: -.015em; }
h2 {
  font-size: 1.35rem; margin: 3rem 0 .75rem; padding-top: .75rem;
  border-top: 1px solid var(--line);
}
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
p, ul, ol, dl { max-width: 46rem; }
a { color: var(--accent); }
.lead { font-size: 1.15rem; color: var(--soft); }
.note, figcaption, caption { font-size: .875rem; color: var(--soft); }
code, pre, kbd {
  font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: .9em;
}
code { background: var(--panel); border-radius: 4px; padding: .1em .3em; }
pre { background: var(--panel); border-radius: 8px; padding: .8rem 1rem; overflow-x: auto; }
pre code { background: none; padding: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .925rem; margin: 1rem 0; }
caption { text-align: left; padding-bottom: .4rem; }
th, td {
  padding: .35rem .8rem .35rem 0; text-align: left; vertical-align: baseline;
  border-bottom: 1px solid var(--line);
}
thead th { color: var(--soft); font-weight: 600; border-bottom-width: 2px; }
th.number, td.number {
  text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap;
}
tbody tr:hover { background: var(--panel); }
figure { margin: 1.5rem 0; }
svg, img { max-width: 100%; height: auto; }
blockquote {
  margin: 1rem 0; padding-left: 1rem; border-left: 3px solid var(--line); color: var(--soft);
}
details > summary { cursor: pointer; color: var(--accent); }
.cards {
  display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr));
}
.card {
  background: var(--panel); border: 1px solid var(--line); border-radius: 10px;
  padding: 1rem 1.15rem; min-width: 0;
}
.card > :first-child { margin-top: 0; }
.card > :last-child { margin-bottom: 0; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }
mark { background: var(--mark); color: inherit; }
@media print {
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  figure, .card, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .wide { overflow: visible; }
}
)css";

}  // namespace

std::string EscapeHtml(absl::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default: {
        const bool space = c == '\t' || c == '\n' || c == '\r';
        const bool control = (static_cast<unsigned char>(c) < 0x20 && !space) || c == 0x7F;
        absl::StrAppend(&escaped, control ? kReplacement : absl::string_view(&c, 1));
      }
    }
  }
  return escaped;
}

std::string JsonForScript(absl::string_view json) {
  // In JSON it stands in strings only, and there it may be written so. U+2028 and U+2029 end
  // a line of a script that is older than 2019.
  return absl::StrReplaceAll(
      json, {{"<", "\\u003C"}, {"\xE2\x80\xA8", "\\u2028"}, {"\xE2\x80\xA9", "\\u2029"}});
}

HtmlPage::HtmlPage(absl::string_view title) : title_(EscapeHtml(title)) {}

void HtmlPage::AddStyle(absl::string_view css) { absl::StrAppend(&style_, css, "\n"); }

void HtmlPage::Append(absl::string_view html) { absl::StrAppend(&body_, html); }

void HtmlPage::AddScript(absl::string_view script) { absl::StrAppend(&script_, script, "\n"); }

std::string HtmlPage::Finish() && {
  std::string document = absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "img-src data:; style-src 'unsafe-inline'",
      script_.empty() ? "" : "; script-src 'unsafe-inline'", "\">\n",
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
      title_, "</title>\n<style>", kStyle, style_, "</style>\n</head>\n<body>\n<h1>", title_,
      "</h1>\n", body_);
  if (!script_.empty()) absl::StrAppend(&document, "<script>\n", script_, "</script>\n");
  absl::StrAppend(&document, "</body>\n</html>\n");
  return document;
}

}  // namespace llama2
