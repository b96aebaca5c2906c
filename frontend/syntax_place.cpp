#include "frontend/syntax_place.h"

#include "base/text.h"
#include "grammar/WeftParser.h"

namespace weft::frontend {

using grammar::WeftParser;

SyntaxPlace::SyntaxPlace(const Sources& sources, SourceId source, const StatementParser& parser,
                         const StatementText& statement, const SyntaxError& error)
    : sources_(sources),
      source_(source),
      parser_(parser),
      tokens_(statement.tokens),
      lead_(statement.lead),
      error_(error) {
  // Behind the `for` of a policy `in` begins a clause as well, so the grammar looks one word further, and stops before
  // both. Here it is clear which one is wrong.
  const bool set = found() == WeftParser::IN && type(at() + 1) != WeftParser::OPEN_BRACE && !at_end() &&
                   type(lead_) != WeftParser::POLICY && (is_name(before()) || before() == WeftParser::NOT);
  if (set) {
    ++error_.at;
    error_.expected = {WeftParser::OPEN_BRACE};
    error_.rules.insert(error_.rules.begin(), WeftParser::RuleTextSet);
  }
}

std::string SyntaxPlace::text(std::size_t index) const {
  if (index >= tokens_.size()) return {};
  std::string out = printable(raw(index));
  return out.size() <= 40 ? out : out.substr(0, 37) + "…";
}

Span SyntaxPlace::span() const {
  if (at_end()) return {source_, tokens_.back().end, tokens_.back().end};
  return span_of(error_.at);
}

bool is_reserved_word(std::uint16_t type) { return type >= WeftParser::PROFILE && type <= WeftParser::ADDR; }

}  // namespace weft::frontend
