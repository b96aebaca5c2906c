#include "frontend/uses.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace weft::frontend {
namespace {

bool is(const ast::Key& written, const model::LabelKey& key) {
  if (written.extra || written.open || written.name.text != key.name) return false;
  if (written.scope) {
    const bool node = written.scope->text == "node";
    return key.scope == (node ? model::KeyScope::Node : model::KeyScope::Namespace);
  }
  return key.scope == model::KeyScope::Workload || (key.scope == model::KeyScope::Identity && !written.name.quoted);
}

class Walk {
 public:
  explicit Walk(const model::LabelKey& key) : key_(key) {}

  std::vector<KeyUse> uses() && { return std::move(out_); }

  void statement(const ast::Statement& statement) {
    std::visit([&](const auto& it) { visit(it); }, statement);
  }

 private:
  void use(const ast::Key& key, std::vector<const ast::Text*> values = {}, bool pattern = false) {
    // Expansions of templates repeat what they hold.
    if (!is(key, key_) || !seen_.emplace(key.span.source, key.span.begin).second) return;
    out_.push_back({&key, std::move(values), pattern});
  }

  void selector(const ast::Selector& selector) {
    if (const auto* it = std::get_if<ast::Comparison>(&selector.node)) {
      std::vector<const ast::Text*> values;
      for (const ast::Text& value : it->values) values.push_back(&value);
      use(it->key, std::move(values), it->op == ast::Comparison::Operator::Like);
    } else if (const auto* has = std::get_if<ast::Has>(&selector.node)) {
      use(has->key);
    } else if (const auto* negation = std::get_if<ast::Not>(&selector.node)) {
      for (const ast::Selector& each : negation->operand) this->selector(each);
    } else if (const auto* all = std::get_if<ast::All>(&selector.node)) {
      for (const ast::Selector& each : all->operands) this->selector(each);
    } else if (const auto* any = std::get_if<ast::AnyOf>(&selector.node)) {
      for (const ast::Selector& each : any->operands) this->selector(each);
    }
  }

  void edge(const ast::Edge& edge) {
    selector(edge.source);
    selector(edge.destination);
    for (const ast::Relation& each : edge.relations) {
      use(each.left.key);
      use(each.right.key);
    }
  }

  void end(const ast::TestEnd& end) {
    if (const auto* it = std::get_if<ast::Selector>(&end.who)) selector(*it);
    if (const auto* imagined = std::get_if<ast::TestEnd::Imagined>(&end.who)) {
      for (const auto& entry : imagined->labels) use(entry.key, {&entry.value});
    }
  }

  void visit(const ast::GroupStatement& it) { selector(it.selector); }
  void visit(const ast::GuardStatement& it) { selector(it.nodes); }
  void visit(const ast::AssertionStatement& it) { edge(it.edge); }
  void visit(const ast::RuleStatement& it) { edge(it.edge); }
  void visit(const ast::IsolateStatement& it) { selector(it.subject); }
  void visit(const ast::PolicyStatement& it) {
    if (it.scope) selector(*it.scope);
    for (const ast::PolicyItem& item : it.items) std::visit([&](const auto& each) { visit(each); }, item);
  }
  void visit(const ast::TestStatement& it) {
    for (const ast::Expectation& each : it.expectations) {
      end(each.source);
      end(each.destination);
    }
  }
  // They compare no labels; templates are looked at as what they are expanded to.
  template <typename Other>
  void visit(const Other&) {}

  const model::LabelKey& key_;
  std::set<std::pair<SourceId, std::uint32_t>> seen_;
  std::vector<KeyUse> out_;
};

}  // namespace

std::vector<KeyUse> uses_of(const model::LabelKey& key, std::span<const ast::File> files) {
  Walk walk(key);
  for (const ast::File& file : files) {
    for (const ast::Statement& statement : file.statements) walk.statement(statement);
  }
  return std::move(walk).uses();
}

const ast::LabelStatement* declaration_at(Span key, std::span<const ast::File> files) {
  for (const ast::File& file : files) {
    for (const ast::Statement& statement : file.statements) {
      const auto* it = std::get_if<ast::LabelStatement>(&statement);
      if (it && std::ranges::find(it->keys, key, &ast::Key::span) != it->keys.end()) return it;
    }
  }
  return nullptr;
}

}  // namespace weft::frontend
