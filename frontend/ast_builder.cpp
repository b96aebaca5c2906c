#include "frontend/ast_builder.h"

#include <utility>

#include "base/text.h"
#include "frontend/diagnostics.h"
#include "frontend/frontend.h"

namespace weft::frontend {

Span AstBuilder::span(const antlr4::Token* token) const {
  return {source_, static_cast<std::uint32_t>(token->getStartIndex()),
          static_cast<std::uint32_t>(token->getStopIndex() + 1)};
}

Span AstBuilder::span(const antlr4::ParserRuleContext* context) const {
  return {source_, span(context->start).begin, span(context->stop).end};
}

std::string_view AstBuilder::text(const antlr4::Token* token) const { return sources_.text(span(token)); }

ast::Name AstBuilder::name(const antlr4::Token* token) const {
  std::string_view word = text(token);
  const bool quoted = word.starts_with('`');
  if (quoted) word = word.substr(1, word.size() - 2);
  return {std::string(word), span(token), quoted};
}

ast::Text AstBuilder::text_literal(const antlr4::Token* token) {
  ast::Text out{{}, span(token)};
  const std::string_view written = text(token).substr(1, text(token).size() - 2);
  out.text.reserve(written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] == '\\') {
      ++i;  // the grammar lets no text end in a lone backslash
      if (written[i] != '"' && written[i] != '\\' && diagnostics_.errors() < Limits::errors) {
        const std::uint32_t at = out.span.begin + static_cast<std::uint32_t>(i);  // of the backslash: after the quote
        diagnostics_.report(unknown_escape, Span{source_, at, at + 2}, printable(written.substr(i - 1, 2)))
            .fix(R"(only `\"` and `\\` need a backslash, and nothing else may have one)", {source_, at, at}, "\\",
                 Applicability::MaybeIncorrect);
      }
    }
    out.text += written[i];
  }
  return out;
}

ast::Text AstBuilder::text_value(const Parser::TextValueContext* context, std::string_view what) {
  if (context->literal) return text_literal(context->literal);
  const ast::Name written = name(context->parameterName);
  if (!in_template_ && diagnostics_.errors() < Limits::errors) {
    const std::string word = printable(text(context->parameterName));
    Diagnostic& diagnostic =
        diagnostics_.report(syntax, written.span, fmt::format("expected a text in double quotes, found `{}`", word));
    std::string title = fmt::format("{} stand in double quotes: \"{}\"", what, printable(written.text));
    if (written.quoted) {
      diagnostic.suggest(std::move(title));
    } else {
      diagnostic.fix(std::move(title), written.span, fmt::format("\"{}\"", written.text));
    }
  }
  return {written.text, written.span, true};
}

ast::Literal AstBuilder::literal(const antlr4::Token* token) const { return {std::string(text(token)), span(token)}; }

ast::Key AstBuilder::key(const Parser::KeyContext* context) const {
  ast::Key out;
  out.span = span(context);
  const ast::Name first = name(context->first);
  // Part by part: what stands between them, spaces or a comment, must not come into a fix.
  out.text = sources_.text(first.span);
  for (std::size_t i = 0; i < context->more.size(); ++i) {
    out.text += text(context->between[i]);
    out.text += sources_.text(span(context->more[i]));
  }
  if (context->more.empty()) {
    out.name = first;
    return out;
  }
  out.scope = first;
  out.name = name(context->more.front());
  out.extra = context->more.size() > 1 || text(context->between.front()) != ".";
  return out;
}

// ---- selectors

ast::Selector AstBuilder::selector(const Parser::SelectorContext* context) {
  if (context->operands.size() == 1) return conjunction(context->operands.front());
  ast::AnyOf any;
  for (const auto* operand : context->operands) any.operands.push_back(conjunction(operand));
  return {std::move(any), span(context)};
}

ast::Selector AstBuilder::conjunction(const Parser::ConjunctionContext* context) {
  if (context->operands.size() == 1) return unary(context->operands.front());
  ast::All all;
  for (const auto* operand : context->operands) all.operands.push_back(unary(operand));
  return {std::move(all), span(context)};
}

ast::Selector AstBuilder::unary(const Parser::UnaryContext* context) {
  if (context->plain) return primary(context->plain);
  ast::Not negation;
  negation.operand.push_back(unary(context->operand));
  return {std::move(negation), span(context)};
}

