#include "frontend/syntax_remedy.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "grammar/WeftParser.h"

namespace weft::frontend {
namespace {

using grammar::WeftParser;

template <typename... Words>
bool is_one_of(std::string_view word, Words... words) {
  return ((word == words) || ...);
}

// Each group of remedies looks whether it knows the case, and is asked in turn.
class Remedy : SyntaxPlace {
 public:
  Remedy(const SyntaxPlace& place, Diagnostic& out) : SyntaxPlace(place), out_(out), word_(text(at())), here_(span()) {}

  void say() {
    if (sign() || set() || declared_label() || quotes() || joining_word() || services() || clause() || reserved() ||
        peer() || relation()) {
      return;
    }
    if (const std::string near = misspelt(); !near.empty()) {
      out_.fix(fmt::format("did you mean `{}`?", near), here_, near, Applicability::MaybeIncorrect);
    } else if ((inside(WeftParser::RuleEdge) || inside(WeftParser::RuleClaimEdge)) &&
               (expects(WeftParser::ARROW) || expects(WeftParser::COLON))) {
      out_.suggest(fmt::format("it is written `{} SOURCE -> DESTINATION : SERVICE`", text(lead())));
    }
  }

 private:
  bool fix(std::string title, std::string_view replacement,
           Applicability applicability = Applicability::MachineApplicable) {
    out_.fix(std::move(title), here_, std::string(replacement), applicability);
    return true;
  }
  bool suggest(std::string text) {
    out_.suggest(std::move(text));
    return true;
  }

  // `=` for `==` and the other way round, and signs in the place of others.
  bool sign() {
    if (found() == WeftParser::ASSIGN && expects(WeftParser::EQUALS)) return fix("a comparison is written `==`", "==");
    if (found() == WeftParser::EQUALS && expects(WeftParser::ASSIGN)) {
      return fix("a definition is written with one `=`", "=");
    }
    if (found() == WeftParser::COLON && expects(WeftParser::ASSIGN)) {
      return fix("a definition is written with `=`", "=", Applicability::MaybeIncorrect);
    }
    if (found() == WeftParser::TO && expects(WeftParser::ARROW)) {
      return fix("an edge is written `SOURCE -> DESTINATION`", "->");
    }
    if (found() == WeftParser::DASH && expects(WeftParser::ARROW))
      return suggest("an edge is written `SOURCE -> DESTINATION`");
    return false;
  }

  // `in ("a", "b")`, `in "a"`
  bool set() {
    if (at() == 0 || before() != WeftParser::IN || !expects(WeftParser::OPEN_BRACE) ||
        expects(WeftParser::IDENTIFIER)) {
      return false;
    }
    static constexpr std::string_view title = "a set stands in braces";
    if (found() == WeftParser::STRING) {
      out_.fix({std::string(title),
                {{{source(), here_.begin, here_.begin}, "{"}, {{source(), here_.end, here_.end}, "}"}},
                Applicability::MachineApplicable});
      return true;
    }
    std::size_t close = at() + 1;
    while (type(close) == WeftParser::STRING || type(close) == WeftParser::COMMA) ++close;
    if (found() == WeftParser::OPEN_PARENTHESIS && type(close) == WeftParser::CLOSE_PARENTHESIS) {
      out_.fix({std::string(title), {{here_, "{"}, {span_of(close), "}"}}, Applicability::MachineApplicable});
      return true;
    }
    return suggest("a set of values is written `KEY in {\"a\", \"b\"}`");
  }

  // `label y : int`, `label y = "a"`, `label y : "a", "b"`, `label y`
  bool declared_label() {
    if (!inside(WeftParser::RuleLabel)) return false;
    if (at_end() && expects(WeftParser::COLON)) {
      return fix("a label that may have any value is written `label KEY : string`", " : string",
                 Applicability::MaybeIncorrect);
    }
    if (found() == WeftParser::ASSIGN && expects(WeftParser::COLON)) return fix("its values stand behind `:`", ":");
    if (found() == WeftParser::COMMA && expects(WeftParser::BAR)) return join_values();
    if (!expects(WeftParser::ANY_TEXT)) return false;
    if (is_one_of(word_, "int", "integer", "number", "float", "text", "str", "String", "varchar", "any")) {
      return fix("the values of labels are texts: `string` is any of them", "string", Applicability::MaybeIncorrect);
    }
    if (is_one_of(word_, "bool", "boolean")) {
      return fix("the values of labels are texts", "\"true\" | \"false\"", Applicability::MaybeIncorrect);
    }
    if (word_ == "enum" || word_ == "one_of" || found() == WeftParser::OPEN_BRACE ||
        found() == WeftParser::OPEN_PARENTHESIS) {
      return suggest("the values of a label are joined by `|`: `\"a\" | \"b\"`");
    }
    return false;
  }

  bool join_values() {
    Fix fix{"the values of a label are joined by `|`", {}, Applicability::MachineApplicable};
    for (std::size_t i = at(); type(i) == WeftParser::COMMA && type(i + 1) == WeftParser::STRING; i += 2) {
      fix.edits.push_back({{source(), tokens()[i - 1].end, tokens()[i].end}, " |"});
    }
    if (fix.edits.empty()) return false;
    out_.fix(std::move(fix));
    return true;
  }

