#include "frontend/substitution.h"

#include <algorithm>

#include "base/text.h"
#include "frontend/diagnostics.h"

namespace weft::frontend {

std::string_view with_article(ast::Parameter::Kind kind) {
  using Kind = ast::Parameter::Kind;
  switch (kind) {
    case Kind::Group:
      return "a group";
    case Kind::Network:
      return "a network";
    case Kind::Service:
      return "a service";
    case Kind::Tier:
      return "a tier";
    case Kind::String:
      return "a text";
    case Kind::Label:
      return "a label key";
  }
  return "";
}

Substitution::Substitution(const ast::TemplateStatement& pattern, std::string place, bool trial, Reporter& reporter)
    : place_(std::move(place)), trial_(trial), reporter_(reporter) {
  for (const ast::BodyStatement& statement : pattern.body) {
    if (const auto* it = std::get_if<ast::GroupStatement>(&statement)) selectors_.insert(it->name.text);
    if (const auto* it = std::get_if<ast::NetworkStatement>(&statement)) selectors_.insert(it->name.text);
    if (const auto* it = std::get_if<ast::ServiceStatement>(&statement)) services_.insert(it->name.text);
    if (const auto* it = std::get_if<ast::PolicyStatement>(&statement)) policies_.insert(it->name.text);
  }
}

// A line end stands in no name that people can write, not even in backticks.
std::string Substitution::local(const std::string& name) const { return name + (trial_ ? "\n\n" : "\n") + place_; }

const Binding* Substitution::find(const ast::Name& name) const {
  const auto found = bindings_.find(name.text);
  return found == bindings_.end() ? nullptr : &found->second;
}

// ---- names

void Substitution::reference(ast::Name& name, std::initializer_list<Kind> kinds,
                             const std::set<std::string>& declared) {
  if (!name.local.empty()) return;
  const Binding* binding = find(name);
  if (binding && binding->kind && std::ranges::find(kinds, *binding->kind) != kinds.end()) {
    name.local = local(name.text);
  } else if (binding && binding->kind) {
    if (quiet_) return;  // the reading that is wanted may be another
    report_misuse(name, *binding->kind, *kinds.begin());
    name.local = "\n";  // nothing is declared by that, and nobody misses it
  } else if (declared.contains(name.text)) {
    name.local = local(name.text);
  }
}

void Substitution::report_misuse(const ast::Name& name, Kind is, Kind wanted) {
  if (!trial_) return;
  reporter_.report(misused_parameter, name.span, printable(name.text), with_article(is), with_article(wanted));
}

void Substitution::apply_tier(ast::Name& name) const {
  const Binding* binding = find(name);
  if (binding && binding->tier) name = *binding->tier;
}

void Substitution::apply(ast::Key& key) const {
  if (key.scope || key.extra) return;
  const Binding* binding = find(key.name);
  if (binding && binding->key) key = *binding->key;
}

void Substitution::apply(ast::Text& text) {
  if (!text.parameter) return;
  const ast::Name name{text.text, text.span};
  const Binding* binding = find(name);
  if (binding && binding->text) {
    text = *binding->text;
  } else if (binding && binding->kind) {
    report_misuse(name, *binding->kind, Kind::String);
  } else if (trial_ && !binding) {
    std::vector<std::string> known;
    for (const auto& [each, bound] : bindings_) {
      if (bound.kind == Kind::String) known.push_back(each);
    }
    Diagnostic& diagnostic = reporter_.report(no_such_parameter, name.span, printable(name.text));
    if (const std::string near = nearest(name.text, known); !near.empty()) did_you_mean(diagnostic, name.span, near);
    diagnostic.fix(fmt::format("texts stand in double quotes: \"{}\"", printable(name.text)), name.span,
                   fmt::format("\"{}\"", name.text), Applicability::MaybeIncorrect);
  }
}

// ---- expressions

void Substitution::apply(ast::Selector& selector) {
  struct Visitor {
    Substitution& self;
    void operator()(ast::Unreadable&) const {}
    void operator()(ast::Entity&) const {}
    void operator()(ast::Comparison& it) const {
      self.apply(it.key);
      for (ast::Text& value : it.values) self.apply(value);
    }
    void operator()(ast::Has& it) const { self.apply(it.key); }
    void operator()(ast::Reference& it) const {
      self.reference(it.name, {Kind::Group, Kind::Network}, self.selectors_);
    }
    void operator()(ast::AddressTest& it) const { self.apply(it.networks); }
    void operator()(ast::Not& it) const { all(it.operand); }
    void operator()(ast::All& it) const { all(it.operands); }
    void operator()(ast::AnyOf& it) const { all(it.operands); }
    void all(std::vector<ast::Selector>& operands) const {
      for (ast::Selector& operand : operands) self.apply(operand);
    }
  };
  std::visit(Visitor{*this}, selector.node);
}

void Substitution::apply(ast::NetworkItem& item) {
  if (auto* name = std::get_if<ast::Name>(&item.what)) reference(*name, {Kind::Network}, selectors_);
}

void Substitution::apply(ast::Networks& networks) {
  for (ast::NetworkDifference& each : networks.items) {
    apply(each.base);
    for (ast::NetworkItem& cut : each.cuts) apply(cut);
  }
}

void Substitution::apply(ast::ServiceItem& item) {
  const bool name_alone = item.protocols.size() == 1 && !item.first && !item.port_name;
  if (name_alone) reference(item.protocols.front(), {Kind::Service}, services_);
}

void Substitution::apply(ast::Services& services) {
  for (ast::ServiceDifference& each : services.items) {
    apply(each.base);
    for (ast::ServiceItem& cut : each.cuts) apply(cut);
  }
}

// ---- statements

void Substitution::apply(ast::Edge& edge) {
  apply(edge.source);
  apply(edge.destination);
  apply(edge.services);
  for (ast::Relation& each : edge.relations) {
    apply(each.left.key);
    apply(each.right.key);
  }
  if (edge.because) apply(*edge.because);
}

void Substitution::apply(ast::GroupStatement& statement) {
  statement.name.local = local(statement.name.text);
  apply(statement.selector);
}

void Substitution::apply(ast::NetworkStatement& statement) {
  statement.name.local = local(statement.name.text);
  apply(statement.networks);
}

void Substitution::apply(ast::ServiceStatement& statement) {
  statement.name.local = local(statement.name.text);
  apply(statement.services);
}

void Substitution::apply(ast::GuardStatement& statement) { apply(statement.nodes); }

void Substitution::apply(ast::AssertionStatement& statement) {
  apply(statement.edge);
  if (statement.avoiding) apply(*statement.avoiding);
}

void Substitution::apply(ast::RuleStatement& rule) {
  if (rule.pass_to) apply_tier(*rule.pass_to);
  apply(rule.edge);
  for (ast::Obligation& each : rule.obligations) {
    for (ast::Obligation::Detail& detail : each.details) apply(detail.value);
  }
  if (rule.log && rule.log->text) apply(*rule.log->text);
}

void Substitution::apply(ast::PolicyStatement& statement) {
  if (!trial_) statement.name.text = fmt::format("{}/{}", place_, statement.name.text);
  if (statement.tier) apply_tier(*statement.tier);
  if (statement.owner) apply(*statement.owner);
  if (statement.scope) apply(*statement.scope);
  for (ast::PolicyItem& item : statement.items) {
    if (auto* it = std::get_if<ast::RuleStatement>(&item)) apply(*it);
    if (auto* it = std::get_if<ast::IsolateStatement>(&item)) apply(it->subject);
    if (auto* it = std::get_if<ast::GuardStatement>(&item)) apply(it->nodes);
  }
}

void Substitution::apply(ast::TestEnd& end) {
  if (auto* selector = std::get_if<ast::Selector>(&end.who)) apply(*selector);
  if (auto* imagined = std::get_if<ast::TestEnd::Imagined>(&end.who)) {
    for (ast::TestEnd::Imagined::Entry& entry : imagined->labels) {
      apply(entry.key);
      apply(entry.value);
    }
  }
}

void Substitution::apply(ast::TestStatement& statement) {
  if (!trial_) statement.name.text = fmt::format("{}/{}", place_, statement.name.text);
  for (ast::Expectation& each : statement.expectations) {
    apply(each.source);
    apply(each.destination);
    apply(each.services);
    const bool own = each.by && policies_.contains(each.by->name.text);
    if (trial_ && !own) each.by.reset();  // a trial has no policy but those of the template
    if (trial_ || !own) continue;
    each.by->name.text = fmt::format("{}/{}", place_, each.by->name.text);
    each.by->name_is_text = true;  // no word with a meaning of its own
  }
}

void Substitution::apply(ast::Argument& argument) {
  const Binding* binding = argument.name ? find(*argument.name) : nullptr;
  if (binding && binding->kind) {
    const Kind kind = *binding->kind;
    // The parameter is handed on: what it is decides, and no other reading is left.
    if (kind != Kind::Group && kind != Kind::Network) argument.selector.reset();
    if (kind != Kind::Network) argument.networks.reset();
    if (kind != Kind::Service) argument.services.reset();
    argument.name = kind == Kind::Tier ? binding->tier : std::nullopt;
    argument.text = kind == Kind::String ? binding->text : std::nullopt;
    argument.key = kind == Kind::Label ? binding->key : std::nullopt;
  } else if (argument.key) {
    apply(*argument.key);
  }
  quiet_ = argument.services.has_value();  // names, which may be those of networks and groups as well
  if (argument.selector) apply(*argument.selector);
  if (argument.networks) apply(*argument.networks);
  if (argument.services) apply(*argument.services);
  quiet_ = false;
}

}  // namespace weft::frontend
