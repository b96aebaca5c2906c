#pragma once

// Private to this folder: the one header that shows Z3.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <z3++.h>

#include "model/policy.h"
#include "verifier/universe.h"

namespace weft::verifier {

enum class Side : std::uint8_t { Source, Destination };

/// One question about a flow between two different instances. The flow is a handful of finite-domain bit-vectors; they
/// and the constraints that keep them legal come into being when something mentions them, so a question is as large as
/// what it asks about.
class Query {
 public:
  Query(z3::context& context, const model::Policy& policy, const Universe& universe);

  z3::solver solver;

  /// Work, not time: the answer is the same on a slow machine and on a busy one. 0 is no limit.
  void limit(std::uint32_t rlimit);
  void require(const z3::expr& condition) { solver.add(condition); }
  z3::expr yes() { return context_.bool_val(true); }
  z3::expr no() { return context_.bool_val(false); }
  z3::expr any_of(const std::vector<z3::expr>& parts);
  z3::expr all_of(const std::vector<z3::expr>& parts);
  /// A name for a condition, so that formulas stay flat however long the chain of rules is.
  z3::expr named(const std::string& name, const z3::expr& condition);

  /// A condition of that name about which nothing is known.
  z3::expr condition(const std::string& name) { return context_.bool_const(name.c_str()); }

  z3::expr matches(Side side, const model::Selector& selector);
  z3::expr matches(const model::PortSet& ports);
  z3::expr holds(const model::Relation& relation);
  z3::expr hold(const std::vector<model::Relation>& relations);
  /// Source, destination, service and relations of a rule; at which gates it speaks is the caller's business.
  z3::expr matches(model::RuleId rule);
  /// The subject of an isolation at that side, under a name.
  z3::expr matches(Side side, model::IsolationId isolation);
  z3::expr has_gates(Side side);
  /// The peer of the gate is the node on which its subject, a workload, runs.
  z3::expr own_node(model::Direction direction);
  z3::expr holds(model::PeerNode asked, model::Direction direction);
  /// That the walk of that side's gate is walked, under a name: there is one, and no profile opens it to the own node.
  z3::expr gated(Side side);

  /// The flow the solver found.
  Valuation valuation(const z3::model& model) const;
  /// A key in this question of which not all classes are known: then only "there is such a flow" can be believed.
  const std::optional<std::string>& inexact_key() const { return inexact_key_; }

 private:
  struct End {
    std::optional<z3::expr> kind;
    std::optional<z3::expr> address;
    std::optional<z3::expr> apiserver;
    std::map<std::uint32_t, z3::expr> labels;
  };

  z3::expr number(const std::string& name, std::uint32_t count);
  z3::expr in(const z3::expr& variable, const IndexSet& set, std::uint32_t count);
  z3::expr is(const z3::expr& variable, std::uint32_t value);
  z3::expr is(Side side, model::PeerKind kind) { return is(*end(side).kind, static_cast<std::uint32_t>(kind)); }
  z3::expr label(Side side, std::uint32_t key);
  void fix_by_namespace(Side side, std::uint32_t key, const z3::expr& variable);
  z3::expr apiserver(Side side);
  z3::expr declares(std::uint32_t name);
  End& end(Side side) { return side == Side::Source ? source_ : destination_; }
  const End& end(Side side) const { return side == Side::Source ? source_ : destination_; }
  EndValue value(const z3::model& model, const End& end) const;

  z3::context& context_;
  const model::Policy& policy_;
  const Universe& universe_;
  End source_;
  End destination_;
  std::optional<z3::expr> service_;
  std::optional<z3::expr> own_node_;
  std::map<std::uint32_t, z3::expr> declares_;
  std::map<model::RuleId, z3::expr> rules_;
  std::map<std::pair<Side, model::IsolationId>, z3::expr> isolations_;
  std::map<Side, z3::expr> gated_;
  std::optional<std::string> inexact_key_;
};

}  // namespace weft::verifier
