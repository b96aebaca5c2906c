#include "frontend/symbols.h"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>

#include "base/stable_sort.h"
#include "frontend/services.h"

namespace weft::frontend {

using Kind = Symbol::Kind;

std::string key_text(const ast::Key& key) { return key.scope ? key.scope->text + "." + key.name.text : key.name.text; }

namespace {

using Templates = std::map<std::string, const ast::TemplateStatement*, std::less<>>;

/// Goes through files and notes every name.
class Collector {
 public:
  Collector(std::span<const ast::File> files, Templates& templates, std::vector<Occurrence>& out)
      : templates_(templates), out_(out) {
    for (const ast::File& file : files) {
      for (const ast::Statement& statement : file.statements) {
        if (const auto* it = std::get_if<ast::UseStatement>(&statement)) note_use({}, *it);
        if (const auto* it = std::get_if<ast::TemplateStatement>(&statement)) {
          templates_.emplace(it->name.text, it);
          for (const ast::BodyStatement& inner : it->body) {
            if (const auto* use = std::get_if<ast::UseStatement>(&inner)) note_use(it->name.text, *use);
          }
        }
        if (const auto* it = std::get_if<ast::ServiceStatement>(&statement)) services_.insert(it->name.text);
        if (const auto* it = std::get_if<ast::TiersStatement>(&statement)) {
          for (const ast::Name& name : it->names) tiers_.insert(name.text);
        }
      }
    }
    for (const ast::File& file : files) {
      for (const ast::Statement& statement : file.statements) {
        std::visit([&](const auto& it) { visit(it); }, statement);
      }
    }
  }

 private:
  // ---- where names are declared

  void add(Kind kind, std::string scope, std::string name, Span span, bool declaration = false) {
    if (span.begin == span.end) return;
    out_.push_back({{kind, std::move(scope), std::move(name)}, span, declaration});
  }
  void declare(Kind kind, const ast::Name& name) { add(kind, body_, name.text, name.span, true); }

  void visit(const ast::ProfileStatement&) {}
  void visit(const ast::LabelStatement& it) {
    for (const ast::Key& key : it.keys) add(Kind::Label, {}, key_text(key), key.span, true);
    if (!it.values || it.keys.empty()) return;
    for (const ast::Text& value : *it.values) add(Kind::Value, key_text(it.keys.front()), value.text, value.span, true);
  }
  void visit(const ast::GroupStatement& it) {
    declare(Kind::Selector, it.name);
    visit(it.selector);
  }
  void visit(const ast::NetworkStatement& it) {
    declare(Kind::Selector, it.name);
    visit(it.networks);
  }
  void visit(const ast::ServiceStatement& it) {
    declare(Kind::Service, it.name);
    visit(it.services);
  }
  void visit(const ast::TiersStatement& it) {
    for (const ast::Name& name : it.names) declare(Kind::Tier, name);
  }
  void visit(const ast::GuardStatement& it) { visit(it.nodes); }
  void visit(const ast::AssertionStatement& it) {
    visit(it.edge);
    if (it.avoiding) visit(*it.avoiding);
  }

  // ---- policies and tests

  std::string policy_scope(const std::string& policy) const { return body_.empty() ? policy : body_ + "/" + policy; }

