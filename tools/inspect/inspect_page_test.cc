#include "tools/inspect/inspect_page.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

namespace llama2 {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

InspectReport HostileReport() {
  InspectReport report;
  report.mutable_model()->set_checkpoint("<img onerror=alert(1)>.bin");
  report.set_text("</script><script>alert(2)</script>\xE2\x80\xA8<!--");
  VocabularyPiece& piece = *report.add_pieces();
  piece.set_id(300);
  piece.set_text("</script><script>alert(3)</script>\xE2\x80\xA9\"'\\\x01");
  piece.set_bytes(std::string("\xFF\x00</script>", 11));
  report.add_attention()->set_weights(std::string("\x00\x00\x80\x3F", 4));
  return report;
}

int Count(absl::string_view text, absl::string_view what) {
  int count = 0;
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TEST(InspectPageTest, NothingInTheReportIsMarkup) {
  const std::string page = InspectPage(HostileReport());
  EXPECT_EQ(Count(page, "<script"), 2) << "the report and the page's own script";
  EXPECT_EQ(Count(page, "</script"), 2);
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("\xE2\x80\xA8")));
  EXPECT_THAT(page, Not(HasSubstr("\xE2\x80\xA9")));
}

TEST(InspectPageTest, HoldsTheWholeReport) {
  const std::string page = InspectPage(HostileReport());
  const std::string begin = "<script type=\"application/json\" id=\"report\">";
  const size_t at = page.find(begin) + begin.size();
  InspectReport read;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(
                  page.substr(at, page.find("</script>", at) - at), &read)
                  .ok());
  EXPECT_EQ(read.SerializeAsString(), HostileReport().SerializeAsString());
}

TEST(InspectPageTest, AsksForNothingFromOutside) {
  const std::string page = InspectPage(HostileReport());
  EXPECT_THAT(page, HasSubstr("content=\"default-src 'none'"));
  for (const char* reference : {"src=", "href=", "@import", "url(", "fetch(", "import("}) {
    EXPECT_FALSE(absl::StrContains(page, reference)) << reference;
  }
}

// What is not written as text could be taken for markup.
TEST(InspectPageTest, ItsScriptMakesNoMarkupOfTexts) {
  const std::string page = InspectPage(HostileReport());
  for (const char* way : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write",
                          "DOMParser", "eval(", "new Function"}) {
    EXPECT_FALSE(absl::StrContains(page, way)) << way;
  }
}

}  // namespace
}  // namespace llama2
