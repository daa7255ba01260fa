#include "testing/docs/pattern.h"

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace llama2 {

void Pattern::Free::operator()(regex_t* regex) const {
  regfree(regex);
  delete regex;
}

absl::StatusOr<Pattern> Pattern::Compile(absl::string_view expression) {
  for (const absl::string_view foreign : {"\\d", "*?", "+?"}) {
    if (!absl::StrContains(expression, foreign)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(expression, ": found ", foreign, ", expected the syntax of grep -E"));
  }
  auto compiled = std::make_unique<regex_t>();
  const int error = regcomp(compiled.get(), std::string(expression).c_str(), REG_EXTENDED);
  if (error != 0) {
    char message[128];
    regerror(error, compiled.get(), message, sizeof(message));
    return absl::InvalidArgumentError(
        absl::StrCat(expression, ": no regular expression: ", message));
  }
  Pattern pattern{std::unique_ptr<regex_t, Free>(compiled.release())};
  if (regexec(pattern.regex_.get(), "", 0, nullptr, 0) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(expression, ": matches the empty text, which is everywhere"));
  }
  return pattern;
}

std::vector<Pattern::Match> Pattern::FindAll(absl::string_view text) const {
  std::vector<Match> matches;
  std::vector<regmatch_t> groups(regex_->re_nsub + 1);
  size_t begin = 0;
  while (begin < text.size()) {
    groups[0].rm_so = begin;
    groups[0].rm_eo = text.size();
    // The text may have a zero byte, and goes on in front of `begin`.
    const int flags = REG_STARTEND | (begin > 0 ? REG_NOTBOL : 0);
    if (regexec(regex_.get(), text.data(), groups.size(), groups.data(), flags) != 0) break;
    // At a border, such as \b, a match may be empty all the same: it is passed over.
    if (groups[0].rm_eo > groups[0].rm_so) {
      Match& match = matches.emplace_back();
      for (const regmatch_t& group : groups) {
        match.push_back(group.rm_so < 0 ? absl::string_view()
                                        : text.substr(group.rm_so, group.rm_eo - group.rm_so));
      }
      begin = groups[0].rm_eo;
    } else {
      begin = groups[0].rm_eo + 1;
    }
  }
  return matches;
}

std::string Pattern::ReplaceAll(absl::string_view text, absl::string_view by) const {
  std::string replaced;
  size_t done = 0;
  for (const Match& match : FindAll(text)) {
    const size_t at = match[0].data() - text.data();
    absl::StrAppend(&replaced, text.substr(done, at - done), by);
    done = at + match[0].size();
  }
  return absl::StrCat(replaced, text.substr(done));
}

}  // namespace llama2
