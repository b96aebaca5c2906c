#include "frontend/syntax_message.h"

#include <algorithm>

#include "base/text.h"
#include "frontend/diagnostics.h"
#include "grammar/WeftParser.h"

namespace weft::frontend {
namespace {

using grammar::WeftParser;

class Message {
 public:
  Message(const Sources& sources, SourceId source, const StatementParser& parser, const StatementText& statement,
          const SyntaxError& error)
      : sources_(sources),
        source_(source),
        parser_(parser),
        tokens_(statement.tokens),
        lead_(statement.lead),
        error_(error) {}

  void report(Diagnostics& diagnostics) const {
    Diagnostic& diagnostic =
        diagnostics.report(syntax, span(), fmt::format("expected {}, found {}", expected(), found()));
    if (error_.expects(WeftParser::CLOSE_PARENTHESIS) && !error_.expects(0)) {
      if (const auto open = unclosed_parenthesis()) diagnostic.label(*open, "this is not closed");
    }
    suggest(diagnostic);
  }

 private:
  bool at_end() const { return error_.at >= tokens_.size(); }
  std::uint16_t type(std::size_t index) const {
    return index < tokens_.size() ? tokens_[index].type : std::uint16_t{0};
  }
  std::uint16_t found_type() const { return type(error_.at); }
  std::uint16_t before() const { return error_.at == 0 ? std::uint16_t{0} : type(error_.at - 1); }
  bool expects(std::uint16_t wanted) const { return error_.expects(wanted); }
  bool inside(std::uint16_t rule) const { return error_.inside(rule); }

  std::string text(std::size_t index) const {
    std::string out = printable(sources_.text({source_, tokens_[index].begin, tokens_[index].end}));
    return out.size() <= 40 ? out : out.substr(0, 37) + "…";
  }

  // What is missing at the end is missing just after the last word.
  Span span() const {
    if (at_end()) return {source_, tokens_.back().end, tokens_.back().end};
    return {source_, tokens_[error_.at].begin, tokens_[error_.at].end};
  }

  std::string_view kind() const {
    switch (type(lead_)) {
      case WeftParser::ALLOW:
      case WeftParser::DENY:
      case WeftParser::PASS:
        return "the rule";
      case WeftParser::NEVER:
      case WeftParser::ALWAYS:
        return "the claim";
      case WeftParser::POLICY:
        return "the policy header";
      case WeftParser::TEST:
        return "the test header";
      case WeftParser::TEMPLATE:
        return "the template header";
      default:
        return inside(WeftParser::RuleExpectation) ? "the expectation" : "the statement";
    }
  }

  std::string found() const {
    if (at_end()) return fmt::format("the end of {}", kind());
    return found_type() == WeftParser::STRING ? text(error_.at) : fmt::format("`{}`", text(error_.at));
  }

  std::string expected() const {
    if (expects(WeftParser::ARROW)) return fmt::format("`->` after the source of {}", kind());
    if (expects(WeftParser::ORDERED) && expects(WeftParser::OPEN_BLOCK)) return "a clause of the policy or `{`";
    const bool edge = inside(WeftParser::RuleEdge) || inside(WeftParser::RuleExpectation);
    if (edge && expects(WeftParser::COLON) && !inside(WeftParser::RuleLabelEntry)) {
      return fmt::format("`:` and a service after the destination of {}", kind());
    }
    if (before() == WeftParser::AUDIT && expects(WeftParser::ISOLATE)) return "a rule or `isolate` after `audit`";
    if (inside(WeftParser::RuleTestHeader) && expects(WeftParser::STRING))
      return "a name for the test in double quotes";
    if (inside(WeftParser::RuleRelation) && expects(WeftParser::SOURCE))
      return after_sign("`source.` or `destination.`");
    if (expects(WeftParser::DATE) && !expects(WeftParser::STRING)) return "a date, `YYYY-MM-DD`, after `expires`";
    if (expects(WeftParser::BANG)) return selector();
    if (inside(WeftParser::RulePort) && before() == WeftParser::DASH) return "the last port of the range after `-`";
    if (inside(WeftParser::RulePort) && expects(WeftParser::NUMBER)) {
      return expects(WeftParser::IDENTIFIER) ? "a number or the name of a port after `/`" : "an ICMP code after `/`";
    }
    if (inside(WeftParser::RuleServices) && expects(WeftParser::IDENTIFIER)) return after_sign("a service");
    if (expects(WeftParser::ADDRESS)) return after_sign("an address or the name of a network");
    if (inside(WeftParser::RuleLabel) && expects(WeftParser::STRING)) return "`string` or the values in double quotes";
    if (expects(WeftParser::IDENTIFIER)) return name();
    return choices();
  }

