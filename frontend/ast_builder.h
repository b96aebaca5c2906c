#pragma once

#include "base/diagnostics.h"
#include "frontend/ast.h"
#include "grammar/WeftParser.h"

// Private to this folder; shows ANTLR.
namespace weft::frontend {

/// Parse tree to plain data. Reports what the grammar lets through but no one can mean: bad escapes, a key that stands
/// alone, a clause stated twice, a name where a text belongs.
class AstBuilder {
 public:
  using Parser = grammar::WeftParser;

  AstBuilder(const Sources& sources, SourceId source, Diagnostics& diagnostics)
      : sources_(sources), source_(source), diagnostics_(diagnostics) {}

  ast::Statement statement(const Parser::OneStatementContext* context);
  ast::PolicyStatement policy_header(const Parser::OnePolicyHeaderContext* context);
  ast::PolicyItem policy_item(const Parser::OnePolicyItemContext* context);
  ast::TestStatement test_header(const Parser::OneTestHeaderContext* context);
  ast::Expectation expectation(const Parser::OneExpectationContext* context);
  ast::TemplateStatement template_header(const Parser::OneTemplateHeaderContext* context);

  /// In a template a name may stand where a text belongs.
  void in_template(bool yes) { in_template_ = yes; }

 private:
  Span span(const antlr4::Token* token) const;
  Span span(const antlr4::ParserRuleContext* context) const;
  std::string_view text(const antlr4::Token* token) const;

  ast::Name name(const antlr4::Token* token) const;
  ast::Name name(const antlr4::ParserRuleContext* context) const { return name(context->start); }
  ast::Text text_literal(const antlr4::Token* token);
  ast::Text text_value(const Parser::TextValueContext* context, std::string_view what = "texts");
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
  ast::Services services(const std::vector<Parser::ServiceDifferenceContext*>& items, Span whole) const;
  ast::ServiceItem service_item(const Parser::ServiceItemContext* context) const;

  std::vector<ast::Annotation> annotations(const std::vector<Parser::AnnotationContext*>& notes);
  ast::Statement declaration(const Parser::DeclarationContext* context);
  ast::LabelStatement label(const Parser::LabelContext* context);
  ast::AssertionStatement assertion(const Parser::AssertionContext* context);
  ast::Edge edge(const Parser::EdgeContext* context);
  ast::Relation relation(const Parser::RelationContext* context) const;
  ast::Relation::End relation_end(const Parser::RelationEndContext* context) const;
  ast::IsolateStatement isolation(const Parser::IsolationContext* context);
  ast::RuleStatement rule(const Parser::Rule_Context* context);
  ast::Obligation obligation(const Parser::ObligationContext* context);
  ast::GuardStatement guard(const Parser::GuardContext* context);
  ast::TestEnd test_end(const Parser::TestEndContext* context);
  ast::Expectation::By decider(const Parser::DeciderContext* context);
  ast::Argument argument(const Parser::ArgumentValueContext* context);
  static const Parser::KeyContext* lone_key_of(const Parser::SelectorContext* context);
  ast::Parameter parameter(const Parser::ParameterContext* context);
  ast::UseStatement use(const Parser::UseTemplateContext* context);
  ast::ImportStatement import(const Parser::ImportFileContext* context);
  void repeated(Span clause, const antlr4::Token* word);

  const Sources& sources_;
  SourceId source_;
  Diagnostics& diagnostics_;
  bool in_template_ = false;
};

}  // namespace weft::frontend
