#include <iterator>

#include "base/text.h"
#include "frontend/diagnostics.h"
#include "frontend/file_reader.h"
#include "frontend/frontend.h"
#include "grammar/WeftParser.h"

// Which blocks of a file are open, and what is wrong with their beginnings and ends.
namespace weft::frontend {

using grammar::WeftParser;

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
    policy = read_as<ast::PolicyStatement>(statement, [&](Tokens it) { return parser_.policy_header(it); });
  } else if (kind == Kind::Test) {
    test = read_as<ast::TestStatement>(statement, [&](Tokens it) { return parser_.test_header(it); });
  } else {
    pattern = read_as<ast::TemplateStatement>(statement, [&](Tokens it) { return parser_.template_header(it); });
  }
  const bool readable = policy || test || pattern;
  const bool nested = inner() && !(inner()->kind == Kind::Template && kind == Kind::Test);
  // From here on names of parameters may stand where texts belong.
  if (kind == Kind::Template && !statement.opens_block) template_lost_ = true;
  if (!readable && !statement.opens_block && (kind == Kind::Template || (nested && !is_own_header(statement, kind)))) {
    if (kind == Kind::Template && !inner()) ++owed_;  // what it holds is read all the same, up to its `}`
    doubt();                                          // a stray word inside, most likely
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

// In a template: a line `policy NAME …` without its `{` is the header of a policy, and no stray word.
bool FileReader::is_own_header(const StatementText& statement, Kind kind) {
  if (kind != Kind::Policy || inner()->kind != Kind::Template || !statement.leading().starts_line) return false;
  return statement.lead + 1 < statement.tokens.size() && is_name(statement.tokens[statement.lead + 1].type);
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
  block.unopened = !statement.opens_block;
  if (auto* around = open_template()) {
    if constexpr (!std::is_same_v<Header, ast::TemplateStatement>) {
      block.statement = around->body.size();
      around->body.emplace_back(std::move(*header));
    }
  } else {
    block.statement = file_.statements.size();
    if constexpr (std::is_same_v<Header, ast::PolicyStatement>) {
      note(LastReading::Part::Kind::PolicyHeader, statement, *block.statement);
    } else if constexpr (std::is_same_v<Header, ast::TestStatement>) {
      note(LastReading::Part::Kind::TestHeader, statement, *block.statement);
    }
    file_.statements.emplace_back(std::move(*header));
  }
  blocks_.push_back(std::move(block));
}

// The template whose block is open, whatever else is open in it.
ast::TemplateStatement* FileReader::open_template() {
  if (blocks_.empty() || blocks_.front().kind != Kind::Template) return nullptr;
  return &std::get<ast::TemplateStatement>(file_.statements[*blocks_.front().statement]);
}

bool FileReader::same_line(Span one, Span other) const {
  const Source& source = sources_[source_];
  return source.position(one.begin).line == source.position(other.begin).line;
}

void FileReader::close(const StatementText& statement) {
  const Token& brace = statement.tokens.front();
  if (inner() && !brace.starts_line) {
    // In the middle of a line it may be a slip; the block's own `}` will come, or be missed by nobody. At the end of a
    // header it stands for the `{`.
    const bool same = same_line(inner()->span, span(brace));
    if (statement.line_goes_on || (excused_ && (!same || inner()->unopened))) {
      if (!excused_) report_stray(brace);
      inner()->doubtful = true;
      inner()->unopened = false;
      slipped_ = true;
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

}  // namespace weft::frontend