  bool quotes() {
    const bool in_set = inside(WeftParser::RuleTextSet);
    if (in_set && !at_end() && is_name(found())) {
      quote(fmt::format("values stand in double quotes: \"{}\"", word_));
      return true;
    }
    if (!expects(WeftParser::STRING) || expects(WeftParser::IDENTIFIER) || at_end() || in_set) return false;
    if (!is_name(found()) && found() != WeftParser::NUMBER && !is_reserved_word(found())) return false;
    quote(fmt::format("texts stand in double quotes: \"{}\"", word_));
    return true;
  }

  // A word that lacks its quotes: what it means is clear unless more seems to belong to it.
  void quote(std::string title) {
    const std::uint16_t next = type(at() + 1);
    const bool goes_on = next == WeftParser::DOT || next == WeftParser::SLASH || next == WeftParser::DASH;
    if (found() == WeftParser::QUOTED || goes_on) {
      suggest(std::move(title));
    } else {
      fix(std::move(title), fmt::format("\"{}\"", raw(at())));
    }
  }

  // `and`, `or`, `not`, `except`
  bool joining_word() {
    if (expects(WeftParser::AND) && is_one_of(word_, "and", "AND", "And")) return fix("`and` is written `&&`", "&&");
    if (expects(WeftParser::OR) && (is_one_of(word_, "or", "OR", "Or") || found() == WeftParser::BAR)) {
      return fix("`or` is written `||`", "||");
    }
    if (found() == WeftParser::NOT && expects(WeftParser::BANG)) {
      const bool last = at() + 1 == tokens().size();
      here_.end = last ? here_.end : tokens()[at() + 1].begin;
      return fix("`not` is written `!`", "!");
    }
    if (is_one_of(word_, "except", "but", "without", "minus", "excluding")) {
      if (inside(WeftParser::RuleServices) || inside(WeftParser::RuleNetworks)) {
        return fix(fmt::format("`{}` is written `\\`", word_), "\\");
      }
      if (expects(WeftParser::AND)) {
        return fix(fmt::format("`{}` is written `&& !`", word_), "&& !", Applicability::MaybeIncorrect);
      }
    }
    if (!expects(WeftParser::AND)) return false;
    if (is_one_of(word_, "contains", "matches", "startswith", "starts_with", "endswith", "glob", "regex")) {
      return suggest("patterns are written `KEY like \"a*\"`: `*` is any text, `?` one letter");
    }
    if (is_one_of(word_, "exists", "present")) return suggest("whether there is a value is asked by `has KEY`");
    if (word_ == "is" && type(at() + 1) == WeftParser::STRING) return fix("a comparison is written `==`", "==");
    return false;
  }

  // `80`, `tcp 80`, `tcp:80`, `80/tcp`, `tcp/80:90`, `tcp/80, 90`
  bool services() {
    if (!inside(WeftParser::RuleServices)) return false;
    if (found() == WeftParser::NUMBER && expects(WeftParser::ANY)) {
      if (type(at() + 1) == WeftParser::SLASH && is_name(type(at() + 2))) {
        here_.end = tokens()[at() + 2].end;
        const std::string written = fmt::format("{}/{}", text(at() + 2), word_);
        return fix(fmt::format("the protocol comes first: `{}`", written), written);
      }
      const std::string protocol = protocol_before();
      const std::string title = protocol.empty()
                                    ? fmt::format("there is no default protocol: write `tcp/{}`", word_)
                                    : fmt::format("each port has its protocol: write `{}/{}`", protocol, word_);
      here_.end = here_.begin;
      return fix(title, (protocol.empty() ? "tcp" : protocol) + "/", Applicability::MaybeIncorrect);
    }
    if (found() == WeftParser::NUMBER && is_name(before())) {
      here_ = {source(), tokens()[at() - 1].end, here_.begin};
      return fix(fmt::format("write `{}/{}`", text(at() - 1), word_), "/", Applicability::MaybeIncorrect);
    }
    const bool number_follows = type(at() + 1) == WeftParser::NUMBER;
    if (found() == WeftParser::COLON && number_follows && is_name(before())) {
      here_ = {source(), tokens()[at() - 1].end, tokens()[at() + 1].begin};
      return fix(fmt::format("write `{}/{}`", text(at() - 1), text(at() + 1)), "/");
    }
    if ((found() == WeftParser::COLON || found() == WeftParser::TO) && number_follows &&
        before() == WeftParser::NUMBER) {
      const std::string range = fmt::format("{}-{}", text(at() - 1), text(at() + 1));
      here_ = {source(), tokens()[at() - 1].end, tokens()[at() + 1].begin};
      return fix(fmt::format("a range of ports is written `{}`", range), "-");
    }
    return false;
  }