  void visit(const ast::PolicyStatement& it) {
    add(Kind::Policy, body_, it.name.text, it.name.span, true);
    if (it.tier) reference(Kind::Tier, *it.tier);
    if (it.scope) visit(*it.scope);
    for (const ast::PolicyItem& item : it.items) {
      if (const auto* rule = std::get_if<ast::RuleStatement>(&item)) visit(*rule, it.name.text);
      if (const auto* isolation = std::get_if<ast::IsolateStatement>(&item)) visit(isolation->subject);
      if (const auto* guard = std::get_if<ast::GuardStatement>(&item)) visit(guard->nodes);
    }
  }
  void visit(const ast::RuleStatement& it, const std::string& policy) {
    for (const ast::Annotation& annotation : it.annotations) {
      if (annotation.name.text != "id" || annotation.values.size() != 1) continue;
      add(Kind::Rule, policy_scope(policy), annotation.values[0].text, annotation.values[0].span, true);
    }
    if (it.pass_to) reference(Kind::Tier, *it.pass_to);
    visit(it.edge);
    for (const ast::Obligation& obligation : it.obligations) {
      for (const ast::Obligation::Detail& detail : obligation.details) visit(detail.value);
    }
    if (it.log && it.log->text) visit(*it.log->text);
  }
  void visit(const ast::Edge& it) {
    visit(it.source);
    visit(it.destination);
    visit(it.services);
    for (const ast::Relation& relation : it.relations) {
      visit(relation.left.key);
      visit(relation.right.key);
    }
    if (it.because) visit(*it.because);
  }
  void visit(const ast::TestStatement& it) {
    add(Kind::Test, body_, it.name.text, it.name.span, true);
    for (const ast::Expectation& expectation : it.expectations) {
      for (const ast::TestEnd* end : {&expectation.source, &expectation.destination}) visit(*end);
      visit(expectation.services);
      if (expectation.by) visit(*expectation.by);
    }
  }
  void visit(const ast::TestEnd& it) {
    if (const auto* selector = std::get_if<ast::Selector>(&it.who)) visit(*selector);
    const auto* imagined = std::get_if<ast::TestEnd::Imagined>(&it.who);
    if (imagined == nullptr) return;
    for (const auto& [key, value] : imagined->labels) {
      visit(key);
      this->value(key, value);
    }
  }
  // `shop`, or of what templates made `use/use/policy`: each part is a name of its own.
  void visit(const ast::Expectation::By& by) {
    std::string scope = body_;
    std::string_view rest = by.name.text;
    const bool in_quotes = by.name_is_text || by.name.quoted;
    Span span = by.name.span;
    if (in_quotes && span.end - span.begin == rest.size() + 2) {
      ++span.begin;
      --span.end;
    }
    if (rest.find('/') != std::string_view::npos && span.end - span.begin == rest.size()) {
      std::string pattern = scope;
      for (std::size_t slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
        const auto use = uses_.find({pattern, std::string(rest.substr(0, slash))});
        if (use == uses_.end()) break;  // a policy with a stroke in its name
        const Span part{span.source, span.begin, span.begin + static_cast<std::uint32_t>(slash)};
        if (use->second->alias) {
          add(Kind::Use, pattern, use->second->alias->text, part);
        } else {
          add(Kind::Template, {}, use->second->name.text, part);
        }
        pattern = use->second->name.text;
        rest.remove_prefix(slash + 1);
        span.begin += static_cast<std::uint32_t>(slash) + 1;
      }
      scope = pattern;
    } else {
      span = by.name.span;
    }
    const std::string name(rest);
    add(Kind::Policy, scope, name, span);
    if (by.rule) add(Kind::Rule, scope.empty() ? name : scope + "/" + name, by.rule->text, by.rule->span);
  }
  // By the template around it and the name by which what it makes is called.
  void note_use(const std::string& around, const ast::UseStatement& use) {
    uses_.emplace(std::pair(around, use.alias ? use.alias->text : use.name.text), &use);
  }

  // ---- templates and other files

