#pragma once

#include "frontend/declarations.h"
#include "frontend/networks.h"

// Private to this folder.
namespace weft::frontend {

/// One end of a rule, to which `host` and `remote_node` mean something if it is the peer of a single gate.
struct RuleEnd {
  enum class Role : std::uint8_t { Peer, Subject, Both };

  Role role = Role::Both;
  Span edge{};                  ///< where `at source` or `at destination` would stand
  std::string_view own_gate{};  ///< of Both: how the rule speaks at the gate of the other end alone
  model::PeerNode peer_node = model::PeerNode::Any;  ///< what the end turned out to ask
};

/// Selector expressions to their meaning, groups and networks put in. What could not be understood stands as `none`.
class SelectorResolver {
 public:
  SelectorResolver(Declarations& declarations, NetworkResolver& networks, Reporter& reporter)
      : declarations_(declarations), networks_(networks), reporter_(reporter) {}

  /// A selector as it stands in a claim, `isolate`, `guard` or `for`. Where `owned` is set, a policy's `for` says which
  /// kinds of peer are meant, and a negation needs no second word.
  model::Selector resolve(const ast::Selector& selector, bool owned = false);
  /// A selector as it stands at one end of a rule; `host` and `remote_node` are part of what it means.
  model::Selector resolve(const ast::Selector& selector, RuleEnd& end, bool owned);
  /// True if the selector that was resolved last could be understood.
  bool understood() const { return understood_; }
  /// A value of a finite label must be among those declared; said once of every value.
  void check_value(const model::LabelKey& key, const ast::Text& value, bool pattern = false);
  /// Works a group out, once; `name` is where it is asked for.
  const Declarations::Group& define(const ast::Name& name, Declarations::Group& group);

 private:
  struct Part {
    model::Selector meaning;
    std::size_t comparisons = 1;
    std::size_t depth = 1;
    bool readable = true;
    /// True if only peers of one kind can match, so that a negation beside it is understood to be among them.
    bool confined = false;
    /// Negated label comparisons that nothing confines, and what else they match.
    std::vector<std::pair<Span, std::string_view>> bare = {};
  };

  Part part(const ast::Selector& selector);
  Part entity(ast::Entity entity);
  Part comparison(const ast::Comparison& comparison);
  Part has(const ast::Has& has);
  Part reference(const ast::Reference& reference);
  Part peer_node(const ast::Name& name, model::PeerNode asked);
  void report_misplaced(const ast::Name& name, model::PeerNode asked);
  Part addresses(const ast::AddressTest& test);
  Part negation(const ast::Not& negation, Span span);
  Part combine(const std::vector<ast::Selector>& operands, bool all, Span span);
  Part unreadable() const { return {.meaning = model::Selector::none(), .readable = false, .confined = true}; }
  /// False past the limits; said once.
  bool within_limits(std::size_t comparisons, std::size_t depth, Span span);
  void warn_of(const Part& part);
  void report_unknown_value(const ast::Text& value, bool pattern, const model::LabelKey& key,
                            const model::KeyDomain& domain);

  // What stands between the whole selector and the part that is looked at.
  enum class Within : std::uint8_t { Conjunction, Alternative, Negation, Group };

  Declarations& declarations_;
  NetworkResolver& networks_;
  Reporter& reporter_;
  RuleEnd* end_ = nullptr;
  Within within_ = Within::Conjunction;
  std::size_t depth_ = 0;
  std::size_t spent_ = 0;
  bool limit_reported_ = false;
  bool understood_ = true;
  std::set<std::pair<model::LabelKey, std::string>> unknown_values_;
};

}  // namespace weft::frontend
