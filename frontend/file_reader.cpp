#include "frontend/file_reader.h"

#include <algorithm>

#include "base/text.h"
#include "frontend/diagnostics.h"
#include "frontend/frontend.h"
#include "frontend/lost.h"
#include "frontend/missing_word.h"
#include "frontend/syntax_message.h"
#include "grammar/WeftParser.h"

namespace weft::frontend {

using grammar::WeftParser;

FileReader::FileReader(const Sources& sources, SourceId source, Diagnostics& diagnostics, LastReading* last)
    : sources_(sources),
      source_(source),
      diagnostics_(diagnostics),
      parser_(sources, source, diagnostics),
      reader_(sources, source, diagnostics, file_.comments) {
  file_.source = source;
  if (last != nullptr) unedited_.emplace(*last, sources[source].text());
}

ast::File FileReader::read() {
  StatementText statement;
  while (reader_.next(statement, inner() && inner()->kind == Kind::Test)) {
    if (diagnostics_.errors() >= Limits::errors) return give_up();
    take(statement);
  }
  if (diagnostics_.errors() >= Limits::errors) return give_up();
  if (inner()) {
    if (!inner()->doubtful && !excused_) report_unclosed(*inner(), Span{source_, last_end_, last_end_});
    // A template without an end may hold what was meant to stand behind it.
    if (open_template()) lose_all(file_.lost);
  }
  return std::move(file_);
}

ast::File FileReader::give_up() {
  const Span end{source_, last_end_, last_end_};
  diagnostics_.report(too_many_errors, end, Limits::errors);
  lose_all(file_.lost);
  return std::move(file_);
}

void FileReader::take(StatementText& statement) {
  last_end_ = statement.tokens.back().end;
  said_ = diagnostics_.all().size();
  const std::size_t errors = diagnostics_.errors();
  // What goes on in the line of a mistake is cut off from it: it has no chance to make sense. So has what a stray `}`
  // cut off.
  if (excused_ && !statement.tokens.front().starts_line) statement.faulty = true;
  if (slipped_ && !is_statement_word(statement.word())) statement.faulty = true;
  const bool in_test = inner() && inner()->kind == Kind::Test;
  const bool in_policy = inner() && (inner()->kind == Kind::Policy || inner()->kind == Kind::Unknown);
  if (!inner() || inner()->kind == Kind::Template) {
    if (const auto missing = missing_word(sources_, source_, statement, reader_.ahead())) {
      restore(sources_, source_, *missing, statement, diagnostics_);
      excused_ = true;
    }
  }
  const std::uint16_t word = statement.word();
  slipped_ = false;
  if (statement.tokens.front().type == WeftParser::CLOSE_BRACE) {
    close(statement);
  } else if (word == WeftParser::POLICY) {
    open(statement, Kind::Policy);
  } else if (word == WeftParser::TEST) {
    open(statement, Kind::Test);
  } else if (word == WeftParser::TEMPLATE) {
    open(statement, Kind::Template);
  } else if (in_test && (is_policy_item_word(word) || word == WeftParser::AUDIT)) {
    misplaced(statement, "test", "an expectation is written `SOURCE -> DESTINATION : SERVICE is allow`");
  } else if (is_policy_item_word(word) || word == WeftParser::AUDIT || (word == WeftParser::GUARD && in_policy)) {
    item(statement);
  } else if (is_statement_word(word)) {
    declaration(statement);
  } else if (in_test) {
    expectation(statement);
  } else {
    no_statement(statement);
  }
  excused_ = statement.faulty || diagnostics_.errors() > errors;
}

// ---- what stands in blocks

void FileReader::item(StatementText& statement) {
  const bool in_policy = inner() && inner()->kind != Kind::Template;
  if (!in_policy && !orphans_) {
    orphans_ = true;
    const Token& word = statement.leading();
    if (!statement.faulty && !excused_) {
      const std::uint32_t begin = statement.tokens.front().begin;
      diagnostics_.report(outside_policy, span(word), text(word))
          .fix({"put it into `policy NAME { … }`",
                {{{source_, begin, begin}, "policy NAME {\n  "}, {{source_, last_end_, last_end_}, "\n}"}},
                Applicability::MaybeIncorrect});
      statement.faulty = true;
    }
  }
  auto item =
      read_as<ast::PolicyItem>(statement, [&](std::span<const Token> tokens) { return parser_.policy_item(tokens); });
  if (!item) file_.lost.rule = true;
  if (!item) return;
  if (auto* policy = open_statement<ast::PolicyStatement>()) {
    note(LastReading::Part::Kind::PolicyItem, statement, *inner()->statement, policy->items.size());
    policy->items.push_back(std::move(*item));
  }
}

namespace {

// Only in the middle of an expectation: what stands before it is part of one.
bool goes_on_an_end(std::uint16_t type) {
  switch (type) {
    case WeftParser::EQUALS:
    case WeftParser::DIFFERS:
    case WeftParser::IN:
    case WeftParser::NOT:
    case WeftParser::LIKE:
    case WeftParser::AND:
    case WeftParser::OR:
    case WeftParser::ARROW:
      return true;
    default:
      return false;
  }
}

}  // namespace

void FileReader::expectation(StatementText& statement) {
  // `… by` and `… by shop.` without the name took the first word of the next line for it.
  std::vector<Token>& all = statement.tokens;
  if (all.size() > 1 && all.back().starts_line && goes_on_an_end(reader_.ahead().type)) {
    const std::uint16_t before = all[all.size() - 2].type;
    if (before == WeftParser::BY || before == WeftParser::DOT) all.pop_back();
  }
  auto parsed =
      read_as<ast::Expectation>(statement, [&](std::span<const Token> tokens) { return parser_.expectation(tokens); });
  if (!parsed) return;
  if (auto* test = open_statement<ast::TestStatement>()) {
    note(LastReading::Part::Kind::Expectation, statement, *inner()->statement, test->expectations.size());
    test->expectations.push_back(std::move(*parsed));
  }
}

void FileReader::misplaced(StatementText& statement, std::string_view block, std::string_view remedy) {
  const Token& word = statement.leading();
  if (!statement.faulty && !excused_ && !inner()->doubtful) {
    diagnostics_.report(wrong_block, span(word), text(word), block)
        .label(inner()->span, "it begins here")
        .suggest(std::string(remedy));
  }
  inner()->doubtful = true;
  statement.faulty = true;
}

// The statement is read on like any other.
void FileReader::misplaced(StatementText& statement) {
  const bool faulty = statement.faulty;
  inner()->closed = true;
  const std::string_view block = word_for(inner()->kind);
  misplaced(statement, block,
            fmt::format("move it out: a {} ends in its `}}`, and `{}` stands before or behind it", block,
                        text(statement.leading())));
  statement.faulty = faulty;
}

void FileReader::add(ast::Statement statement) {
  auto* around = open_template();
  if (!around) {
    file_.statements.push_back(std::move(statement));
    return;
  }
  std::visit(
      [&](auto& it) {
        if constexpr (std::is_constructible_v<ast::BodyStatement, decltype(std::move(it))>) {
          around->body.emplace_back(std::move(it));
        } else {
          file_.statements.emplace_back(std::move(it));
        }
      },
      statement);
}

void FileReader::declaration(StatementText& statement) {
  orphans_ = false;
  const std::size_t errors = diagnostics_.errors();
  auto parsed =
      read_as<ast::Statement>(statement, [&](std::span<const Token> tokens) { return parser_.statement(tokens); });
  const bool clean = diagnostics_.errors() == errors && !excused_ && !statement.faulty;
  if (inner() && inner()->kind != Kind::Template) {
    // Either the block lacks its `}` or this stands in the wrong place: what follows tells, and is no second mistake.
    if (inner()->closed) {
      if (clean) misplaced(statement);  // says it of the first one only
    } else if (clean && !inner()->doubtful && closed_later(statement)) {
      misplaced(statement);
    } else {
      if (!inner()->doubtful && clean) report_unclosed(*inner(), span(statement.leading()));
      doubt();
    }
  } else if (inner()) {
    const std::uint16_t word = statement.word();
    const bool fits = word == WeftParser::GROUP || word == WeftParser::NETWORK || word == WeftParser::SERVICE ||
                      word == WeftParser::GUARD || word == WeftParser::NEVER || word == WeftParser::ALWAYS ||
                      word == WeftParser::USE;
    if (!fits && clean) {
      misplaced(statement, "template", "it is for the whole policy: put it before or behind the template");
    }
  }
  if (parsed) {
    note(LastReading::Part::Kind::Statement, statement, file_.statements.size());
    add(std::move(*parsed));
  } else if (statement.opens_block) {
    file_.lost.policy = true;
    blocks_.push_back(Block{Kind::Unknown, {}, {}, span(statement.leading()), true});
  }
}

// Text that begins with no word a statement begins with.
void FileReader::no_statement(const StatementText& statement) {
  if (!statement.faulty && !statement.skipped) {
    if (statement.word() == 0) {
      const Span note{source_, statement.tokens.front().begin, statement.tokens.back().end};
      diagnostics_.report(lone_annotation, note, printable(sources_.text(note)).substr(1, 40));
    } else {
      const bool in_policy = inner() && inner()->kind != Kind::Template;
      report_no_statement(sources_, source_, diagnostics_, statement.leading(), in_policy, statement.opens_block);
    }
  }
  lose(sources_, source_, statement.tokens, file_.lost);
  file_.lost.rule = file_.lost.rule || inner();
  file_.lost.policy = file_.lost.policy || statement.opens_block;
  if (statement.opens_block) {
    if (statement.word() == WeftParser::OPEN_BLOCK) doubt();  // its `}` may never come, and be missed by the others
    blocks_.push_back(Block{Kind::Unknown, {}, {}, span(statement.leading()), true});
  }
}

// ---- what the next reading may have again

// In a template the same text may mean something else. Whatever was said of the statement was said for more reasons
// than its text, or has to be said again.
bool FileReader::plain(const StatementText& statement) {
  return !statement.faulty && !open_template() && !template_lost_ && diagnostics_.all().size() == said_;
}

void FileReader::note(LastReading::Part::Kind kind, const StatementText& statement, std::size_t place,
                      std::size_t item) {
  if (!noted_) return;
  parts_.push_back({kind, statement.tokens.front().begin, statement.tokens.back().end,
                    static_cast<std::uint32_t>(place), static_cast<std::uint32_t>(item)});
}

// ---- mistakes

void FileReader::lose_all_of(const StatementText& statement) { lose(sources_, source_, statement.tokens, file_.lost); }

void FileReader::mistaken(const StatementText& statement, const SyntaxError& error) {
  lose_all_of(statement);
  if (!statement.faulty) report_syntax(sources_, source_, diagnostics_, parser_, statement, error);
}

}  // namespace weft::frontend
