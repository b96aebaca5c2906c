#pragma once

#include <span>
#include <string>

#include "base/diagnostics.h"
#include "frontend/statement_parser.h"
#include "frontend/statement_reader.h"

// Private to this folder.
namespace weft::frontend {

/// Where a statement stopped to make sense, and what stands around that place.
class SyntaxPlace {
 public:
  SyntaxPlace(const Sources& sources, SourceId source, const StatementParser& parser, const StatementText& statement,
              const SyntaxError& error);

  /// Which token; the number of tokens where something is missing at the end.
  std::size_t at() const { return error_.at; }
  bool at_end() const { return error_.at >= tokens_.size(); }
  std::span<const Token> tokens() const { return tokens_; }
  /// The word that says which statement it is.
  std::size_t lead() const { return lead_; }

  /// 0 past the end.
  std::uint16_t type(std::size_t index) const {
    return index < tokens_.size() ? tokens_[index].type : std::uint16_t{0};
  }
  std::uint16_t found() const { return type(error_.at); }
  std::uint16_t before() const { return error_.at == 0 ? std::uint16_t{0} : type(error_.at - 1); }
  bool expects(std::uint16_t wanted) const { return error_.expects(wanted); }
  bool inside(std::uint16_t rule) const { return error_.inside(rule); }
  const std::vector<std::uint16_t>& expected_types() const { return error_.expected; }
  std::string spelling(std::uint16_t wanted) const { return parser_.spelling(wanted); }

  SourceId source() const { return source_; }
  Span span_of(std::size_t index) const { return {source_, tokens_[index].begin, tokens_[index].end}; }
  std::string_view raw(std::size_t index) const { return sources_.text(span_of(index)); }
  /// As it is shown: printable and short. Empty past the end.
  std::string text(std::size_t index) const;
  /// What is missing at the end is missing just after the last word.
  Span span() const;

 private:
  const Sources& sources_;
  SourceId source_;
  const StatementParser& parser_;
  std::span<const Token> tokens_;
  std::size_t lead_;
  SyntaxError error_;
};

/// True of the words of the language that are no names anywhere.
bool is_reserved_word(std::uint16_t type);

}  // namespace weft::frontend
