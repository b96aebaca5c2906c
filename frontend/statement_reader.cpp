#include "frontend/statement_reader.h"

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

bool can_end_statement(std::uint16_t type) {
  switch (type) {
    case WeftParser::STRING:
    case WeftParser::NUMBER:
    case WeftParser::DATE:
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

class StatementReader::Prefix {
 public:
  bool takes(const Token& token, std::uint32_t end_before) {
    switch (state_) {
      case State::Start:
        if (token.type == WeftParser::ANNOTATION) state_ = State::At;
        return token.type == WeftParser::ANNOTATION;
      case State::At:
        state_ = State::Start;
        if (token.type == WeftParser::OPEN_PARENTHESIS) {
          state_ = State::Values;  // its name is missing
          return true;
        }
        if (token.begin != end_before && !is_name(token.type)) return takes(token, end_before);
        state_ = State::Named;
        return true;
      case State::Named:
        state_ = State::Start;
        if (token.type != WeftParser::OPEN_PARENTHESIS) return takes(token, end_before);
        state_ = State::Values;
        return true;
      case State::Values:
        if (token.type == WeftParser::CLOSE_PARENTHESIS) {
          state_ = State::Start;
          return true;
        }
        // The parenthesis is not closed: the next statement is no part of it.
        if (token.starts_line && is_statement_word(token.type)) {
          state_ = State::Start;
          return takes(token, end_before);
        }
        return true;
    }
    return false;
  }

 private:
  enum class State : std::uint8_t { Start, At, Named, Values };
  State state_ = State::Start;
};

bool StatementReader::begins_statement(const StatementText& so_far) const {
  if (so_far.lead == so_far.tokens.size() && !so_far.skipped) return false;  // just behind `audit`
  const std::uint16_t before = so_far.tokens.back().type;
  const std::uint16_t word = so_far.word();
  if (!is_statement_word(ahead_.type)) {
    // Parameters and arguments stand on as many lines as they like.
    const bool in_list = parentheses_ > 0 && (word == WeftParser::TEMPLATE || word == WeftParser::USE);
    return ahead_.starts_line && !in_list && begins_stray_line(so_far);
  }
  const bool just_begun = so_far.tokens.size() == so_far.lead + 1;
  if (word == WeftParser::AUDIT && just_begun) return !is_policy_item_word(ahead_.type);
  if (word == WeftParser::POLICY && ahead_.type == WeftParser::AUDIT) return false;  // a clause of its header
  // The types of parameters are words that begin statements, and its `{` ends the header.
  if (word == WeftParser::TEMPLATE && (before == WeftParser::COLON || !ahead_.starts_line)) return false;
  if (ahead_.starts_line) return true;
  if (word == WeftParser::USE && parentheses_ > 0) return false;
  if (before == WeftParser::DOT || before == WeftParser::SLASH) return false;  // part of a key
  // `label service : string`: a reserved word where a name belongs.
  if (just_begun && is_statement_word(before)) return false;
  return can_end_statement(before);
}

namespace {

bool is_plain(std::uint16_t type) { return type >= WeftParser::IDENTIFIER && type <= WeftParser::ADDRESS; }

// What the end of an expectation may begin with; `is`, `by` and `like` go on with what stands before them.
bool begins_end(std::uint16_t type) {
  switch (type) {
    case WeftParser::OPEN_BRACE:
    case WeftParser::OPEN_PARENTHESIS:
    case WeftParser::BANG:
    case WeftParser::HAS:
      return true;
    case WeftParser::IS:
    case WeftParser::BY:
    case WeftParser::LIKE:
      return false;
    default:
      return is_name(type) || is_plain(type) || (type >= WeftParser::ANY && type <= WeftParser::ADDR);
  }
}

}  // namespace

// An expectation ends in its verdict and two clauses. Where the verdict is missing, a new line that cannot go on with
// the one before it begins the next.
bool StatementReader::begins_expectation(const StatementText& so_far) const {
  const std::vector<Token>& tokens = so_far.tokens;
  const std::uint16_t before = tokens.back().type;
  const auto is_verdict = [&](std::size_t at) {
    return at > 0 && tokens[at - 1].type == WeftParser::IS &&
           (tokens[at].type == WeftParser::ALLOW || tokens[at].type == WeftParser::DENY);
  };
  // The verdict is at most six words back: `is allow at source by "shop" . edge`.
  const std::size_t last = tokens.size() - 1;
  for (std::size_t back = 0; back <= std::min<std::size_t>(last, 6); ++back) {
    if (!is_verdict(last - back)) continue;
    if (before == WeftParser::AT || before == WeftParser::BY || before == WeftParser::DOT) return false;
    return ahead_.type != WeftParser::AT && ahead_.type != WeftParser::BY && ahead_.type != WeftParser::DOT;
  }
  const bool verdict_word = ahead_.type == WeftParser::ALLOW || ahead_.type == WeftParser::DENY;
  if (verdict_word) return ahead_.starts_line && before != WeftParser::IS;
  if (is_statement_word(ahead_.type)) return begins_statement(so_far);
  const bool ended = can_end_statement(before) || before == WeftParser::ALLOW || before == WeftParser::DENY;
  return ahead_.starts_line && ended && before != WeftParser::WORLD && begins_end(ahead_.type);
}

// A line that begins with a name or a literal just after one goes on with nothing: no statement has two side by side.
// Most likely its first word is misspelt. Words with a meaning in one place (`because`, `owner`) do go on.
bool StatementReader::begins_stray_line(const StatementText& so_far) const {
  if (!is_plain(ahead_.type) || sources_.text({source_, ahead_.begin, ahead_.end}) == "avoiding") return false;
  const std::uint16_t last = so_far.tokens.back().type;
  const bool after_pass_to = so_far.word() == WeftParser::PASS && so_far.tokens.size() == so_far.lead + 3 &&
                             so_far.tokens[so_far.lead + 1].type == WeftParser::TO;
  return last != WeftParser::WORLD && !after_pass_to && !(is_name(last) && !is_plain(last)) && can_end_statement(last);
}

bool StatementReader::opens_block(const StatementText& so_far) const {
  // Asked just after a `{`, so there is one token at least.
  const std::vector<Token>& tokens = so_far.tokens;
  if (so_far.word() == WeftParser::TEST) return true;
  if (is_statement_word(ahead_.type) || ahead_.type == 0) return true;
  // `"checkout" {` and, with another word in the place of `test`, `tset "checkout" {`: no set follows a text.
  const bool titled = tokens.size() > 1 && tokens[tokens.size() - 2].type == WeftParser::STRING;
  if (titled && tokens.size() <= so_far.lead + 3 && !is_policy_item_word(so_far.word())) return true;
  if (so_far.word() != WeftParser::POLICY && so_far.word() != WeftParser::TEMPLATE) return false;
  switch (tokens.size() > 1 ? tokens[tokens.size() - 2].type : std::uint16_t{0}) {
    case WeftParser::IN:
      return ahead_.type != WeftParser::STRING && !is_name(ahead_.type);
    case WeftParser::ADDR:
    case WeftParser::WORLD:
      return ahead_.type != WeftParser::ADDRESS && !is_name(ahead_.type);
    default:
      return true;
  }
}

bool StatementReader::next(StatementText& out, bool in_test) {
  out.tokens.clear();
  out.opens_block = out.faulty = out.skipped = out.line_goes_on = false;
  out.lead = 0;
  if (ahead_.type == 0) return false;

  out.faulty = ahead_.after_fault;
  Prefix prefix;
  bool in_prefix = true;
  Nesting nesting;
  std::size_t open_sets = 0;
  std::size_t words = 0;
  parentheses_ = 0;
  while (true) {
    const Token token = ahead_;
    in_prefix = in_prefix && prefix.takes(token, out.tokens.empty() ? 0 : out.tokens.back().end);
    take(out);
    if (in_prefix) out.lead = out.tokens.size();
    if (token.type == WeftParser::CLOSE_BRACE && out.tokens.size() == 1) {
      out.line_goes_on = ahead_.type != 0 && !ahead_.starts_line && ahead_.type != WeftParser::CLOSE_BRACE &&
                         !is_statement_word(ahead_.type);
      return true;
    }
    if (out.word() == WeftParser::AUDIT && out.tokens.size() == out.lead + 1 && is_policy_item_word(ahead_.type)) {
      ++out.lead;
    }
    const bool expectation = in_test && !in_prefix && !is_statement_word(out.word());
    switch (token.type) {
      case WeftParser::OPEN_BRACE:
        if (!expectation && opens_block(out)) {
          out.opens_block = true;
          if (!out.skipped) out.tokens.back().type = WeftParser::OPEN_BLOCK;
          return true;
        }
        ++open_sets;
        break;
      case WeftParser::CLOSE_BRACE:
        --open_sets;
        break;
      case WeftParser::OPEN_PARENTHESIS:
        ++parentheses_;
        break;
      case WeftParser::CLOSE_PARENTHESIS:
        if (parentheses_ > 0) --parentheses_;
        break;
      case WeftParser::ARROW:
        open_sets = 0;
        break;  // no set goes on over this: its end is missing
      case WeftParser::COLON:
        if (!expectation) open_sets = 0;
        break;
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

    const bool closed = ahead_.type == 0 || (ahead_.type == WeftParser::CLOSE_BRACE && open_sets == 0);
    const bool ends = closed || (!in_prefix && (expectation ? begins_expectation(out) : begins_statement(out)));
    if (ends) {
      out.faulty = out.faulty || ahead_.after_fault;
      return true;
    }
  }
}

}  // namespace weft::frontend
