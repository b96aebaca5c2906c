#include "frontend/syntax_message.h"

#include <algorithm>

#include "base/text.h"
#include "frontend/diagnostics.h"
#include "frontend/syntax_remedy.h"
#include "grammar/WeftParser.h"

namespace weft::frontend {
namespace {

using grammar::WeftParser;

class Message : SyntaxPlace {
 public:
  explicit Message(const SyntaxPlace& place) : SyntaxPlace(place) {}

  void report(Diagnostics& diagnostics) const {
    Diagnostic& diagnostic =
        diagnostics.report(syntax, span(), fmt::format("expected {}, found {}", expected(), what_stands_there()));
    if (expects(WeftParser::CLOSE_PARENTHESIS) && !expects(0)) {
      if (const auto open = unclosed_parenthesis()) diagnostic.label(*open, "this is not closed");
    }
    remedy(*this, diagnostic);
  }

 private:
  std::string_view kind() const {
    switch (type(lead())) {
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

  std::string what_stands_there() const {
    if (at_end()) return fmt::format("the end of {}", kind());
    return found() == WeftParser::STRING ? text(at()) : fmt::format("`{}`", text(at()));
  }

  std::string expected() const {
    if (expects(WeftParser::ARROW)) {
      return fmt::format("{} after the source of {}", expects(WeftParser::REACHES) ? "`->` or `~>`" : "`->`", kind());
    }
    if (expects(WeftParser::ORDERED) && expects(WeftParser::OPEN_BLOCK)) return "a clause of the policy or `{`";
    // A claim may end where a service is expected only if it is about chains of hops, which need none.
    const bool edge = inside(WeftParser::RuleEdge) || inside(WeftParser::RuleExpectation) ||
                      (inside(WeftParser::RuleClaimEdge) && !expects(0));
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
    if (at() == 0 && inside(WeftParser::RuleExpectation)) return "the source of the expectation";
    switch (before()) {
      case WeftParser::ARROW:
      case WeftParser::REACHES:
        return fmt::format("the destination of {} after `{}`", kind(), text(at() - 1));
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
    return at() == 0 ? std::string(what) : fmt::format("{} after `{}`", what, text(at() - 1));
  }

  // A few signs or words, or the end.
  std::string choices() const {
    // After a whole statement little but its end is worth naming.
    const bool many = expects(0) && expects(WeftParser::AND);
    const bool clauses = expects(WeftParser::WHEN) && expects(WeftParser::LOG);
    std::vector<std::string> all;
    for (const std::uint16_t wanted : expected_types()) {
      if (wanted == 0 || (is_noise(wanted) && expected_types().size() > 1)) continue;
      if (many && is_operator(wanted)) continue;
      if (clauses && is_clause(wanted)) continue;
      if (wanted == WeftParser::STRING) {
        all.push_back("a text in double quotes");
      } else if (wanted == WeftParser::NUMBER) {
        all.push_back("a number");
      } else {
        all.push_back(fmt::format("`{}`", spelling(wanted)));
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
      case WeftParser::AVOIDING:
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
    for (const Token& token : tokens().first(std::min(at(), tokens().size()))) {
      if (token.type == WeftParser::OPEN_PARENTHESIS) open.push_back({source(), token.begin, token.end});
      if (token.type == WeftParser::CLOSE_PARENTHESIS && !open.empty()) open.pop_back();
    }
    if (open.empty()) return {};
    return open.back();
  }
};

}  // namespace

void report_syntax(const Sources& sources, SourceId source, Diagnostics& diagnostics, const StatementParser& parser,
                   const StatementText& statement, const SyntaxError& error) {
  Message(SyntaxPlace(sources, source, parser, statement, error)).report(diagnostics);
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
  if (remedy_statement(word, span, in_policy, diagnostic)) return;
  if (const std::string near = nearest(word, words); !near.empty()) {
    diagnostic.fix(fmt::format("did you mean `{}`?", near), span, near, Applicability::MaybeIncorrect);
  } else if (opens_block && !in_policy && (is_name(found.type) || found.type == WeftParser::STRING)) {
    diagnostic.fix("a policy begins with the word `policy`", {source, span.begin, span.begin}, "policy ");
  }
}

}  // namespace weft::frontend
