#include "frontend/place.h"

#include <algorithm>

namespace weft::frontend {
namespace {

template <typename Statement>
Span with_annotations(const Statement& statement, Span span) {
  if (!statement.annotations.empty()) span.begin = std::min(span.begin, statement.annotations.front().span.begin);
  return span;
}

template <typename Statement>
Span with_block(const Statement& statement) {
  Span out = with_annotations(statement, statement.span);
  if (statement.close) out.end = statement.close->end;
  // A block that is not closed yet goes on as far as what is in it.
  const auto reach = [&](Span inner) { out.end = std::max(out.end, inner.end); };
  if constexpr (requires { statement.items; }) {
    for (const auto& item : statement.items) std::visit([&](const auto& it) { reach(it.span); }, item);
  } else if constexpr (requires { statement.expectations; }) {
    for (const auto& each : statement.expectations) reach(each.span);
  } else {
    for (const auto& each : statement.body) reach(whole(each));
  }
  return out;
}

template <typename Variant>
Span whole_of(const Variant& statement) {
  return std::visit(
      [](const auto& it) -> Span {
        if constexpr (requires { it.close; }) {
          return with_block(it);
        } else if constexpr (requires { it.annotations; }) {
          return with_annotations(it, it.span);
        } else {
          return it.span;
        }
      },
      statement);
}

/// Steps into whatever holds the place.
class Finder {
 public:
  Finder(std::uint32_t offset, Place& out) : offset_(offset), out_(out) {}

  bool enter(Span span) {
    if (offset_ < span.begin || offset_ > span.end || span.begin == span.end) return false;
    if (out_.spans.empty() || out_.spans.back() != span) out_.spans.push_back(span);
    return true;
  }

  void visit(const ast::Statement& statement) {
    if (!enter(whole(statement))) return;
    std::visit([&](const auto& it) { visit(it); }, statement);
  }

