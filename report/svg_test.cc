#include "report/svg.h"

#include <set>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(SvgTest, IsAFileOfItsOwn) {
  EXPECT_THAT(Svg(300, 200, "empty").Finish(),
              AllOf(StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\""),
                    HasSubstr("viewBox=\"0 0 300 200\""), HasSubstr("<title>empty</title>"),
                    EndsWith("</svg>\n")));
}

TEST(SvgTest, DrawsAtPlacesInPixels) {
  Svg svg(300, 200, "");
  svg.Line({1, 2}, {3, 4.25}, kAxisInk);
  svg.Curve({{1, 2}, {3, 4}, {5, 6}}, SeriesInk(0), 2);
  svg.Curve({{7, 8}}, SeriesInk(0), 2);
  svg.Box({9, 10}, 11, 12, SeriesInk(1), "a box");
  svg.Marker({13, 14}, 0, SeriesInk(2), "a marker");
  svg.Text({15, 16}, Svg::Anchor::kEnd, "words", kTextInk);
  EXPECT_THAT(
      std::move(svg).Finish(),
      AllOf(HasSubstr("d=\"M1.0 2.0L3.0 4.2\""), HasSubstr("d=\"M1.0 2.0L3.0 4.0L5.0 6.0\""),
            HasSubstr("d=\"M7.0 8.0h0\""),  // a dot
            HasSubstr("<rect x=\"9.0\" y=\"10.0\" width=\"11.0\" height=\"12.0\""),
            HasSubstr("<title>a box</title></rect>"),
            HasSubstr("translate(13.0 14.0)\"><title>a marker</title>"),
            HasSubstr("x=\"15.0\" y=\"16.0\" text-anchor=\"end\""),
            HasSubstr(">words</text>")));
}

TEST(SvgTest, NothingInATextIsMarkup) {
  Svg svg(300, 200, "</title><script>\"");
  svg.Text({0, 0}, Svg::Anchor::kStart, "<b>&", kTextInk);
  svg.Box({0, 0}, 1, 1, kTextInk, "</rect>");
  EXPECT_THAT(std::move(svg).Finish(),
              AllOf(HasSubstr("<title>&lt;/title&gt;&lt;script&gt;&quot;</title>"),
                    HasSubstr(">&lt;b&gt;&amp;</text>"), HasSubstr("&lt;/rect&gt;</title>"),
                    Not(HasSubstr("<script>"))));
}

TEST(SvgTest, ColoursAreLightAndFollowADarkScheme) {
  Svg svg(300, 200, "");
  svg.Line({0, 0}, {1, 1}, SeriesInk(0));
  EXPECT_THAT(std::move(svg).Finish(), AllOf(HasSubstr("class=\"series0\" color=\"#0072b2\""),
                                             HasSubstr("@media (prefers-color-scheme: dark) {"),
                                             HasSubstr(" .chart .series0 { color: #4aa8e0 }")));
}

TEST(SvgTest, SeriesHaveDifferentColoursUntilTheyBeginAnew) {
  std::set<std::string> colours;
  for (int i = 0; i < kSeriesInks; ++i) colours.insert(std::string(SeriesInk(i).light));
  EXPECT_EQ(colours.size(), kSeriesInks);
  EXPECT_EQ(SeriesInk(kSeriesInks).light, SeriesInk(0).light);
}

TEST(ShortenedTest, CutsBetweenCharacters) {
  EXPECT_EQ(Shortened("short", 5), "short");
  EXPECT_EQ(Shortened("a text that is too long", 5), "a te\xE2\x80\xA6");
  // Characters of two bytes.
  EXPECT_EQ(Shortened("\xC3\xA4\xC3\xB6\xC3\xBC", 3), "\xC3\xA4\xC3\xB6\xC3\xBC");
  EXPECT_EQ(Shortened("\xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4", 3), "\xC3\xA4\xC3\xB6\xE2\x80\xA6");
  EXPECT_EQ(Shortened("ab", 1), "\xE2\x80\xA6");
  EXPECT_EQ(Shortened("a", 1), "a");
  EXPECT_EQ(Shortened("", 1), "");
}

TEST(TextWidthTest, CountsCharacters) {
  EXPECT_EQ(TextWidth("\xC3\xA4\xC3\xB6"), TextWidth("ab"));
  EXPECT_EQ(LettersIn(TextWidth("abcd") + 1), 4);
  EXPECT_EQ(LettersIn(0), 1);
}

}  // namespace
}  // namespace llama2