  std::string selector() const {
    if (error_.at == 0 && inside(WeftParser::RuleExpectation)) return "the source of the expectation";
    switch (before()) {
      case WeftParser::ARROW:
        return fmt::format("the destination of {} after `->`", kind());
      case WeftParser::ALLOW:
      case WeftParser::DENY:
      case WeftParser::PASS:
      case WeftParser::NEVER:
      case WeftParser::ALWAYS:
      case WeftParser::SOURCE:
      case WeftParser::DESTINATION:
        return fmt::format("the source of {}", kind());
      default:
        return after_sign("a selector");
    }
  }

  std::string name() const {
    if (expects(WeftParser::STRING)) {
      if (before() == WeftParser::POLICY) return "a name for the policy";
      if (inside(WeftParser::RuleAnnotation)) return "a value of the annotation";
      if (inside(WeftParser::RuleDecider)) return "the policy that decides after `by`";
      if (inside(WeftParser::RuleImportFile)) return "a file in double quotes or a module after `import`";
      if (inside(WeftParser::RuleArgumentValue)) return after_sign("a value");
      return "a text in double quotes";
    }
    if (inside(WeftParser::RuleKey) || expects(WeftParser::NODE)) return after_sign("a label key");
    return after_sign("a name");
  }

  std::string after_sign(std::string_view what) const {
    return error_.at == 0 ? std::string(what) : fmt::format("{} after `{}`", what, text(error_.at - 1));
  }

  // A few signs or words, or the end.
  std::string choices() const {
    // After a whole statement little but its end is worth naming.
    const bool many = expects(0) && expects(WeftParser::AND);
    const bool clauses = expects(WeftParser::WHEN) && expects(WeftParser::LOG);
    std::vector<std::string> all;
    for (const std::uint16_t wanted : error_.expected) {
      if (wanted == 0 || (is_noise(wanted) && error_.expected.size() > 1)) continue;
      if (many && is_operator(wanted)) continue;
      if (clauses && is_clause(wanted)) continue;
      if (wanted == WeftParser::STRING) {
        all.push_back("a text in double quotes");
      } else if (wanted == WeftParser::NUMBER) {
        all.push_back("a number");
      } else {
        all.push_back(fmt::format("`{}`", parser_.spelling(wanted)));
      }
    }
    if (clauses) all.emplace_back("a clause");
    if (expects(0)) all.push_back(fmt::format("the end of {}", kind()));
    std::string out;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i > 0) out += i + 1 == all.size() ? " or " : ", ";
      out += all[i];
    }
    return out;
  }

  // Signs that could stand nearly everywhere tell nobody anything.
  bool is_noise(std::uint16_t wanted) const {
    switch (wanted) {
      case WeftParser::DOT:
      case WeftParser::SLASH:
      case WeftParser::DASH:
      case WeftParser::BAR:
      case WeftParser::BACKSLASH:
        return true;
      default:
        return false;
    }
  }

  static bool is_clause(std::uint16_t type) {
    switch (type) {
      case WeftParser::WHEN:
      case WeftParser::REQUIRES:
      case WeftParser::LOG:
      case WeftParser::EXPIRES:
      case WeftParser::BECAUSE:
        return true;
      default:
        return false;
    }
  }

