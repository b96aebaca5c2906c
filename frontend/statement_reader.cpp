#include "frontend/statement_reader.h"

#include <algorithm>
#include <array>

#include "frontend/diagnostics.h"
#include "frontend/frontend.h"
#include "grammar/WeftParser.h"

namespace weft::frontend {

using grammar::WeftParser;

bool is_statement_word(std::uint16_t type) {
  return (type >= WeftParser::PROFILE && type <= WeftParser::AUDIT) || type == WeftParser::ANNOTATION;
}

bool is_policy_item_word(std::uint16_t type) {
  return type == WeftParser::ALLOW || type == WeftParser::DENY || type == WeftParser::PASS ||
         type == WeftParser::ISOLATE;
}

bool is_name(std::uint16_t type) {
  return type == WeftParser::IDENTIFIER || type == WeftParser::QUOTED ||
         (type >= WeftParser::ANY_TEXT && type <= WeftParser::LIKE);
}

namespace {

constexpr std::size_t longest_statement = std::size_t{1} << 20;

// How deep the parser will stand in parentheses and negations: an opening parenthesis holds the negations before it
// open.
class Nesting {
 public:
  std::size_t after(std::uint16_t type) {
    if (type == WeftParser::BANG) {
      ++bangs_;
    } else if (type == WeftParser::OPEN_PARENTHESIS) {
      open_.push_back(bangs_ + 1);
      depth_ += bangs_ + 1;
      bangs_ = 0;
    } else {
      bangs_ = 0;
      if (type == WeftParser::CLOSE_PARENTHESIS && !open_.empty()) {
        depth_ -= open_.back();
        open_.pop_back();
      }
    }
    return depth_ + bangs_;
  }

