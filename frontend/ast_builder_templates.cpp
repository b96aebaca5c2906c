#include <array>
#include <utility>

#include "base/text.h"
#include "frontend/ast_builder.h"
#include "frontend/diagnostics.h"
#include "frontend/frontend.h"

namespace weft::frontend {
namespace {

using Kind = ast::Parameter::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 6> kinds{{{"group", Kind::Group},
                                                                  {"network", Kind::Network},
                                                                  {"service", Kind::Service},
                                                                  {"tier", Kind::Tier},
                                                                  {"string", Kind::String},
                                                                  {"label", Kind::Label}}};

// A list of names reads as services; the same names may be those of networks.
std::optional<ast::NetworkItem> as_network(const ast::ServiceItem& item) {
  if (item.any || item.protocols.size() != 1 || item.port_name || item.first) return {};
  return ast::NetworkItem{item.protocols.front(), item.span};
}

std::optional<ast::Networks> as_networks(const ast::Services& services) {
  ast::Networks out;
  out.span = services.span;
  for (const ast::ServiceDifference& each : services.items) {
    const auto base = as_network(each.base);
    if (!base) return {};
    ast::NetworkDifference difference{*base, {}, each.span};
    for (const ast::ServiceItem& cut : each.cuts) {
      const auto item = as_network(cut);
      if (!item) return {};
      difference.cuts.push_back(*item);
    }
    out.items.push_back(std::move(difference));
  }
  return out;
}

}  // namespace

ast::TemplateStatement AstBuilder::template_header(const Parser::OneTemplateHeaderContext* context) {
  const auto* header = context->header;
  ast::TemplateStatement out;
  out.annotations = annotations(context->notes);
  out.name = name(header->called);
  for (const auto* each : header->parameters) out.parameters.push_back(parameter(each));
  out.span = span(header);
  return out;
}

ast::Parameter AstBuilder::parameter(const Parser::ParameterContext* context) {
  ast::Parameter out;
  out.name = name(context->called);
  out.span = span(context);
  const std::string_view word = text(context->kind->start);
  for (const auto& [spelling, kind] : kinds) {
    if (word == spelling) out.kind = kind;
  }
  if (!out.kind) {
    std::vector<std::string> known;
    for (const auto& [spelling, kind] : kinds) known.emplace_back(spelling);
    const std::string near = nearest(word, known);
    Diagnostic& diagnostic = diagnostics_.report(unknown_parameter_kind, span(context->kind), printable(word));
    if (near.empty()) {
      diagnostic.suggest(fmt::format("the types are {}", fmt::join(known, ", ")));
    } else {
      diagnostic.fix(fmt::format("did you mean `{}`?", near), span(context->kind), near, Applicability::MaybeIncorrect);
    }
  }
  if (context->initial) out.initial = argument(context->initial);
  return out;
}

ast::Argument AstBuilder::argument(const Parser::ArgumentValueContext* context) {
  ast::Argument out;
  out.span = span(context);
  if (context->literal) {
    out.text = text_literal(context->literal);
  } else if (context->asNetworks) {
    out.networks = networks(context->asNetworks->items, out.span);
  } else if (context->asServices) {
    out.services = services(context->asServices->items, out.span);
    out.networks = as_networks(*out.services);
    const bool alone = out.services->items.size() == 1 && out.services->items.front().cuts.empty();
    const ast::ServiceItem& item = out.services->items.front().base;
    if (alone && item.any) out.selector = ast::Selector{ast::Entity::Any, out.span};
    if (alone && as_network(item)) {
      out.name = item.protocols.front();
      out.key = ast::Key{{}, *out.name, false, std::string(sources_.text(out.span)), out.span};
      out.selector = ast::Selector{ast::Reference{*out.name}, out.span};
    }
  } else if (const auto* subject = lone_key_of(context->asSelector)) {
    out.key = key(subject);
  } else {
    out.selector = selector(context->asSelector);
  }
  return out;
}

// `ns.team` by itself is the value of a label parameter.
const AstBuilder::Parser::KeyContext* AstBuilder::lone_key_of(const Parser::SelectorContext* context) {
  if (context->operands.size() != 1 || context->operands.front()->operands.size() != 1) return nullptr;
  const auto* plain = context->operands.front()->operands.front()->plain;
  if (!plain || !plain->subject || plain->test || plain->subject->more.empty()) return nullptr;
  return plain->subject;
}

ast::UseStatement AstBuilder::use(const Parser::UseTemplateContext* context) {
  ast::UseStatement out;
  out.name = name(context->called);
  for (const auto* each : context->arguments) {
    out.values.push_back({name(each->called), argument(each->value), span(each)});
  }
  if (context->alias) out.alias = name(context->alias);
  out.span = span(context);
  return out;
}

ast::ImportStatement AstBuilder::import(const Parser::ImportFileContext* context) {
  ast::ImportStatement out;
  out.span = span(context);
  if (context->path) out.path = text_literal(context->path);
  for (const auto* part : context->module) out.module.push_back(name(part));
  return out;
}

}  // namespace weft::frontend
