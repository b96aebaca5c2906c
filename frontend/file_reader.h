#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "frontend/ast.h"
#include "frontend/outline.h"
#include "frontend/statement_parser.h"
#include "frontend/statement_reader.h"

// Private to this folder.
namespace weft::frontend {

/// Reads a file statement by statement and puts what blocks hold where it belongs. A mistake is reported once: what
/// follows from it is excused.
class FileReader {
 public:
  FileReader(const Sources& sources, SourceId source, Diagnostics& diagnostics);

  ast::File read();

 private:
  enum class Kind : std::uint8_t { Unknown, Policy, Test, Template };

  /// A block whose `}` has not come yet. Only templates hold others.
  struct Block {
    Kind kind = Kind::Unknown;
    std::optional<std::size_t> statement;  ///< where its statement is, in the file or in the template around it
    std::string name;
    Span span;
    bool doubtful = false;  ///< a mistake around its end is reported already
    bool closed = false;    ///< its `}` is known to come
    bool unopened = false;  ///< the `{` of its header is missing
  };

  /// Blocks that hold one they may not: they go on when so many are open again.
  struct Suspended {
    std::size_t depth;
    std::vector<Block> blocks;
  };

  void take(StatementText& statement);
  ast::File give_up();

  // Blocks.
  void open(StatementText& statement, Kind kind);
  template <typename Header>
  void push(StatementText& statement, std::optional<Header> header, Kind kind);
  void close(const StatementText& statement);
  bool is_own_header(const StatementText& statement, Kind kind);
  void doubt();
  void suspend(Kind kind);
  void resume();
  bool closed_later(const StatementText& statement);
  static std::string_view word_for(Kind kind);
  void report_stray(const Token& brace);
  void report_unclosed(const Block& block, Span place);
  Block* inner() { return blocks_.empty() ? nullptr : &blocks_.back(); }
  ast::TemplateStatement* open_template();
  /// The statement of the innermost block, if it is such a one.
  template <typename Statement>
  Statement* open_statement();

  // What stands in them, or outside.
  void item(StatementText& statement);
  void expectation(StatementText& statement);
  void declaration(StatementText& statement);
  void no_statement(const StatementText& statement);
  void misplaced(StatementText& statement);
  void misplaced(StatementText& statement, std::string_view block, std::string_view remedy);
  void add(ast::Statement statement);

  /// Parses, and on the way reports and takes out clauses that a later version will have.
  template <typename Result, typename Parse>
  std::optional<Result> parse_edited(StatementText& statement, Parse parse);
  /// Nobody knows what the statement declares, and nobody is told that its names are not declared.
  void lose_all_of(const StatementText& statement);
  void mistaken(const StatementText& statement, const SyntaxError& error);

  Span span(const Token& token) const { return {source_, token.begin, token.end}; }
  std::string_view text(const Token& token) const { return sources_.text(span(token)); }
  bool same_line(Span one, Span other) const;

  const Sources& sources_;
  SourceId source_;
  Diagnostics& diagnostics_;
  ast::File file_;
  StatementParser parser_;
  StatementReader reader_;
  std::vector<Block> blocks_;
  std::vector<Suspended> suspended_;
  std::optional<Outline> outline_;  ///< made where a mistake asks for it
  std::size_t owed_ = 0;        ///< blocks reported as not closed: their `}` may still come, and is no second mistake
  bool template_lost_ = false;  ///< the header of a template could not be read as one
  bool orphans_ = false;        ///< rules outside a policy are reported already
  bool excused_ = false;        ///< the statement before was faulty: what follows may be its fault
  bool slipped_ = false;        ///< a `}` in the middle of a statement was read just before
  std::uint32_t last_end_ = 0;
};

template <typename Result, typename Parse>
std::optional<Result> FileReader::parse_edited(StatementText& statement, Parse parse) {
  if (statement.skipped) {
    lose_all_of(statement);
    return {};
  }
  auto parsed = parse(std::span<const Token>(statement.tokens));
  if (parsed) return std::move(*parsed);
  mistaken(statement, parsed.error());
  return {};
}

template <typename Statement>
Statement* FileReader::open_statement() {
  if (!inner() || !inner()->statement) return nullptr;
  if constexpr (!std::is_same_v<Statement, ast::TemplateStatement>) {
    if (blocks_.size() > 1) return std::get_if<Statement>(&open_template()->body[*inner()->statement]);
  }
  return blocks_.size() > 1 ? nullptr : std::get_if<Statement>(&file_.statements[*inner()->statement]);
}

}  // namespace weft::frontend
