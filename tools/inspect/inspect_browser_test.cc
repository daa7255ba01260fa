// The page of `inspect`, in a browser.
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "analysis/inspect_report.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "testing/tiny_vocabulary.h"
#include "tokenizer/token.h"
#include "tokenizer/tokenizer_bin.h"
#include "tools/cli/subprocess.h"
#include "tools/inspect/browser.h"
#include "tools/run_fixture.h"

namespace llama2 {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::string_view kReady = "data-ready=\"true\"";
constexpr absl::string_view kNoFault = "<p id=\"fault\" role=\"alert\" hidden=\"\"></p>";

class InspectBrowserTest : public RunFixture {
 protected:
  // Makes page.html, and returns what is in it.
  InspectReport MakePage(std::vector<std::string> args) const {
    args.insert(args.end(), {"--output=page.html", "--json=page.json", "--quiet"});
    const Outcome outcome = RunProgram(args);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    InspectReport report;
    EXPECT_TRUE(
        google::protobuf::util::JsonStringToMessage(folder().Read("page.json"), &report).ok());
    return report;
  }

  Rendering RenderPage() const { return Render(folder().Path("page.html")); }

  // The page after `script` has done things to it, as a reader would.
  Rendering RenderPageAfter(absl::string_view script) const {
    folder().Write(
        "page.html",
        absl::StrReplaceAll(folder().Read("page.html"),
                            {{"</body>\n</html>",
                              absl::StrCat("<script>", script, "</script></body></html>")}}));
    return RenderPage();
  }
};

int Count(absl::string_view text, absl::string_view what) {
  int count = 0;
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++count;
  return count;
}

// The text of a piece of HTML.
std::string TextOf(absl::string_view html) {
  std::string text;
  bool in_tag = false;
  for (char c : html) {
    if (c == '<') in_tag = true;
    if (!in_tag) text += c;
    if (c == '>') in_tag = false;
  }
  return text;
}

// The texts of all elements that begin with `open` and end with `close`.
std::vector<std::string> Texts(absl::string_view html, absl::string_view open,
                               absl::string_view close) {
  std::vector<std::string> texts;
  for (size_t at = html.find(open); at != html.npos; at = html.find(open, at + 1)) {
    texts.push_back(TextOf(html.substr(at, html.find(close, at) - at)));
  }
  return texts;
}

// The element with this id, as far as `close`.
std::string ElementOf(const std::string& document, absl::string_view id,
                      const std::string& close) {
  const size_t at = document.find(absl::StrCat("id=\"", id, "\""));
  EXPECT_NE(at, document.npos) << id;
  return document.substr(at, document.find(close, at) - at);
}

TEST_F(InspectBrowserTest, TheConsoleIsHeard) {
  folder().Write("page.html",
                 "<!DOCTYPE html><script>setTimeout(() => { throw new Error('late'); }, 100);"
                 "</script>");
  EXPECT_THAT(RenderPage().console, ElementsAre(HasSubstr("Uncaught Error: late")));
}

TEST_F(InspectBrowserTest, ShowsWhatIsInTheReport) {
  const InspectReport report =
      MakePage({"default", "-i", "Lily and Tom found a box", "-s", "3", "-n", "32"});
  const Rendering page = RenderPage();
  EXPECT_THAT(page.console, IsEmpty());
  EXPECT_THAT(page.document, AllOf(HasSubstr(kReady), HasSubstr(kNoFault)));
  // The page has looked at its numbers itself.
  EXPECT_THAT(page.document, HasSubstr("1536 rows of attention, each of which sums to 1"));
  EXPECT_THAT(page.document, HasSubstr("the model's answer at all 32 positions"));

  EXPECT_EQ(Count(page.document, "class=\"chip"), report.tokens_size());
  EXPECT_EQ(Count(page.document, "class=\"thumbnail"), report.attention_size());
  const std::string lens = ElementOf(page.document, "lens", "</table>");
  EXPECT_EQ(Count(lens, "<td"), 7 * report.positions_size());

  // The first token after the prompt is selected: its guesses, and how it was chosen.
  const InspectedPosition& position = report.positions(report.prompt_tokens() - 1);
  const std::string guesses = ElementOf(page.document, "guesses", "</ol>");
  EXPECT_GE(Count(guesses, "<li"), position.next_size());
  const std::vector<std::string> shares = Texts(guesses, "<span class=\"share\"", "</span>");
  for (int i = 0; i < position.next_size(); ++i) {
    const double shown = std::stod(shares[i]) / 100;
    EXPECT_NEAR(shown, position.next(i).probability(), 0.00051) << shares[i];
  }
  const std::string choice = ElementOf(page.document, "choice", "</section>");
  EXPECT_EQ(Count(choice, "<tr"), 1 + position.choice().candidates_size());
  EXPECT_EQ(Count(choice, "class=\"stretch"), position.choice().walk_size());
}

TEST_F(InspectBrowserTest, TheLensEndsWithTheModelsAnswer) {
  const InspectReport report = MakePage({"default", "-i", "Once upon a time", "-s", "3"});
  const Rendering page = RenderPage();
  const std::string lens = ElementOf(page.document, "lens", "</table>");
  const std::vector<std::string> cells = Texts(lens, "<td", "</td>");
  ASSERT_EQ(static_cast<int>(cells.size()), 7 * report.positions_size());
  for (int t = 0; t < report.positions_size(); ++t) {
    const int best = report.positions(t).next(0).id();
    for (const VocabularyPiece& piece : report.pieces()) {
      if (piece.id() != best || piece.kind() != VocabularyPiece::TEXT) continue;
      const std::string expected =
          absl::StrReplaceAll(piece.text(), {{" ", "\xC2\xB7"}, {"\n", "\xE2\x86\xB5"}});
      EXPECT_EQ(cells[6 * report.positions_size() + t], expected) << "position " << t;
    }
  }
}

TEST_F(InspectBrowserTest, FollowsClicksKeysAndThePointer) {
  MakePage({"default", "-i", "Lily and Tom found a box", "-s", "3", "-n", "32"});
  const Rendering page = RenderPageAfter(R"js(
    const say = (what, value) => { document.body.dataset[what] = value; };
    const chosen = () => document.querySelector('#text .chip.selected').dataset.token;
    document.querySelector('.chip[data-token="10"]').click();
    say('clicked', chosen());
    dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));
    say('right', chosen());
    document.querySelector('.thumbnail[data-layer="2"][data-head="4"]').click();
    say('head', document.getElementById('looks-title').textContent.slice(0, 16));
    document.querySelector('#heads .selected').dispatchEvent(
        new KeyboardEvent('keydown', {key: 'ArrowDown', bubbles: true}));
    say('down', document.getElementById('looks-title').textContent.slice(0, 16));
    const map = document.getElementById('map');
    map.scrollIntoView();
    const box = map.getBoundingClientRect();
    const unit = box.width / (kLabels + kCell * T);
    const at = (cell) => unit * (kLabels + kCell * (cell + 0.5));
    map.dispatchEvent(new PointerEvent('pointermove',
        {clientX: box.left + at(0), clientY: box.top + at(0), bubbles: true}));
    say('weight', document.querySelector('#tip strong').textContent);
    map.dispatchEvent(new PointerEvent('pointermove',
        {clientX: box.left + at(20), clientY: box.top + at(3), bubbles: true}));
    say('future', document.getElementById('tip').hidden);
    document.querySelector('#lens td[data-token="7"]').click();
    say('cell', chosen());
    location.hash = '#token=999&layer=6&head=x';
    addEventListener('hashchange', () => {
      say('link', chosen());
      for (let token = 1; token <= T; ++token) select({token});
      say('wide', document.documentElement.scrollWidth <= innerWidth);
    });
  )js");
  EXPECT_THAT(page.console, IsEmpty());
  EXPECT_THAT(page.document, HasSubstr(kNoFault));
  for (const char* expected :
       {"data-clicked=\"10\"", "data-right=\"11\"", "data-head=\"Layer 3, head 5:\"",
        "data-down=\"Layer 4, head 5:\"", "data-weight=\"1.0000\"", "data-future=\"true\"",
        "data-cell=\"7\"", "data-link=\"32\"", "data-wide=\"true\""}) {
    EXPECT_THAT(page.document, HasSubstr(expected));
  }
}

