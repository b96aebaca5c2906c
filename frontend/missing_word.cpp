#include "frontend/missing_word.h"

#include <span>

#include "base/text.h"
#include "frontend/diagnostics.h"
#include "grammar/WeftParser.h"

namespace weft::frontend {
namespace {

using grammar::WeftParser;

// The tokens from some place on, and nothing behind their end.
class Form {
 public:
  Form(const Sources& sources, SourceId source, std::span<const Token> tokens)
      : sources_(sources), source_(source), tokens_(tokens) {}

  std::uint16_t type(std::size_t at) const { return at < tokens_.size() ? tokens_[at].type : std::uint16_t{0}; }
  bool name(std::size_t at) const { return is_name(type(at)); }
  bool spells(std::size_t at, std::string_view word) const {
    return at < tokens_.size() && sources_.text({source_, tokens_[at].begin, tokens_[at].end}) == word;
  }

  // `NAME ( PARAMETER :`
  bool template_header() const {
    return name(0) && type(1) == WeftParser::OPEN_PARENTHESIS && name(2) && type(3) == WeftParser::COLON;
  }
  // `NAME ( PARAMETER =`
  bool use() const {
    return name(0) && type(1) == WeftParser::OPEN_PARENTHESIS && name(2) && type(3) == WeftParser::ASSIGN;
  }
  // `std . MODULE`
  bool import() const { return spells(0, "std") && type(1) == WeftParser::DOT; }
  // `"NAME" {`
  bool titled_block() const { return type(0) == WeftParser::STRING && type(1) == WeftParser::OPEN_BLOCK; }

 private:
  const Sources& sources_;
  SourceId source_;
  std::span<const Token> tokens_;
};

}  // namespace

std::optional<MissingWord> missing_word(const Sources& sources, SourceId source, const StatementText& statement,
                                        const Token& ahead) {
  const std::uint16_t word = statement.word();
  if (statement.skipped || word == 0 || word == WeftParser::TEMPLATE || word == WeftParser::USE) return {};
  for (const bool in_place : {false, true}) {
    const std::size_t begin = statement.lead + (in_place ? 1 : 0);
    if (begin >= statement.tokens.size()) continue;
    const Form form(sources, source, std::span<const Token>(statement.tokens).subspan(begin));
    if (statement.opens_block && form.template_header()) return MissingWord{WeftParser::TEMPLATE, "template", in_place};
    if (!statement.opens_block && form.use()) return MissingWord{WeftParser::USE, "use", in_place};
    if (is_statement_word(word)) continue;  // it says what it is
    if (!statement.opens_block && form.import()) return MissingWord{WeftParser::IMPORT, "import", in_place};
    const bool holds_rules = is_policy_item_word(ahead.type) || ahead.type == WeftParser::AUDIT;
    if (form.titled_block() && !holds_rules) return MissingWord{WeftParser::TEST, "test", in_place};
  }
  return {};
}

namespace {

std::string_view reason(std::uint16_t type) {
  switch (type) {
    case WeftParser::TEMPLATE:
      return "a template begins with the word `template`";
    case WeftParser::USE:
      return "a template is put to use by the word `use`";
    case WeftParser::IMPORT:
      return "a module is imported by the word `import`";
    default:
      return "a test begins with the word `test`";
  }
}

}  // namespace

void restore(const Sources& sources, SourceId source, const MissingWord& missing, StatementText& statement,
             Diagnostics& diagnostics) {
  Token& leading = statement.tokens[statement.lead];
  const Span found{source, leading.begin, leading.end};
  if (!statement.faulty) {
    std::string shown = printable(sources.text(found));
    if (shown.size() > 40) shown = shown.substr(0, 37) + "…";
    Diagnostic& diagnostic = diagnostics.report(
        syntax, found, fmt::format("expected `{}`, found {}", missing.spelling, frontend::marked(shown)));
    if (missing.in_place) {
      diagnostic.fix(std::string(reason(missing.type)), found, std::string(missing.spelling),
                     Applicability::MaybeIncorrect);
    } else {
      diagnostic.fix(std::string(reason(missing.type)), {source, found.begin, found.begin},
                     fmt::format("{} ", missing.spelling));
    }
  }
  if (missing.in_place) {
    leading.type = missing.type;
    return;
  }
  Token word = leading;
  word.end = word.begin;
  word.type = missing.type;
  leading.starts_line = false;
  statement.tokens.insert(statement.tokens.begin() + static_cast<std::ptrdiff_t>(statement.lead), word);
}

}  // namespace weft::frontend
