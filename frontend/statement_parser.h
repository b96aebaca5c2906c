#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <vector>

#include "frontend/ast.h"
#include "frontend/scanner.h"

// Private to this folder.
namespace weft::frontend {

/// Where the tokens of a statement stop to make sense, in the grammar's words.
struct SyntaxError {
  std::size_t at = 0;                   ///< which token; the number of tokens where something is missing at the end
  std::vector<std::uint16_t> expected;  ///< token types that could stand there, 0 for the end; ascending
  std::vector<std::uint16_t> rules;     ///< the grammar rules around it, innermost first

  bool expects(std::uint16_t type) const;
  bool inside(std::uint16_t rule) const;
};

/// Enters the grammar for one statement after the other. Built once per file: the parser is kept.
class StatementParser {
 public:
  StatementParser(const Sources& sources, SourceId source, Diagnostics& diagnostics);
  ~StatementParser();
  StatementParser(StatementParser&&) = delete;

  /// Any statement but those that open a block.
  std::expected<ast::Statement, SyntaxError> statement(std::span<const Token> tokens);
  /// From `policy` to `{`.
  std::expected<ast::PolicyStatement, SyntaxError> policy_header(std::span<const Token> tokens);
  std::expected<ast::PolicyItem, SyntaxError> policy_item(std::span<const Token> tokens);
  /// From `test` to `{`.
  std::expected<ast::TestStatement, SyntaxError> test_header(std::span<const Token> tokens);
  std::expected<ast::Expectation, SyntaxError> expectation(std::span<const Token> tokens);
  /// From `template` to `{`.
  std::expected<ast::TemplateStatement, SyntaxError> template_header(std::span<const Token> tokens);

  /// In a template a name may stand where a text belongs.
  void in_template(bool yes);

  /// How a word or sign is written; empty for names and literals.
  std::string spelling(std::uint16_t type) const;

 private:
  struct Grammar;
  template <typename Result, typename Enter>
  std::expected<Result, SyntaxError> parse(std::span<const Token> tokens, Enter enter);

  std::unique_ptr<Grammar> grammar_;
};

}  // namespace weft::frontend