TEST_F(InspectBrowserTest, GreedyAndPenalisedChoicesHavePagesToo) {
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"-t", "0"},
        {"-s", "3", "-p", "1", "--repetition_penalty=1.3"},
        {"-s", "3", "-n", "1", "--top_k=5", "--min_p=0.01"}}) {
    std::vector<std::string> args = {"model.bin"};
    args.insert(args.end(), flags.begin(), flags.end());
    MakePage(args);
    const Rendering page =
        RenderPageAfter("for (let token = 1; token <= T; ++token) select({token});");
    EXPECT_THAT(page.console, IsEmpty());
    EXPECT_THAT(page.document, AllOf(HasSubstr(kReady), HasSubstr(kNoFault)));
  }
}

// A model whose vocabulary would like to be a script.
TEST_F(InspectBrowserTest, AHostileVocabularyIsText) {
  const std::string hacked = "document.body.dataset.hacked=1";
  const std::vector<std::string> hostile = {
      absl::StrCat("</script><script>", hacked, "</script>"),
      absl::StrCat("<img src=x onerror=\"", hacked, "\">"),
      "\xE2\x80\xA8\xE2\x80\xA9",  // ends of lines in old scripts
      "\xE2\x80\xAE txet",         // turns the direction
      "\xFF\xC3\xED\xA0\x80",      // not UTF-8
      "a\nb\r\tc \x01\x7F\xC2\x85",
      "&lt;b&gt;'\"`${T}\\",
      std::string(5000, 'x'),
      "__proto__",
  };
  std::vector<Token> tokens;
  for (const std::string& piece : TinyVocabulary(kConfig.vocab_size)) {
    const size_t id = tokens.size();
    const std::string text = id < kLeastVocabulary + 27 || id % 8 == 0
                                 ? piece
                                 : absl::StrCat(hostile[id % hostile.size()], id);
    tokens.push_back({.piece = text, .score = -static_cast<float>(id)});
  }
  ASSERT_TRUE(WriteTokenizerBin(tokens, folder().Path("hostile.bin")).ok());
  MakePage({"model.bin", "-z", "hostile.bin", "-s", "3", "-p", "1", "-i", "x \xFF\xFE y"});
  const Rendering page =
      RenderPageAfter("for (let token = 1; token <= T; ++token) select({token});");
  EXPECT_THAT(page.console, IsEmpty());
  EXPECT_THAT(page.document, AllOf(HasSubstr(kReady), HasSubstr(kNoFault),
                                   Not(HasSubstr("data-hacked")), Not(HasSubstr("<img"))));
}

// What the page says of itself can be wrong, and then it says so.
TEST_F(InspectBrowserTest, ADamagedReportIsAFault) {
  MakePage({"model.bin", "-s", "3", "-n", "4"});
  const std::string whole = folder().Read("page.html");
  const auto expect_fault = [&](const std::string& field, const std::string& value,
                                const std::string& fault) {
    const size_t at = whole.find(field, whole.find("id=\"report\""));
    ASSERT_NE(at, whole.npos);
    std::string damaged = whole;
    damaged.replace(at + field.size(), value.size(), value);
    folder().Write("page.html", damaged);
    const Rendering page = RenderPage();
    EXPECT_THAT(page.console, ElementsAre(HasSubstr(fault)));
    EXPECT_THAT(page.document, Not(HasSubstr(kReady)));
    EXPECT_THAT(ElementOf(page.document, "fault", "</p>"), HasSubstr(fault));
  };
  expect_fault("\"weights\":\"", "AACAPwAAgD8A", "attention of position 1 sums to");
  expect_fault("\"target\":", "9", "where the coin falls");
}

}  // namespace
}  // namespace llama2