  static bool is_operator(std::uint16_t type) {
    switch (type) {
      case WeftParser::IN:
      case WeftParser::NOT:
      case WeftParser::LIKE:
      case WeftParser::EQUALS:
      case WeftParser::DIFFERS:
      case WeftParser::AND:
      case WeftParser::OR:
        return true;
      default:
        return false;
    }
  }

  std::optional<Span> unclosed_parenthesis() const {
    std::vector<Span> open;
    for (const Token& token : tokens_.first(std::min(error_.at, tokens_.size()))) {
      if (token.type == WeftParser::OPEN_PARENTHESIS) open.push_back({source_, token.begin, token.end});
      if (token.type == WeftParser::CLOSE_PARENTHESIS && !open.empty()) open.pop_back();
    }
    if (open.empty()) return {};
    return open.back();
  }

  void suggest(Diagnostic& out) const {
    const std::string word = at_end() ? std::string() : text(error_.at);
    const Span here = span();
    if (found_type() == WeftParser::ASSIGN && expects(WeftParser::EQUALS)) {
      out.fix("a comparison is written `==`", here, "==");
    } else if (found_type() == WeftParser::EQUALS && expects(WeftParser::ASSIGN)) {
      out.fix("a definition is written with one `=`", here, "=");
    } else if (expects(WeftParser::STRING) && !expects(WeftParser::IDENTIFIER) && !at_end() &&
               (is_name(found_type()) || found_type() == WeftParser::NUMBER || is_reserved(found_type())) &&
               !inside(WeftParser::RuleTextSet)) {
      quote(out, fmt::format("texts stand in double quotes: \"{}\"", word));
    } else if (inside(WeftParser::RuleTextSet) && !at_end() && is_name(found_type())) {
      quote(out, fmt::format("values stand in double quotes: \"{}\"", word));
    } else if (expects(WeftParser::AND) && word == "and") {
      out.fix("`and` is written `&&`", here, "&&");
    } else if (expects(WeftParser::OR) && (word == "or" || found_type() == WeftParser::BAR)) {
      out.fix("`or` is written `||`", here, "||");
    } else if (found_type() == WeftParser::NOT && expects(WeftParser::BANG)) {
      const bool last = error_.at + 1 == tokens_.size();
      out.fix("`not` is written `!`", {source_, here.begin, last ? here.end : tokens_[error_.at + 1].begin}, "!");
    } else if (expects(WeftParser::IDENTIFIER) && is_reserved(found_type())) {
      out.fix(fmt::format("`{}` is a word of the language: as a name it stands in backticks", word), here,
              fmt::format("`{}`", word), Applicability::MaybeIncorrect);
    } else if (inside(WeftParser::RuleServices) && found_type() == WeftParser::NUMBER && expects(WeftParser::ANY)) {
      out.fix(fmt::format("there is no default protocol: write `tcp/{}`", word), {source_, here.begin, here.begin},
              "tcp/", Applicability::MaybeIncorrect);
    } else if (inside(WeftParser::RuleServices) && found_type() == WeftParser::NUMBER && is_name(before())) {
      out.fix(fmt::format("write `{}/{}`", text(error_.at - 1), word),
              {source_, tokens_[error_.at - 1].end, here.begin}, "/", Applicability::MaybeIncorrect);
    } else if (inside(WeftParser::RuleServices) && found_type() == WeftParser::COLON && is_name(before()) &&
               type(error_.at + 1) == WeftParser::NUMBER) {
      out.fix(fmt::format("write `{}/{}`", text(error_.at - 1), text(error_.at + 1)),
              {source_, tokens_[error_.at - 1].end, tokens_[error_.at + 1].begin}, "/");
    } else if (expects(WeftParser::BANG) && found_type() == WeftParser::ADDRESS) {
      out.fix(fmt::format("write `addr {}`, or `world {}` where no workload or node is meant", word, word),
              {source_, here.begin, here.begin}, "addr ", Applicability::MaybeIncorrect);
    } else if (inside(WeftParser::RuleRelation) && found_type() == WeftParser::STRING) {
      out.suggest("`when` compares labels of the two ends: a fixed value belongs into a selector");
    } else if (inside(WeftParser::RuleRelation) && expects(WeftParser::SOURCE)) {
      out.suggest("it is written `when source.KEY == destination.KEY`");
    } else if (found_type() == WeftParser::OR && expects(WeftParser::WHEN)) {
      out.suggest("`when` joins with `&&` only: write a rule for each alternative");
    } else if (const std::string near = misspelt(); !near.empty()) {
      out.fix(fmt::format("did you mean `{}`?", near), here, near, Applicability::MaybeIncorrect);
    } else if (inside(WeftParser::RuleEdge) && (expects(WeftParser::ARROW) || expects(WeftParser::COLON))) {
      out.suggest(fmt::format("it is written `{} SOURCE -> DESTINATION : SERVICE`", text(lead_)));
    }
  }