ast::Selector AstBuilder::primary(const Parser::PrimaryContext* context) {
  const Span whole = span(context);
  if (context->inner) {
    ast::Selector inner = selector(context->inner);
    inner.span = whole;
    inner.parenthesized = true;
    return inner;
  }
  if (context->present) return {ast::Has{key(context->present)}, whole};
  if (context->where) {
    return {ast::AddressTest{context->world != nullptr, networks(context->where->items, span(context->where))}, whole};
  }
  if (context->world) return {ast::Entity::World, whole};
  if (context->entity) {
    switch (context->entity->getType()) {
      case Parser::ANY:
        return {ast::Entity::Any, whole};
      case Parser::NONE:
        return {ast::Entity::None, whole};
      case Parser::WORKLOAD:
        return {ast::Entity::Workload, whole};
      default:
        return {ast::Entity::Apiserver, whole};
    }
  }
  if (context->test) return {comparison(context), whole};
  return lone_key(context);
}

// A word without a comparison is a group, a network, or `node`; a key with parts needs a comparison.
ast::Selector AstBuilder::lone_key(const Parser::PrimaryContext* context) {
  const Span whole = span(context);
  const ast::Key subject = key(context->subject);
  if (subject.scope) {
    const std::string written(sources_.text(whole));
    diagnostics_.report(key_alone, whole, printable(written))
        .fix(fmt::format("compare it: `{} == \"…\"`, or ask whether it is there: `has {}`", written, written),
             {source_, whole.begin, whole.begin}, "has ", Applicability::MaybeIncorrect);
    return {ast::Unreadable{}, whole};
  }
  if (context->subject->start->getType() == Parser::NODE) return {ast::Entity::Node, whole};
  return {ast::Reference{subject.name}, whole};
}

ast::Comparison AstBuilder::comparison(const Parser::PrimaryContext* context) {
  using Operator = ast::Comparison::Operator;
  ast::Comparison out;
  out.key = key(context->subject);
  const auto* test = context->test;
  switch (test->op->getType()) {
    case Parser::EQUALS:
      out.op = Operator::Equals;
      break;
    case Parser::DIFFERS:
      out.op = Operator::Differs;
      break;
    case Parser::LIKE:
      out.op = Operator::Like;
      break;
    default:
      out.op = test->negated ? Operator::NotIn : Operator::In;
      break;
  }
  if (test->set) {
    for (const auto* value : test->set->values) out.values.push_back(text_value(value, "values"));
    out.values_span = span(test->set);
  } else {
    out.values.push_back(text_value(test->value));
    out.values_span = span(test->value);
  }
  return out;
}

// ---- networks and services

ast::Networks AstBuilder::networks(const std::vector<Parser::NetworkDifferenceContext*>& items, Span whole) const {
  ast::Networks out;
  out.span = whole;
  for (const auto* item : items) {
    ast::NetworkDifference difference{network_item(item->base), {}, span(item)};
    for (const auto* cut : item->cuts) difference.cuts.push_back(network_item(cut));
    out.items.push_back(std::move(difference));
  }
  return out;
}

ast::NetworkItem AstBuilder::network_item(const Parser::NetworkItemContext* context) const {
  if (context->address) return {literal(context->address), span(context)};
  return {name(context->called), span(context)};
}

ast::Services AstBuilder::services(const std::vector<Parser::ServiceDifferenceContext*>& items, Span whole) const {
  ast::Services out;
  out.span = whole;
  for (const auto* item : items) {
    ast::ServiceDifference difference{service_item(item->base), {}, span(item)};
    for (const auto* cut : item->cuts) difference.cuts.push_back(service_item(cut));
    out.items.push_back(std::move(difference));
  }
  return out;
}

ast::ServiceItem AstBuilder::service_item(const Parser::ServiceItemContext* context) const {
  ast::ServiceItem out;
  out.span = span(context);
  out.any = context->all != nullptr;
  for (const auto* protocol : context->protocols) out.protocols.push_back(name(protocol));
  if (const auto* port = context->at) {
    if (port->called) out.port_name = name(port->called);
    if (port->first) out.first = literal(port->first);
    if (port->last) out.last = literal(port->last);
    if (port->code) out.code = literal(port->code);
  }
  return out;
}

}  // namespace weft::frontend