  // Of `tcp/80, 90`: what stands before the last slash.
  std::string protocol_before() const {
    if (before() != WeftParser::COMMA) return {};
    for (std::size_t i = at() - 1; i > 1 && type(i) != WeftParser::ARROW; --i) {
      if (type(i) == WeftParser::SLASH && is_name(type(i - 1))) return text(i - 1);
    }
    return {};
  }

  // `if` for `when`
  bool clause() {
    if (!expects(WeftParser::WHEN)) return false;
    if (is_one_of(word_, "if", "where", "provided", "given")) {
      return fix(fmt::format("`{}` is written `when`", word_), "when", Applicability::MaybeIncorrect);
    }
    if (word_ == "unless") return suggest("`when` says what must hold: turn `==` into `!=`, or `!=` into `==`");
    if (is_one_of(word_, "comment", "reason", "description")) {
      return fix(fmt::format("`{}` is written `because`", word_), "because", Applicability::MaybeIncorrect);
    }
    if (is_one_of(word_, "until", "expiry", "ttl")) {
      return fix(fmt::format("`{}` is written `expires`", word_), "expires", Applicability::MaybeIncorrect);
    }
    return false;
  }

  bool reserved() {
    if (!expects(WeftParser::IDENTIFIER) || !is_reserved_word(found())) return false;
    return fix(fmt::format("`{}` is a word of the language: as a name it stands in backticks", word_),
               fmt::format("`{}`", word_), Applicability::MaybeIncorrect);
  }

  bool peer() {
    if (expects(WeftParser::BANG) && found() == WeftParser::ADDRESS) {
      here_.end = here_.begin;
      return fix(fmt::format("write `addr {}`, or `world {}` where no workload or node is meant", word_, word_),
                 "addr ", Applicability::MaybeIncorrect);
    }
    // `has(app)`
    if (before() == WeftParser::HAS && found() == WeftParser::OPEN_PARENTHESIS && is_name(type(at() + 1)) &&
        type(at() + 2) == WeftParser::CLOSE_PARENTHESIS) {
      here_ = {source(), tokens()[at() - 1].end, tokens()[at() + 2].end};
      return fix(fmt::format("write `has {}`", text(at() + 1)), fmt::format(" {}", raw(at() + 1)));
    }
    if (found() == WeftParser::STRING && expects(WeftParser::BANG)) {
      return suggest("peers are told by their labels, `app == \"web\"`, or by the name of a group");
    }
    return false;
  }

  bool relation() {
    if (inside(WeftParser::RuleRelation) && found() == WeftParser::STRING) {
      return suggest("`when` compares labels of the two ends: a fixed value belongs into a selector");
    }
    if (inside(WeftParser::RuleRelation) && expects(WeftParser::SOURCE)) {
      return suggest("it is written `when source.KEY == destination.KEY`");
    }
    if (found() == WeftParser::OR && expects(WeftParser::WHEN)) {
      return suggest("`when` joins with `&&` only: write a rule for each alternative");
    }
    return false;
  }

  // The word that was most likely meant, where the one found looks like one that could stand here.
  std::string misspelt() const {
    if (found() != WeftParser::IDENTIFIER) return {};
    std::vector<std::string> words;
    for (const std::uint16_t wanted : expected_types()) {
      std::string known = spelling(wanted);
      if (known.size() > 2 && known.front() >= 'a' && known.front() <= 'z') words.push_back(std::move(known));
    }
    return nearest(word_, words);
  }

  Diagnostic& out_;
  std::string word_;
  Span here_;
};

}  // namespace

void remedy(const SyntaxPlace& place, Diagnostic& out) { Remedy(place, out).say(); }

bool remedy_statement(std::string_view word, Span place, bool in_policy, Diagnostic& out) {
  struct Known {
    std::string_view foreign, word;
    bool in_policy;
  };
  static constexpr auto known = std::to_array<Known>({
      {"accept", "allow", true},     {"permit", "allow", true},    {"Allow", "allow", true},
      {"ALLOW", "allow", true},      {"ACCEPT", "allow", true},    {"drop", "deny", true},
      {"reject", "deny", true},      {"block", "deny", true},      {"forbid", "deny", true},
      {"Deny", "deny", true},        {"DENY", "deny", true},       {"DROP", "deny", true},
      {"skip", "pass", true},        {"delegate", "pass", true},   {"include", "import", false},
      {"from", "import", false},     {"require", "import", false}, {"assert", "always", false},
      {"forbid", "never", false},    {"cidr", "network", false},   {"ipset", "network", false},
      {"port", "service", false},    {"ports", "service", false},  {"let", "group", false},
      {"selector", "group", false},  {"tag", "label", false},      {"macro", "template", false},
      {"module", "template", false}, {"tier", "tiers", false},
  });
  const auto found = std::ranges::find_if(
      known, [&](const Known& each) { return each.foreign == word && each.in_policy == in_policy; });
  if (found == known.end()) return false;
  out.fix(fmt::format("`{}` is written `{}`", word, found->word), place, std::string(found->word),
          Applicability::MaybeIncorrect);
  return true;
}

}  // namespace weft::frontend
