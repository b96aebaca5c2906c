#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "frontend/ast.h"
#include "frontend/declarations.h"

// Private to this folder.
namespace weft::frontend {

/// What a parameter stands for in one expansion. Groups, networks and services are declared under a name of their own;
/// tiers, texts and label keys are put where the parameter stands. Without any of these, the parameter may be anything.
struct Binding {
  std::optional<ast::Parameter::Kind> kind;
  std::optional<ast::Name> tier;
  std::optional<ast::Text> text;
  std::optional<ast::Key> key;
};

/// "a group", "a text"
std::string_view with_article(ast::Parameter::Kind kind);

/// Makes the statements of a template's body those of one expansion: parameters get their values, and the names that
/// the body declares become names of this expansion, which no other text can write.
class Substitution {
 public:
  /// `place` is what the expansion is called: "shop/dns". A trial, which is none, reports what is wrong with the use of
  /// parameters in the body.
  Substitution(const ast::TemplateStatement& pattern, std::string place, bool trial, Reporter& reporter);

  void bind(const std::string& parameter, Binding binding) { bindings_[parameter] = std::move(binding); }
  const std::string& place() const { return place_; }
  bool trial() const { return trial_; }

  /// The name under which this expansion knows its own `name`.
  std::string local(const std::string& name) const;

  void apply(ast::GroupStatement& statement);
  void apply(ast::NetworkStatement& statement);
  void apply(ast::ServiceStatement& statement);
  void apply(ast::GuardStatement& statement);
  void apply(ast::AssertionStatement& statement);
  void apply(ast::PolicyStatement& statement);
  void apply(ast::TestStatement& statement);
  /// The argument of a `use` in the body: the readings that make no sense of it here are taken away.
  void apply(ast::Argument& argument);

 private:
  using Kind = ast::Parameter::Kind;

  void apply(ast::Selector& selector);
  void apply(ast::Networks& networks);
  void apply(ast::Services& services);
  void apply(ast::NetworkItem& item);
  void apply(ast::ServiceItem& item);
  void apply(ast::Edge& edge);
  void apply(ast::RuleStatement& rule);
  void apply(ast::TestEnd& end);
  void apply(ast::Key& key) const;
  void apply(ast::Text& text);
  void apply_tier(ast::Name& name) const;
  /// A name that stands where one of `kinds` does.
  void reference(ast::Name& name, std::initializer_list<Kind> kinds, const std::set<std::string>& declared);
  const Binding* find(const ast::Name& name) const;
  void report_misuse(const ast::Name& name, Kind is, Kind wanted);

  std::string place_;
  bool trial_;
  bool quiet_ = false;  ///< one of several readings is under way
  Reporter& reporter_;
  std::map<std::string, Binding> bindings_;
  std::set<std::string> selectors_;  ///< groups and networks that the body declares
  std::set<std::string> services_;
  std::set<std::string> policies_;
};

}  // namespace weft::frontend
