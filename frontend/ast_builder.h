#pragma once

#include "base/diagnostics.h"
#include "frontend/ast.h"
#include "grammar/WeftParser.h"

// Private to this folder; shows ANTLR.
namespace weft::frontend {

/// Parse tree to plain data. Reports what the grammar lets through but no one can mean: bad escapes, a key that stands
/// alone, a clause stated twice.
class AstBuilder {
 public:
  using Parser = grammar::WeftParser;

  AstBuilder(const Sources& sources, SourceId source, Diagnostics& diagnostics)
      : sources_(sources), source_(source), diagnostics_(diagnostics) {}

  ast::Statement statement(const Parser::OneStatementContext* context);
  ast::PolicyStatement policy_header(const Parser::OnePolicyHeaderContext* context);
  ast::PolicyItem policy_item(const Parser::OnePolicyItemContext* context);

 private:
  Span span(const antlr4::Token* token) const;
  Span span(const antlr4::ParserRuleContext* context) const;
  std::string_view text(const antlr4::Token* token) const;

  ast::Name name(const antlr4::Token* token) const;
  ast::Name name(const antlr4::ParserRuleContext* context) const { return name(context->start); }
  ast::Text text_literal(const antlr4::Token* token);
  ast::Literal literal(const antlr4::Token* token) const;
  ast::Key key(const Parser::KeyContext* context) const;

  ast::Selector selector(const Parser::SelectorContext* context);
  ast::Selector conjunction(const Parser::ConjunctionContext* context);
  ast::Selector unary(const Parser::UnaryContext* context);
  ast::Selector primary(const Parser::PrimaryContext* context);
  ast::Selector lone_key(const Parser::PrimaryContext* context);
  ast::Comparison comparison(const Parser::PrimaryContext* context);

  ast::Networks networks(const std::vector<Parser::NetworkDifferenceContext*>& items, Span whole) const;
  ast::NetworkItem network_item(const Parser::NetworkItemContext* context) const;
  ast::Services services(const Parser::ServicesContext* context) const;
  ast::ServiceItem service_item(const Parser::ServiceItemContext* context) const;

  ast::LabelStatement label(const Parser::LabelContext* context);
  ast::Edge edge(const Parser::EdgeContext* context);
  ast::IsolateStatement isolation(const Parser::IsolationContext* context);
  ast::RuleStatement rule(const Parser::Rule_Context* context);
  ast::GuardStatement guard(const Parser::GuardContext* context);

  const Sources& sources_;
  SourceId source_;
  Diagnostics& diagnostics_;
};

}  // namespace weft::frontend
