// A picture as SVG: lines, shapes and words at places in pixels, from the upper left corner,
// in colours that follow the reader's light or dark scheme. A file that needs nothing else,
// and can also stand inside a page as it is.
//
//   Svg svg(560, 360, "Loss");
//   svg.Line({50, 320}, {540, 320}, kAxisInk);
//   svg.Text({50, 24}, Svg::Anchor::kStart, "Loss", kTextInk, /*size=*/16, /*bold=*/true);
//   svg.Curve(points, SeriesInk(0), 2);
//   file.Append(std::move(svg).Finish());
#ifndef LLAMA2_REPORT_SVG_H_
#define LLAMA2_REPORT_SVG_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace llama2 {

// A colour by its name, which stands for one in either scheme.
struct Ink {
  absl::string_view name;
  absl::string_view light;
  absl::string_view dark;
};

inline constexpr Ink kPaperInk = {"paper", "#ffffff", "#15181c"};
inline constexpr Ink kTextInk = {"text", "#22262b", "#e3e6ea"};
inline constexpr Ink kSoftInk = {"soft", "#5b636d", "#a3abb5"};
inline constexpr Ink kAxisInk = {"axis", "#8a9099", "#6d7680"};
inline constexpr Ink kGridInk = {"grid", "#e6e8eb", "#2c3239"};

// The colour of the series number i; after kSeriesInks they begin anew. People who do not
// tell red from green tell them apart: Okabe and Ito's palette (Wong, "Color blindness",
// Nature Methods 8, 2011), brighter where the scheme is dark.
inline constexpr int kSeriesInks = 6;
Ink SeriesInk(int i);

struct Point {
  double x = 0;
  double y = 0;
};

// All texts are any UTF-8: nothing in them is markup. Thread-safety: one thread at a time.
class Svg {
 public:
  enum class Anchor { kStart, kMiddle, kEnd };
  static constexpr int kMarkers = 5;

  // `title` names the picture for who cannot see it.
  Svg(double width, double height, absl::string_view title);

  // `at` is on the baseline, at the text's start, middle or end.
  void Text(Point at, Anchor anchor, absl::string_view text, Ink ink, double size = 13,
            bool bold = false);

  void Line(Point from, Point to, Ink ink, double width = 1);

  // A line through all points; of one point, a dot.
  void Curve(absl::Span<const Point> points, Ink ink, double width);

  // A box that is filled; `tooltip`, if any, shows where the mouse rests on it.
  void Box(Point upper_left, double width, double height, Ink ink,
           absl::string_view tooltip = "");

  // One of kMarkers little shapes, by `shape` modulo that: circle, square, triangle, ...
  void Marker(Point at, int shape, Ink ink, absl::string_view tooltip = "");

  // The whole file. Called last.
  std::string Finish() &&;

 private:
  std::string svg_;
};

// About how wide a text is, in pixels, in letters of that size.
double TextWidth(absl::string_view text, double size = 13);

// How many letters of that size have room in `width` pixels, about; at least 1.
int LettersIn(double width, double size = 13);

// `text`, or where it has more than `letters` characters, the first of them and an ellipsis,
// as many together.
std::string Shortened(absl::string_view text, int letters);

}  // namespace llama2

#endif  // LLAMA2_REPORT_SVG_H_