 private:
  std::vector<std::size_t> open_;
  std::size_t depth_ = 0;
  std::size_t bangs_ = 0;
};

// True where a statement can be complete, so that a reserved word on the same line begins the next.
bool can_end_statement(std::uint16_t type) {
  switch (type) {
    case WeftParser::STRING:
    case WeftParser::NUMBER:
    case WeftParser::ADDRESS:
    case WeftParser::CLOSE_BRACE:
    case WeftParser::CLOSE_PARENTHESIS:
    case WeftParser::INGRESS:
    case WeftParser::EGRESS:
    case WeftParser::ANY:
    case WeftParser::NONE:
    case WeftParser::WORKLOAD:
    case WeftParser::NODE:
    case WeftParser::WORLD:
    case WeftParser::APISERVER:
    case WeftParser::AUDIT:
      return true;
    default:
      return is_name(type);
  }
}

}  // namespace

StatementReader::StatementReader(const Sources& sources, SourceId source, Diagnostics& diagnostics,
                                 std::vector<ast::Comment>& comments)
    : sources_(sources), source_(source), diagnostics_(diagnostics), scanner_(sources, source, diagnostics, comments) {
  ahead_ = scanner_.next();
}

void StatementReader::take(StatementText& out) {
  out.faulty = out.faulty || ahead_.after_fault;
  if (!out.skipped) out.tokens.push_back(ahead_);
  ahead_ = scanner_.next();
}

bool StatementReader::begins_statement(const StatementText& so_far) const {
  const std::uint16_t before = so_far.tokens.back().type;
  if (!is_statement_word(ahead_.type)) return ahead_.starts_line && begins_stray_line(so_far.tokens);
  if (ahead_.starts_line) return true;
  if (before == WeftParser::DOT || before == WeftParser::SLASH) return false;  // part of a key
  // `label service : string`: a reserved word where a name belongs.
  if (so_far.tokens.size() == 1 && is_statement_word(before)) return before == WeftParser::AUDIT;
  return can_end_statement(before);
}

// A line that begins with a name or a literal just after one goes on with nothing: no statement has two side by side.
// Most likely its first word is misspelt. Words with a meaning in one place (`because`, `owner`) do go on.
bool StatementReader::begins_stray_line(const std::vector<Token>& before) const {
  const auto is_plain = [](std::uint16_t type) {
    return type >= WeftParser::IDENTIFIER && type <= WeftParser::ADDRESS;
  };
  if (!is_plain(ahead_.type) || is_later_clause(sources_.text({source_, ahead_.begin, ahead_.end}))) return false;
  const std::uint16_t last = before.back().type;
  const bool after_pass_to =
      before.size() == 3 && before[0].type == WeftParser::PASS && before[1].type == WeftParser::TO;
  return last != WeftParser::WORLD && !after_pass_to && !(is_name(last) && !is_plain(last)) && can_end_statement(last);
}

bool is_later_clause(std::string_view word) {
  static constexpr std::array<std::string_view, 5> words{"when", "log", "expires", "for", "avoiding"};
  return std::ranges::find(words, word) != words.end();
}

bool StatementReader::opens_block(const StatementText& so_far) const {
  // Asked just after a `{`, so there is one token at least.
  const std::vector<Token>& tokens = so_far.tokens;
  if (is_statement_word(ahead_.type) || ahead_.type == 0) return true;
  if (tokens.front().type != WeftParser::POLICY) return false;
  const bool in_set =
      tokens.size() > 1 && tokens[tokens.size() - 2].type == WeftParser::IN && ahead_.type == WeftParser::STRING;
  return !in_set;
}

// `test "…" { … }` and `template … { … }` hold words that begin statements elsewhere.
void StatementReader::skip_block(StatementText& out) {
  std::size_t open = 0;
  for (std::size_t words = 0; ahead_.type != 0 && words < longest_statement; ++words) {
    if (open == 0 && is_statement_word(ahead_.type) && ahead_.starts_line) return;
    const std::uint16_t type = ahead_.type;
    ahead_ = scanner_.next();
    if (type == WeftParser::OPEN_BRACE) ++open;
    if (type == WeftParser::CLOSE_BRACE && (open == 0 || --open == 0)) break;
  }
  out.skipped = true;
  if (open > 0) ahead_ = {};  // it has no end, and what follows may be part of it
}

bool StatementReader::next(StatementText& out) {
  out.tokens.clear();
  out.opens_block = out.faulty = out.skipped = out.line_goes_on = false;
  if (ahead_.type == 0) return false;

  out.faulty = ahead_.after_fault;
  Nesting nesting;
  std::size_t open_sets = 0;
  std::size_t words = 0;
  while (true) {
    const Token token = ahead_;
    take(out);
    if (out.tokens.size() == 1) {
      if (token.type == WeftParser::CLOSE_BRACE) {
        out.line_goes_on = ahead_.type != 0 && !ahead_.starts_line && ahead_.type != WeftParser::CLOSE_BRACE &&
                           !is_statement_word(ahead_.type);
        return true;
      }
      if (token.type == WeftParser::TEST || token.type == WeftParser::TEMPLATE) {
        skip_block(out);
        return true;
      }
    }
    switch (token.type) {
      case WeftParser::OPEN_BRACE:
        if (opens_block(out)) {
          out.opens_block = true;
          return true;
        }
        ++open_sets;
        break;
      case WeftParser::CLOSE_BRACE:
        --open_sets;
        break;
      case WeftParser::ARROW:
      case WeftParser::COLON:
        open_sets = 0;
        break;  // no set goes on over these: its end is missing
      default:
        break;
    }
    if (!out.skipped && nesting.after(token.type) > Limits::nesting) {
      diagnostics_.report(too_deep, Span{source_, token.begin, token.end}, Limits::nesting)
          .suggest("give parts of the selector names with `group`");
      out.skipped = out.faulty = true;
    }
    if (++words > longest_statement) {
      if (!out.skipped)
        diagnostics_.report(too_long, Span{source_, out.tokens.front().begin, out.tokens.front().end},
                            longest_statement);
      out.skipped = out.faulty = true;
      ahead_ = {};  // nobody wrote this by hand: the rest of the file is not worth the time
      return true;
    }

    const bool ends =
        ahead_.type == 0 || (ahead_.type == WeftParser::CLOSE_BRACE && open_sets == 0) || begins_statement(out);
    if (ends) {
      out.faulty = out.faulty || ahead_.after_fault;
      return true;
    }
  }
}

}  // namespace weft::frontend