  void visit(const ast::TemplateStatement& it) {
    add(Kind::Template, {}, it.name.text, it.name.span, true);
    const std::string outer = std::exchange(body_, it.name.text);
    for (const ast::Parameter& parameter : it.parameters) parameters_.insert(parameter.name.text);
    for (const ast::BodyStatement& statement : it.body) {
      if (const auto* group = std::get_if<ast::GroupStatement>(&statement)) own_.insert(group->name.text);
      if (const auto* network = std::get_if<ast::NetworkStatement>(&statement)) own_.insert(network->name.text);
      if (const auto* service = std::get_if<ast::ServiceStatement>(&statement)) own_.insert(service->name.text);
    }
    for (const ast::Parameter& parameter : it.parameters) {
      declare(Kind::Parameter, parameter.name);
      if (parameter.initial) argument(*parameter.initial, parameter.kind);
    }
    for (const ast::BodyStatement& statement : it.body) {
      std::visit([&](const auto& each) { visit(each); }, statement);
    }
    parameters_.clear();
    own_.clear();
    body_ = outer;
  }
  void visit(const ast::UseStatement& it) {
    add(Kind::Template, {}, it.name.text, it.name.span);
    const auto found = templates_.find(it.name.text);
    for (const ast::UseStatement::Value& value : it.values) {
      add(Kind::Parameter, it.name.text, value.parameter.text, value.parameter.span);
      std::optional<ast::Parameter::Kind> kind;
      if (found != templates_.end()) {
        for (const ast::Parameter& parameter : found->second->parameters) {
          if (parameter.name.text == value.parameter.text) kind = parameter.kind;
        }
      }
      argument(value.argument, kind);
    }
    if (it.alias) declare(Kind::Use, *it.alias);
  }
  void visit(const ast::ImportStatement&) {}

  // The parameter decides how a value is meant; where nobody knows it, what is declared does.
  void argument(const ast::Argument& it, std::optional<ast::Parameter::Kind> kind) {
    using Of = ast::Parameter::Kind;
    if (!kind && it.name) {
      if (services_.contains(it.name->text))
        kind = Of::Service;
      else if (tiers_.contains(it.name->text))
        kind = Of::Tier;
    }
    switch (kind.value_or(Of::Group)) {
      case Of::Group:
        if (it.selector) visit(*it.selector);
        break;
      case Of::Network:
        if (it.networks) visit(*it.networks);
        break;
      case Of::Service:
        if (it.services) visit(*it.services);
        break;
      case Of::Tier:
        if (it.name) reference(Kind::Tier, *it.name);
        break;
      case Of::Label:
        if (it.key) visit(*it.key);
        break;
      case Of::String:
        if (it.text) visit(*it.text);
        break;
    }
  }

  // ---- where names are used

  void reference(Kind kind, const ast::Name& name) {
    if (parameters_.contains(name.text)) {
      add(Kind::Parameter, body_, name.text, name.span);
    } else {
      add(kind, own_.contains(name.text) ? body_ : std::string(), name.text, name.span);
    }
  }
  void visit(const ast::Text& it) {
    if (it.parameter) add(Kind::Parameter, body_, it.text, it.span);
  }
  void visit(const ast::Key& it) {
    if (!it.scope && parameters_.contains(it.name.text)) {
      add(Kind::Parameter, body_, it.name.text, it.span);
    } else {
      add(Kind::Label, {}, key_text(it), it.span);
    }
  }
  void value(const ast::Key& key, const ast::Text& it) {
    if (it.parameter) {
      add(Kind::Parameter, body_, it.text, it.span);
    } else if (key.scope || !parameters_.contains(key.name.text)) {
      add(Kind::Value, key_text(key), it.text, it.span);
    }
  }
  void visit(const ast::Selector& it) {
    if (const auto* comparison = std::get_if<ast::Comparison>(&it.node)) {
      visit(comparison->key);
      for (const ast::Text& each : comparison->values) {
        if (comparison->op == ast::Comparison::Operator::Like) {
          visit(each);
        } else {
          value(comparison->key, each);
        }
      }
    } else if (const auto* has = std::get_if<ast::Has>(&it.node)) {
      visit(has->key);
    } else if (const auto* name = std::get_if<ast::Reference>(&it.node)) {
      reference(Kind::Selector, name->name);
    } else if (const auto* test = std::get_if<ast::AddressTest>(&it.node)) {
      visit(test->networks);
    } else if (const auto* negation = std::get_if<ast::Not>(&it.node)) {
      for (const ast::Selector& operand : negation->operand) visit(operand);
    } else if (const auto* all = std::get_if<ast::All>(&it.node)) {
      for (const ast::Selector& operand : all->operands) visit(operand);
    } else if (const auto* any = std::get_if<ast::AnyOf>(&it.node)) {
      for (const ast::Selector& operand : any->operands) visit(operand);
    }
  }
  void visit(const ast::Networks& it) {
    for (const ast::NetworkDifference& difference : it.items) {
      visit(difference.base);
      for (const ast::NetworkItem& cut : difference.cuts) visit(cut);
    }
  }
  void visit(const ast::NetworkItem& it) {
    if (const auto* name = std::get_if<ast::Name>(&it.what)) reference(Kind::Selector, *name);
  }
  void visit(const ast::Services& it) {
    for (const ast::ServiceDifference& difference : it.items) {
      visit(difference.base);
      for (const ast::ServiceItem& cut : difference.cuts) visit(cut);
    }
  }
  void visit(const ast::ServiceItem& it) {
    if (it.port_name) add(Kind::Port, {}, it.port_name->text, it.port_name->span);
    const bool alone = it.protocols.size() == 1 && !it.port_name && !it.first;
    if (!alone) return;
    const ast::Name& name = it.protocols.front();
    if (name.quoted || !is_protocol(name.text)) reference(Kind::Service, name);
  }

