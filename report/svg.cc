#include "report/svg.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "report/html.h"

namespace llama2 {
namespace {

constexpr std::array<Ink, kSeriesInks> kSeries = {{{"series0", "#0072b2", "#4aa8e0"},
                                                   {"series1", "#d55e00", "#f28244"},
                                                   {"series2", "#009e73", "#2cc798"},
                                                   {"series3", "#b8568c", "#e39cc5"},
                                                   {"series4", "#c98a00", "#f0b93f"},
                                                   {"series5", "#3d9bd6", "#9bd3f5"}}};

// Marks are drawn in light colours, which every viewer of SVG understands; where the reader's
// scheme is dark, and the viewer knows schemes, this is stronger.
std::string DarkScheme() {
  std::string rules = "@media (prefers-color-scheme: dark) {";
  const auto add = [&rules](const Ink& ink) {
    absl::StrAppend(&rules, " .chart .", ink.name, " { color: ", ink.dark, " }");
  };
  for (const Ink& ink : {kPaperInk, kTextInk, kSoftInk, kAxisInk, kGridInk}) add(ink);
  for (const Ink& ink : kSeries) add(ink);
  return absl::StrCat(rules, " }");
}

std::string In(const Ink& ink) {
  return absl::StrCat("class=\"", ink.name, "\" color=\"", ink.light, "\"");
}

std::string Tooltip(absl::string_view text) {
  return text.empty() ? "" : absl::StrCat("<title>", EscapeHtml(text), "</title>");
}

bool BeginsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

// Of sans-serif letters, in ems; a little more than the mean.
constexpr double kLetterWidth = 0.54;

}  // namespace

Ink SeriesInk(int i) {
  CHECK(i >= 0);
  return kSeries[i % kSeriesInks];
}

Svg::Svg(double width, double height, absl::string_view title) {
  absl::StrAppendFormat(
      &svg_,
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\" "
      "viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\" "
      "font-family=\"Helvetica, Arial, sans-serif\">\n<title>%s</title>\n<style>%s</style>\n",
      width, height, width, height, EscapeHtml(title), DarkScheme());
  Box({0, 0}, width, height, kPaperInk);
}

void Svg::Text(Point at, Anchor anchor, absl::string_view text, Ink ink, double size,
               bool bold) {
  static constexpr absl::string_view kAnchors[] = {"start", "middle", "end"};
  absl::StrAppendFormat(&svg_,
                        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%g\"%s %s "
                        "fill=\"currentColor\">%s</text>\n",
                        at.x, at.y, kAnchors[static_cast<int>(anchor)], size,
                        bold ? " font-weight=\"bold\"" : "", In(ink), EscapeHtml(text));
}

void Svg::Line(Point from, Point to, Ink ink, double width) { Curve({from, to}, ink, width); }

void Svg::Curve(absl::Span<const Point> points, Ink ink, double width) {
  if (points.empty()) return;
  std::string path;
  for (const Point& p : points) {
    absl::StrAppendFormat(&path, "%s%.1f %.1f", path.empty() ? "M" : "L", p.x, p.y);
  }
  // Round caps make a dot of a line of no length.
  if (points.size() == 1) absl::StrAppend(&path, "h0");
  absl::StrAppendFormat(&svg_,
                        "<path d=\"%s\" %s stroke=\"currentColor\" stroke-width=\"%g\" "
                        "fill=\"none\"%s/>\n",
                        path, In(ink), width,
                        width > 1 ? " stroke-linejoin=\"round\" stroke-linecap=\"round\"" : "");
}

void Svg::Box(Point upper_left, double width, double height, Ink ink,
              absl::string_view tooltip) {
  absl::StrAppendFormat(&svg_,
                        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" %s "
                        "fill=\"currentColor\">%s</rect>\n",
                        upper_left.x, upper_left.y, width, height, In(ink), Tooltip(tooltip));
}

void Svg::Marker(Point at, int shape, Ink ink, absl::string_view tooltip) {
  // Around 0, 0, of about the same area: circle, square, triangle, diamond, triangle down.
  static constexpr absl::string_view kShapes[kMarkers] = {
      "M-4.2 0a4.2 4.2 0 1 0 8.4 0a4.2 4.2 0 1 0 -8.4 0z", "M-3.8 -3.8h7.6v7.6h-7.6z",
      "M0 -5L4.8 3.6H-4.8z", "M0 -5.4L5 0L0 5.4L-5 0z", "M0 5L4.8 -3.6H-4.8z"};
  CHECK(shape >= 0);
  // A rim of paper keeps markers apart that lie over one another.
  absl::StrAppendFormat(&svg_,
                        "<g transform=\"translate(%.1f %.1f)\">%s<path d=\"%s\" %s "
                        "stroke=\"currentColor\" stroke-width=\"2.5\"/><path d=\"%s\" %s "
                        "fill=\"currentColor\"/></g>\n",
                        at.x, at.y, Tooltip(tooltip), kShapes[shape % kMarkers], In(kPaperInk),
                        kShapes[shape % kMarkers], In(ink));
}

std::string Svg::Finish() && { return absl::StrCat(svg_, "</svg>\n"); }

double TextWidth(absl::string_view text, double size) {
  return kLetterWidth * size * std::count_if(text.begin(), text.end(), BeginsCharacter);
}

int LettersIn(double width, double size) {
  return std::max(1, static_cast<int>(width / (kLetterWidth * size)));
}

std::string Shortened(absl::string_view text, int letters) {
  int begun = 0;
  size_t end = text.size();  // of the first letters - 1 characters
  for (size_t i = 0; i < text.size(); ++i) {
    begun += BeginsCharacter(text[i]);
    if (begun == letters && BeginsCharacter(text[i])) end = i;
    if (begun > letters) return absl::StrCat(text.substr(0, end), "\xE2\x80\xA6");
  }
  return std::string(text);
}

}  // namespace llama2
