#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/diagnostics.h"
#include "frontend/ast.h"
#include "frontend/outline.h"
#include "frontend/reread.h"
#include "frontend/statement_parser.h"
#include "frontend/statement_reader.h"
#include "frontend/unedited.h"

// Private to this folder.
namespace weft::frontend {

/// Reads a file statement by statement and puts what blocks hold where it belongs. A mistake is reported once: what
/// follows from it is excused.
class FileReader {
 public:
  /// Takes from `last`, if there is one, what it can: that must outlive it.
  FileReader(const Sources& sources, SourceId source, Diagnostics& diagnostics, LastReading* last = nullptr);

  ast::File read();
  /// What of the file hangs on nothing but its own text.
  std::vector<LastReading::Part> parts() && { return std::move(parts_); }

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

  /// Has the statement from the last reading, or parses it.
  template <typename Result, typename Parse>
  std::optional<Result> read_as(StatementText& statement, Parse parse);
  /// True while all that is known of the statement comes from its own text.
  bool plain(const StatementText& statement);
  /// What was read just now has its place in the file.
  void note(LastReading::Part::Kind kind, const StatementText& statement, std::size_t place, std::size_t item = 0);
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
  std::optional<Unedited> unedited_;
  std::vector<LastReading::Part> parts_;
  std::size_t said_ = 0;  ///< findings before the statement that is read
  bool noted_ = false;    ///< what was read last is to be noted
};

template <typename Result, typename Parse>
std::optional<Result> FileReader::read_as(StatementText& statement, Parse parse) {
  noted_ = false;
  if (statement.skipped) {
    lose_all_of(statement);
    return {};
  }
  const bool plain_so_far = plain(statement);
  if constexpr (!std::is_same_v<Result, ast::TemplateStatement>) {
    if (unedited_ && plain_so_far) {
      auto known = unedited_->take<Result>(statement.tokens.front().begin, statement.tokens.back().end);
      noted_ = known.has_value();
      if (known) return known;
    }
  }
  auto parsed = parse(std::span<const Token>(statement.tokens));
  noted_ = plain_so_far && parsed && plain(statement);
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