  Templates& templates_;
  std::vector<Occurrence>& out_;
  std::set<std::string, std::less<>> services_, tiers_;
  std::map<std::pair<std::string, std::string>, const ast::UseStatement*> uses_;
  // Of the template that is gone through.
  std::string body_;
  std::set<std::string, std::less<>> parameters_, own_;
};

}  // namespace

std::size_t SymbolHash::operator()(const Symbol& symbol) const {
  const std::hash<std::string> of_text;
  return (of_text(symbol.name) * 31 + of_text(symbol.scope)) * 31 + static_cast<std::size_t>(symbol.kind);
}

Symbols::Symbols(std::span<const ast::File> files) {
  const Collector collected(files, templates_, all_);
  const auto place = [](const Occurrence& it) { return std::tuple(it.span.source, it.span.begin); };
  // Nearly all names are met in their order.
  if (!std::ranges::is_sorted(all_, {}, place)) sort_stably(all_, {}, place);
  for (std::size_t i = 0; i < all_.size(); ++i) by_symbol_[all_[i].symbol].push_back(static_cast<std::uint32_t>(i));
}

std::span<const Occurrence> Symbols::in(SourceId source) const {
  const auto range = std::ranges::equal_range(all_, source, {}, [](const Occurrence& it) { return it.span.source; });
  return {range.begin(), range.end()};
}

const Occurrence* Symbols::at(SourceId source, std::uint32_t offset) const {
  const auto here = in(source);
  auto after = std::ranges::upper_bound(here, offset, {}, [](const Occurrence& it) { return it.span.begin; });
  if (after == here.begin()) return nullptr;
  const Occurrence& it = *std::prev(after);
  return offset <= it.span.end ? &it : nullptr;
}

std::vector<const Occurrence*> Symbols::all_of(const Symbol& symbol) const {
  std::vector<const Occurrence*> out;
  const auto found = by_symbol_.find(symbol);
  if (found == by_symbol_.end()) return out;
  for (const std::uint32_t i : found->second) out.push_back(&all_[i]);
  return out;
}

const Occurrence* Symbols::declaration(const Symbol& symbol) const {
  const auto all = all_of(symbol);
  const auto found = std::ranges::find_if(all, [](const Occurrence* it) { return it->declaration; });
  return found == all.end() ? nullptr : *found;
}

const ast::TemplateStatement* Symbols::find_template(std::string_view name) const {
  const auto found = templates_.find(name);
  return found == templates_.end() ? nullptr : found->second;
}

}  // namespace weft::frontend