 private:
  void visit(const ast::TemplateStatement& it) {
    out_.pattern = &it;
    enter(it.span);
    for (const ast::Parameter& parameter : it.parameters) {
      if (enter(parameter.span) && parameter.initial) visit(*parameter.initial);
    }
    for (const ast::BodyStatement& statement : it.body) {
      if (enter(whole(statement))) std::visit([&](const auto& each) { visit(each); }, statement);
    }
  }
  void visit(const ast::PolicyStatement& it) {
    out_.policy = &it;
    if (enter(it.span) && it.scope) visit(*it.scope);
    for (const ast::PolicyItem& item : it.items) {
      if (const auto* rule = std::get_if<ast::RuleStatement>(&item); rule && enter(whole(*rule))) {
        out_.rule = rule;
        enter(rule->span);
        visit(rule->edge);
        for (const ast::Obligation& obligation : rule->obligations) enter(obligation.span);
        if (rule->expires) enter(rule->expires->span);
      }
      if (const auto* isolation = std::get_if<ast::IsolateStatement>(&item); isolation && enter(whole(*isolation))) {
        out_.isolation = isolation;
        enter(isolation->span);
        visit(isolation->subject);
      }
      if (const auto* guard = std::get_if<ast::GuardStatement>(&item); guard && enter(guard->span)) visit(*guard);
    }
  }
  void visit(const ast::TestStatement& it) {
    out_.test = &it;
    for (const ast::Expectation& expectation : it.expectations) {
      if (!enter(expectation.span)) continue;
      out_.expectation = &expectation;
      for (const ast::TestEnd* end : {&expectation.source, &expectation.destination}) {
        if (!enter(end->span)) continue;
        out_.end = end;
        if (const auto* selector = std::get_if<ast::Selector>(&end->who)) visit(*selector);
      }
      visit(expectation.services);
      if (expectation.by) enter(expectation.by->span);
    }
  }
  void visit(const ast::UseStatement& it) {
    out_.use = &it;
    for (const ast::UseStatement::Value& value : it.values) {
      if (!enter(value.span)) continue;
      out_.argument = &value;
      visit(value.argument);
    }
  }
  void visit(const ast::Argument& it) {
    if (!enter(it.span)) return;
    if (it.selector) visit(*it.selector);
    if (it.services) visit(*it.services);
  }
  void visit(const ast::ImportStatement& it) { out_.import = &it; }
  void visit(const ast::GroupStatement& it) {
    out_.group = &it;
    visit(it.selector);
  }
  void visit(const ast::AssertionStatement& it) {
    out_.assertion = &it;
    enter(it.span);
    visit(it.edge);
  }
  void visit(const ast::GuardStatement& it) { visit(it.nodes); }
  void visit(const ast::ServiceStatement& it) { visit(it.services); }
  void visit(const ast::NetworkStatement& it) { visit(it.networks); }
  void visit(const ast::LabelStatement& it) {
    for (const ast::Key& key : it.keys) enter(key.span);
    if (!it.values) return;
    for (const ast::Text& value : *it.values) enter(value.span);
  }
  void visit(const ast::ProfileStatement& it) { enter(it.name.span); }
  void visit(const ast::TiersStatement& it) {
    for (const ast::Name& name : it.names) enter(name.span);
  }
  void visit(const ast::Edge& it) {
    visit(it.source);
    visit(it.destination);
    visit(it.services);
    for (const ast::Relation& relation : it.relations) {
      if (!enter(relation.span)) continue;
      enter(relation.left.span);
      enter(relation.right.span);
    }
    if (it.because) enter(it.because->span);
  }
  void visit(const ast::Networks& it) {
    if (!enter(it.span)) return;
    for (const ast::NetworkDifference& difference : it.items) {
      if (!enter(difference.span)) continue;
      enter(difference.base.span);
      for (const ast::NetworkItem& cut : difference.cuts) enter(cut.span);
    }
  }
  void visit(const ast::Services& it) {
    if (!enter(it.span)) return;
    out_.services = &it;
    for (const ast::ServiceDifference& difference : it.items) {
      if (!enter(difference.span)) continue;
      enter(difference.base.span);
      for (const ast::ServiceItem& cut : difference.cuts) enter(cut.span);
    }
  }
  void visit(const ast::Selector& it) {
    if (!enter(it.span)) return;
    out_.selector = &it;
    const auto into = [&](const std::vector<ast::Selector>& operands) {
      for (const ast::Selector& operand : operands) visit(operand);
    };
    if (const auto* comparison = std::get_if<ast::Comparison>(&it.node)) {
      enter(comparison->key.span);
      enter(comparison->values_span);
      for (const ast::Text& value : comparison->values) enter(value.span);
    }
    if (const auto* test = std::get_if<ast::AddressTest>(&it.node)) visit(test->networks);
    if (const auto* negation = std::get_if<ast::Not>(&it.node)) into(negation->operand);
    if (const auto* all = std::get_if<ast::All>(&it.node)) into(all->operands);
    if (const auto* any = std::get_if<ast::AnyOf>(&it.node)) into(any->operands);
  }

  std::uint32_t offset_;
  Place& out_;
};

}  // namespace

Span whole(const ast::PolicyStatement& statement) { return with_block(statement); }
Span whole(const ast::TestStatement& statement) { return with_block(statement); }
Span whole(const ast::TemplateStatement& statement) { return with_block(statement); }
Span whole(const ast::Statement& statement) { return whole_of(statement); }
Span whole(const ast::BodyStatement& statement) { return whole_of(statement); }
Span whole(const ast::RuleStatement& statement) { return with_annotations(statement, statement.span); }
Span whole(const ast::IsolateStatement& statement) { return with_annotations(statement, statement.span); }

Place place_in(const ast::File& file, std::uint32_t offset) {
  Place out;
  Finder finder(offset, out);
  for (const ast::Statement& statement : file.statements) finder.visit(statement);
  // Where two neighbours meet, both have been entered: each span has to lie in the one before.
  std::vector<Span> nested;
  for (const Span& span : out.spans) {
    while (!nested.empty() && (span.begin < nested.back().begin || span.end > nested.back().end)) nested.pop_back();
    if (nested.empty() || nested.back() != span) nested.push_back(span);
  }
  out.spans = std::move(nested);
  return out;
}

}  // namespace weft::frontend
