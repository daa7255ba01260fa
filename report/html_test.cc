#include "report/html.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(EscapeHtmlTest, NothingInATextIsMarkup) {
  EXPECT_EQ(EscapeHtml("<script>alert('\"&amp;\"')</script>"),
            "&lt;script&gt;alert(&#39;&quot;&amp;amp;&quot;&#39;)&lt;/script&gt;");
  EXPECT_EQ(EscapeHtml(""), "");
}

TEST(EscapeHtmlTest, OtherCharactersStay) {
  EXPECT_EQ(EscapeHtml("Ein \xC3\x9C"
                       "bel,\tzwei\r\n\xF0\x9F\x98\x80"),
            "Ein \xC3\x9C"
            "bel,\tzwei\r\n\xF0\x9F\x98\x80");
}

TEST(EscapeHtmlTest, ControlCharactersAreReplaced) {
  EXPECT_EQ(EscapeHtml(std::string("a\0b\x1B[31m\x7F", 9)),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD[31m\xEF\xBF\xBD");
}

TEST(JsonForScriptTest, NothingEndsTheScript) {
  EXPECT_EQ(JsonForScript("{\"text\": \"</script><!--\xE2\x80\xA8\"}"),
            "{\"text\": \"\\u003C/script>\\u003C!--\\u2028\"}");
}

std::string Page(absl::string_view title, absl::string_view body) {
  HtmlPage page(title);
  page.Append(body);
  return std::move(page).Finish();
}

TEST(HtmlPageTest, IsADocumentWithATitleAndItsParts) {
  HtmlPage page("Kinds of text");
  page.Append("<p>one</p>\n");
  page.Append("<p>two</p>\n");
  EXPECT_THAT(std::move(page).Finish(),
              AllOf(StartsWith("<!DOCTYPE html>\n<html lang=\"en\">"),
                    HasSubstr("<title>Kinds of text</title>"),
                    HasSubstr("<h1>Kinds of text</h1>\n<p>one</p>\n<p>two</p>\n"),
                    EndsWith("</body>\n</html>\n")));
}

TEST(HtmlPageTest, ATitleIsText) {
  EXPECT_THAT(
      Page("</title><script>", ""),
      AllOf(HasSubstr("<title>&lt;/title&gt;&lt;script&gt;</title>"),
            HasSubstr("<h1>&lt;/title&gt;&lt;script&gt;</h1>"), Not(HasSubstr("<script>"))));
}

TEST(HtmlPageTest, AsksForNothingFromOutside) {
  const std::string page = Page("a page", "<p>text</p>");
  EXPECT_THAT(page, HasSubstr("content=\"default-src 'none'; img-src data:; "
                              "style-src 'unsafe-inline'\""));
  for (const char* reference : {"http:", "https:", "src=", "href=", "@import", "url("}) {
    EXPECT_FALSE(absl::StrContains(page, reference)) << reference;
  }
}

TEST(HtmlPageTest, RunsTheScriptsThatItHasAndNoOther) {
  EXPECT_THAT(Page("a page", ""), Not(HasSubstr("script-src")));
  HtmlPage page("a page");
  page.AddScript("const a = 1;");
  page.Append("<p>text</p>\n");
  EXPECT_THAT(std::move(page).Finish(),
              AllOf(HasSubstr("; script-src 'unsafe-inline'\">"),
                    HasSubstr("<p>text</p>\n<script>\nconst a = 1;\n</script>\n</body>")));
}

TEST(HtmlPageTest, OnesOwnStyleIsStrongerThanTheHouses) {
  HtmlPage page("a page");
  page.AddStyle("h1 { color: red; }");
  const std::string document = std::move(page).Finish();
  EXPECT_LT(document.find("max-width: 66rem"), document.find("h1 { color: red; }\n</style>"));
}

}  // namespace
}  // namespace llama2