  // A word that lacks its quotes: what it means is clear unless more seems to belong to it.
  void quote(Diagnostic& out, std::string title) const {
    const std::uint16_t next = type(error_.at + 1);
    const bool goes_on = next == WeftParser::DOT || next == WeftParser::SLASH || next == WeftParser::DASH;
    if (found_type() == WeftParser::QUOTED || goes_on) {
      out.suggest(std::move(title));
    } else {
      out.fix(std::move(title), span(), fmt::format("\"{}\"", sources_.text(span())));
    }
  }

  // The word that was most likely meant, where the one found looks like one that could stand here.
  std::string misspelt() const {
    if (found_type() != WeftParser::IDENTIFIER) return {};
    std::vector<std::string> words;
    for (const std::uint16_t wanted : error_.expected) {
      const std::string spelling = parser_.spelling(wanted);
      if (spelling.size() > 2 && spelling.front() >= 'a' && spelling.front() <= 'z') words.push_back(spelling);
    }
    return nearest(text(error_.at), words);
  }

  static bool is_reserved(std::uint16_t type) { return type >= WeftParser::PROFILE && type <= WeftParser::ADDR; }

  const Sources& sources_;
  SourceId source_;
  const StatementParser& parser_;
  std::span<const Token> tokens_;
  std::size_t lead_;  ///< the word that says which statement it is
  const SyntaxError& error_;
};

}  // namespace

void report_syntax(const Sources& sources, SourceId source, Diagnostics& diagnostics, const StatementParser& parser,
                   const StatementText& statement, const SyntaxError& error) {
  Message(sources, source, parser, statement, error).report(diagnostics);
}

void report_no_statement(const Sources& sources, SourceId source, Diagnostics& diagnostics, const Token& found,
                         bool in_policy, bool opens_block) {
  const Span span{source, found.begin, found.end};
  std::string word = printable(sources.text(span));
  if (word.size() > 40) word = word.substr(0, 37) + "…";
  Diagnostic& diagnostic = diagnostics.report(
      syntax, span,
      fmt::format("expected {}, found `{}`", in_policy ? "a rule, `isolate`, `guard` or `}`" : "a statement", word));
  // A clause on a line of its own begins no statement, but may be what the word was meant for.
  std::vector<std::string> words{"allow", "deny", "pass", "isolate", "guard", "because"};
  if (!in_policy) {
    words = {"policy", "group", "network", "service", "label",  "profile",
             "tiers",  "guard", "never",   "always",  "because"};
  }
  if (const std::string near = nearest(word, words); !near.empty()) {
    diagnostic.fix(fmt::format("did you mean `{}`?", near), span, near, Applicability::MaybeIncorrect);
  } else if (opens_block && !in_policy && (is_name(found.type) || found.type == WeftParser::STRING)) {
    diagnostic.fix("a policy begins with the word `policy`", {source, span.begin, span.begin}, "policy ");
  }
}

}  // namespace weft::frontend
