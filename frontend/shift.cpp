#include "frontend/shift.h"

#include <optional>
#include <variant>
#include <vector>

namespace weft::frontend {
namespace {

/// Goes through every part of a statement. What has no span of its own is gone through all the same: a part that is
/// forgotten here would keep the place it had.
class Shifter {
 public:
  explicit Shifter(std::int64_t bytes) : bytes_(bytes) {}

  template <typename... Parts>
  void all(Parts&... parts) const {
    (visit(parts), ...);
  }

 private:
  template <typename Part>
  void visit(std::vector<Part>& parts) const {
    for (Part& part : parts) visit(part);
  }
  template <typename Part>
  void visit(std::optional<Part>& part) const {
    if (part) visit(*part);
  }
  template <typename... Parts>
  void visit(std::variant<Parts...>& part) const {
    std::visit([this](auto& it) { this->visit(it); }, part);
  }

  // A span that was never set is at no place.
  void visit(Span& it) const {
    if (it.begin == 0 && it.end == 0) return;
    it.begin = static_cast<std::uint32_t>(it.begin + bytes_);
    it.end = static_cast<std::uint32_t>(it.end + bytes_);
  }

  // ---- words
  void visit(ast::Name& it) const { all(it.span); }
  void visit(ast::Text& it) const { all(it.span); }
  void visit(ast::Key& it) const { all(it.scope, it.name, it.span); }
  void visit(ast::Literal& it) const { all(it.span); }

  // ---- networks and selectors
  void visit(ast::NetworkItem& it) const { all(it.what, it.span); }
  void visit(ast::NetworkDifference& it) const { all(it.base, it.cuts, it.span); }
  void visit(ast::Networks& it) const { all(it.items, it.span); }
  void visit(ast::Unreadable&) const {}
  void visit(ast::Entity&) const {}
  void visit(ast::Comparison& it) const { all(it.key, it.values, it.values_span); }
  void visit(ast::Has& it) const { all(it.key); }
  void visit(ast::Reference& it) const { all(it.name); }
  void visit(ast::AddressTest& it) const { all(it.networks); }
  void visit(ast::Not& it) const { all(it.operand); }
  void visit(ast::All& it) const { all(it.operands); }
  void visit(ast::AnyOf& it) const { all(it.operands); }
  void visit(ast::Selector& it) const { all(it.node, it.span); }

  // ---- services
  void visit(ast::ServiceItem& it) const { all(it.protocols, it.port_name, it.first, it.last, it.code, it.span); }
  void visit(ast::ServiceDifference& it) const { all(it.base, it.cuts, it.span); }
  void visit(ast::Services& it) const { all(it.items, it.span); }

  // ---- statements
  void visit(ast::ProfileStatement& it) const { all(it.name, it.span); }
  void visit(ast::LabelStatement& it) const { all(it.keys, it.values, it.span); }
  void visit(ast::GroupStatement& it) const { all(it.name, it.selector, it.span); }
  void visit(ast::NetworkStatement& it) const { all(it.name, it.networks, it.span); }
  void visit(ast::ServiceStatement& it) const { all(it.name, it.services, it.span); }
  void visit(ast::TiersStatement& it) const { all(it.names, it.span); }
  void visit(ast::GuardStatement& it) const { all(it.nodes, it.span); }
  void visit(ast::Annotation::Value& it) const { all(it.span); }
  void visit(ast::Annotation& it) const { all(it.name, it.values, it.span); }
  void visit(ast::IsolateStatement& it) const { all(it.annotations, it.subject, it.span); }
  void visit(ast::Relation::End& it) const { all(it.key, it.span); }
  void visit(ast::Relation& it) const { all(it.left, it.right, it.span); }
  void visit(ast::Obligation::Detail& it) const { all(it.key, it.value); }
  void visit(ast::Obligation& it) const { all(it.kind, it.details, it.span); }
  void visit(ast::Log& it) const { all(it.text, it.span); }
  void visit(ast::Edge& it) const { all(it.source, it.destination, it.services, it.relations, it.because); }
  void visit(ast::RuleStatement& it) const {
    all(it.annotations, it.pass_to, it.edge, it.obligations, it.log, it.expires, it.span);
  }
  void visit(ast::AssertionStatement& it) const {
    all(it.annotations, it.edge, it.arrow, it.avoiding, it.in_inventory, it.span);
  }
  void visit(ast::PolicyStatement& it) const {
    all(it.annotations, it.name, it.tier, it.priority, it.owner, it.scope, it.items, it.span, it.close);
  }

  // ---- tests
  void visit(ast::TestEnd::Imagined::Entry& it) const { all(it.key, it.value); }
  void visit(ast::TestEnd::Imagined& it) const { all(it.labels); }
  void visit(ast::TestEnd::Workload& it) const { all(it.name); }
  void visit(ast::TestEnd::Address& it) const { all(it.address); }
  void visit(ast::TestEnd& it) const { all(it.who, it.span); }
  void visit(ast::Expectation::By& it) const { all(it.name, it.rule, it.span); }
  void visit(ast::Expectation& it) const { all(it.source, it.destination, it.services, it.by, it.span); }
  void visit(ast::TestStatement& it) const { all(it.annotations, it.name, it.expectations, it.span, it.close); }

  // ---- templates and other files
  void visit(ast::Argument& it) const { all(it.selector, it.networks, it.services, it.key, it.name, it.text, it.span); }
  void visit(ast::Parameter& it) const { all(it.name, it.initial, it.span); }
  void visit(ast::UseStatement::Value& it) const { all(it.parameter, it.argument, it.span); }
  void visit(ast::UseStatement& it) const { all(it.name, it.values, it.alias, it.span); }
  void visit(ast::TemplateStatement& it) const {
    all(it.annotations, it.name, it.parameters, it.body, it.span, it.close);
  }
  void visit(ast::ImportStatement& it) const { all(it.path, it.module, it.span); }

  std::int64_t bytes_;
};

}  // namespace

void shift(ast::Statement& statement, std::int64_t bytes) { Shifter(bytes).all(statement); }
void shift(ast::PolicyStatement& header, std::int64_t bytes) { Shifter(bytes).all(header); }
void shift(ast::PolicyItem& item, std::int64_t bytes) { Shifter(bytes).all(item); }
void shift(ast::TestStatement& header, std::int64_t bytes) { Shifter(bytes).all(header); }
void shift(ast::Expectation& expectation, std::int64_t bytes) { Shifter(bytes).all(expectation); }

}  // namespace weft::frontend
