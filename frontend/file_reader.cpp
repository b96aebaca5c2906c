#include "frontend/file_reader.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "frontend/diagnostics.h"
#include "frontend/frontend.h"
#include "frontend/lost.h"
#include "frontend/syntax_message.h"
#include "grammar/WeftParser.h"

namespace weft::frontend {

using grammar::WeftParser;

FileReader::FileReader(const Sources& sources, SourceId source, Diagnostics& diagnostics)
    : sources_(sources),
      source_(source),
      diagnostics_(diagnostics),
      parser_(sources, source, diagnostics),
      reader_(sources, source, diagnostics, file_.comments) {
  file_.source = source;
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
  const std::uint16_t word = statement.word();
  last_end_ = statement.tokens.back().end;
  const std::size_t errors = diagnostics_.errors();
  // What goes on in the line of a mistake is cut off from it: it has no chance to make sense.
  if (excused_ && !statement.tokens.front().starts_line) statement.faulty = true;
  const bool in_test = inner() && inner()->kind == Kind::Test;
  const bool in_policy = inner() && (inner()->kind == Kind::Policy || inner()->kind == Kind::Unknown);
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

bool FileReader::same_line(Span one, Span other) const {
  const Source& source = sources_[source_];
  return source.position(one.begin).line == source.position(other.begin).line;
}

// ---- blocks

namespace {

std::string name_of(const ast::PolicyStatement& header) { return header.name.text; }
std::string name_of(const ast::TestStatement& header) { return header.name.text; }
std::string name_of(const ast::TemplateStatement& header) { return header.name.text; }

}  // namespace

std::string_view FileReader::word_for(Kind kind) {
  return kind == Kind::Test ? "test" : kind == Kind::Template ? "template" : "policy";
}

void FileReader::open(StatementText& statement, Kind kind) {
  orphans_ = false;
  const std::size_t errors = diagnostics_.errors();
  std::optional<ast::PolicyStatement> policy;
  std::optional<ast::TestStatement> test;
  std::optional<ast::TemplateStatement> pattern;
  using Tokens = std::span<const Token>;
  if (kind == Kind::Policy) {
    policy = parse_edited<ast::PolicyStatement>(statement, [&](Tokens it) { return parser_.policy_header(it); });
  } else if (kind == Kind::Test) {
    test = parse_edited<ast::TestStatement>(statement, [&](Tokens it) { return parser_.test_header(it); });
  } else {
    pattern = parse_edited<ast::TemplateStatement>(statement, [&](Tokens it) { return parser_.template_header(it); });
  }
  const bool readable = policy || test || pattern;
  const bool nested = inner() && !(inner()->kind == Kind::Template && kind == Kind::Test);
  // From here on names of parameters may stand where texts belong.
  if (kind == Kind::Template && !statement.opens_block) template_lost_ = true;
  if (!readable && !statement.opens_block && (nested || kind == Kind::Template)) {
    doubt();  // a stray word inside, most likely
    parser_.in_template(open_template() || template_lost_);
    return;
  }
  // Blocks stand in templates only, and templates in none.
  const bool misfit = inner() && (inner()->kind != Kind::Template || kind == Kind::Template);
  // The rest of the text is asked only where that leads to a report, so a bounded number of times.
  const bool clean = misfit && !inner()->doubtful && !excused_ && diagnostics_.errors() == errors;
  if (misfit && (inner()->closed || (clean && closed_later(statement)))) {
    if (clean) misplaced(statement);
    suspend(kind);
  }
  while (inner() && (inner()->kind != Kind::Template || kind == Kind::Template)) {
    if (!inner()->doubtful && !excused_ && diagnostics_.errors() == errors) {
      report_unclosed(*inner(), span(statement.leading()));
      owed_ += blocks_.size();
      doubt();
    }
    blocks_.pop_back();
  }
  if (kind == Kind::Policy) push(statement, std::move(policy), kind);
  if (kind == Kind::Test) push(statement, std::move(test), kind);
  if (kind == Kind::Template) push(statement, std::move(pattern), kind);
  parser_.in_template(open_template() || template_lost_);
}

template <typename Header>
void FileReader::push(StatementText& statement, std::optional<Header> header, Kind kind) {
  const bool guessed = !header && !statement.opens_block && kind == Kind::Test;
  if (!header) {
    header.emplace();
    header->span = Span{source_, statement.leading().begin, statement.tokens.back().end};
    header->name.span = header->span;
    header->unreadable_header = true;
    if (statement.lead + 1 < statement.tokens.size()) {
      const Token& name = statement.tokens[statement.lead + 1];
      const bool in_quotes = name.type == WeftParser::STRING || name.type == WeftParser::QUOTED;
      if (in_quotes || is_name(name.type)) {
        header->name.text =
            std::string(text(name).substr(in_quotes ? 1 : 0, name.end - name.begin - (in_quotes ? 2 : 0)));
        header->name.span = span(name);
      }
    }
  }
  header->unreadable_header = header->unreadable_header || statement.faulty;
  Block block{kind, {}, name_of(*header), header->name.span, guessed};
  if (auto* around = open_template()) {
    if constexpr (!std::is_same_v<Header, ast::TemplateStatement>) {
      block.statement = around->body.size();
      around->body.emplace_back(std::move(*header));
    }
  } else {
    block.statement = file_.statements.size();
    file_.statements.emplace_back(std::move(*header));
  }
  blocks_.push_back(std::move(block));
}

// The template whose block is open, whatever else is open in it.
ast::TemplateStatement* FileReader::open_template() {
  if (blocks_.empty() || blocks_.front().kind != Kind::Template) return nullptr;
  return &std::get<ast::TemplateStatement>(file_.statements[*blocks_.front().statement]);
}

// The statement of the innermost block, if it is such a one.
template <typename Statement>
Statement* FileReader::open_statement() {
  if (!inner() || !inner()->statement) return nullptr;
  if constexpr (!std::is_same_v<Statement, ast::TemplateStatement>) {
    if (blocks_.size() > 1) return std::get_if<Statement>(&open_template()->body[*inner()->statement]);
  }
  return blocks_.size() > 1 ? nullptr : std::get_if<Statement>(&file_.statements[*inner()->statement]);
}

void FileReader::close(const StatementText& statement) {
  const Token& brace = statement.tokens.front();
  if (inner() && !brace.starts_line) {
    // In the middle of a line it may be a slip; the block's own `}` will come, or be missed by nobody.
    const bool slip = statement.line_goes_on || (excused_ && !same_line(inner()->span, span(brace)));
    if (slip) {
      if (!excused_) report_stray(brace);
      inner()->doubtful = true;
      return;
    }
  }
  if (inner()) {
    if (auto* it = open_statement<ast::PolicyStatement>()) it->close = span(brace);
    if (auto* it = open_statement<ast::TestStatement>()) it->close = span(brace);
    if (auto* it = open_statement<ast::TemplateStatement>()) it->close = span(brace);
    blocks_.pop_back();
    resume();
    parser_.in_template(open_template() || template_lost_);
  } else if (owed_ > 0) {
    --owed_;
  } else if (!orphans_ && !excused_) {
    report_stray(brace);
  }
  orphans_ = false;
}

// A block stands in others where none may: these go on behind it.
void FileReader::suspend(Kind kind) {
  const bool in_template = kind != Kind::Template && open_template();
  const auto first = blocks_.begin() + (in_template ? 1 : 0);
  suspended_.push_back({in_template ? std::size_t{1} : std::size_t{0}, {}});
  std::ranges::move(first, blocks_.end(), std::back_inserter(suspended_.back().blocks));
  blocks_.erase(first, blocks_.end());
}

void FileReader::resume() {
  if (suspended_.empty() || suspended_.back().depth != blocks_.size()) return;
  std::ranges::move(suspended_.back().blocks, std::back_inserter(blocks_));
  suspended_.pop_back();
}

// Whether the blocks that are open at the statement have their `}` behind it.
bool FileReader::closed_later(const StatementText& statement) {
  if (!outline_) outline_.emplace(sources_, source_);
  return outline_->closes(statement.tokens.front().begin, blocks_.size());
}

// A mistake around the end of the blocks that are open is reported: no more of them.
void FileReader::doubt() {
  for (Block& block : blocks_) block.doubtful = true;
}

void FileReader::report_stray(const Token& brace) {
  diagnostics_.report(stray_brace, span(brace)).fix("leave it out", span(brace), "", Applicability::MaybeIncorrect);
}

void FileReader::report_unclosed(const Block& block, Span place) {
  diagnostics_.report(unclosed_block, place, word_for(block.kind), printable(block.name))
      .at("expected `}` before this")
      .label(block.span, "it begins here")
      .fix("close it", {source_, place.begin, place.begin}, place.begin == last_end_ ? "\n}" : "}\n",
           Applicability::MaybeIncorrect);
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
  auto item = parse_edited<ast::PolicyItem>(statement,
                                            [&](std::span<const Token> tokens) { return parser_.policy_item(tokens); });
  if (!item) file_.lost.rule = true;
  if (!item) return;
  if (auto* policy = open_statement<ast::PolicyStatement>()) policy->items.push_back(std::move(*item));
}

void FileReader::expectation(StatementText& statement) {
  auto parsed = parse_edited<ast::Expectation>(
      statement, [&](std::span<const Token> tokens) { return parser_.expectation(tokens); });
  if (!parsed) return;
  if (auto* test = open_statement<ast::TestStatement>()) test->expectations.push_back(std::move(*parsed));
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
      parse_edited<ast::Statement>(statement, [&](std::span<const Token> tokens) { return parser_.statement(tokens); });
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
  if (statement.opens_block) blocks_.push_back(Block{Kind::Unknown, {}, {}, span(statement.leading()), true});
}

// ---- what a later version will have

template <typename Result, typename Parse>
std::optional<Result> FileReader::parse_edited(StatementText& statement, Parse parse) {
  if (statement.skipped) {
    lose(sources_, source_, statement.tokens, file_.lost);
    return {};
  }
  while (true) {
    auto parsed = parse(std::span<const Token>(statement.tokens));
    if (parsed) return std::move(*parsed);
    const SyntaxError& error = parsed.error();
    if (take_out_clause(statement, error)) continue;
    if (reports_reachability(statement, error)) return {};
    lose(sources_, source_, statement.tokens, file_.lost);
    if (!statement.faulty) report_syntax(sources_, source_, diagnostics_, parser_, statement, error);
    return {};
  }
}

bool FileReader::reports_reachability(const StatementText& statement, const SyntaxError& error) {
  if (error.at >= statement.tokens.size() || statement.tokens[error.at].type != WeftParser::REACHES) return false;
  diagnostics_.report(not_in_this_version, span(statement.tokens[error.at]), "~>");
  return true;
}

// `avoiding SELECTOR` and `in inventory`: one error each, and the claim goes on without.
bool FileReader::take_out_clause(StatementText& statement, const SyntaxError& error) {
  std::vector<Token>& tokens = statement.tokens;
  if (error.at == 0 || error.at >= tokens.size()) return false;
  if (statement.word() != WeftParser::NEVER && statement.word() != WeftParser::ALWAYS) return false;
  const auto at = tokens.begin() + static_cast<std::ptrdiff_t>(error.at);
  if (at->type == WeftParser::IN && at + 1 != tokens.end() && text(*(at + 1)) == "inventory") {
    diagnostics_.report(not_in_this_version, Span{source_, at->begin, (at + 1)->end}, "in inventory");
    tokens.erase(at, at + 2);
    return true;
  }
  if (text(*at) != "avoiding") return false;
  diagnostics_.report(not_in_this_version, span(*at), text(*at));
  const auto ends_clause = [&](const Token& token) {
    return token.type == WeftParser::BECAUSE || token.type == WeftParser::WHEN;
  };
  tokens.erase(at, std::find_if(at, tokens.end(), ends_clause));
  return true;
}

}  // namespace weft::frontend
