#include "verifier/query.h"

#include <bit>

#include <fmt/format.h>

#include "base/assert.h"

namespace weft::verifier {

using model::PeerKind;
using model::Selector;

namespace {

const char* word(Side side) { return side == Side::Source ? "source" : "destination"; }

// SMT-LIB symbols cannot hold every text; the number in front of it keeps them apart.
std::string symbol_text(std::string text) {
  for (char& c : text) {
    if (c < 0x21 || c > 0x7E || c == '|' || c == '\\') c = '_';
  }
  return text;
}

}  // namespace

Query::Query(z3::context& context, const model::Policy& policy, const Universe& universe)
    : solver(context, "QF_FD"), context_(context), policy_(policy), universe_(universe) {
  for (const Side side : {Side::Source, Side::Destination}) {
    end(side).kind = number(fmt::format("{}.kind", word(side)), 3);
    if (!universe.uses_addresses()) continue;
    end(side).address = number(fmt::format("{}.address", word(side)), universe.address_count());
  }
  service_ = number("service", static_cast<std::uint32_t>(universe.services().size()));
  if (!universe.uses_addresses()) return;
  // Both ends of a packet are of one family, and one address is one peer.
  const IndexSet v4 = IndexSet::below(universe.first_v6());
  const std::uint32_t count = universe.address_count();
  require(in(*source_.address, v4, count) == in(*destination_.address, v4, count));
  if (!universe.single_addresses().empty()) {
    require(!(*source_.address == *destination_.address && in(*source_.address, universe.single_addresses(), count)));
  }
}

z3::expr Query::number(const std::string& name, std::uint32_t count) {
  const auto width = static_cast<unsigned>(std::bit_width(count - 1));
  z3::expr variable = context_.bv_const(name.c_str(), std::max(width, 1U));
  if (!std::has_single_bit(count) || count == 1) {
    require(z3::ule(variable, context_.bv_val(count - 1, variable.get_sort().bv_size())));
  }
  return variable;
}

z3::expr Query::is(const z3::expr& variable, std::uint32_t value) {
  return variable == context_.bv_val(value, variable.get_sort().bv_size());
}

z3::expr Query::in(const z3::expr& variable, const IndexSet& set, std::uint32_t count) {
  const unsigned width = variable.get_sort().bv_size();
  std::vector<z3::expr> parts;
  for (const auto& [first, last] : set.intervals()) {
    if (first == 0 && last + 1 == count) return yes();
    if (first == last) {
      parts.push_back(is(variable, first));
    } else if (first == 0) {
      parts.push_back(z3::ule(variable, context_.bv_val(last, width)));
    } else if (last + 1 == count) {
      parts.push_back(z3::uge(variable, context_.bv_val(first, width)));
    } else {
      parts.push_back(z3::uge(variable, context_.bv_val(first, width)) &&
                      z3::ule(variable, context_.bv_val(last, width)));
    }
  }
  return any_of(parts);
}

void Query::limit(std::uint32_t rlimit) {
  if (rlimit != 0) solver.set("rlimit", rlimit);
  solver.set("random_seed", 0U);
}

z3::expr Query::any_of(const std::vector<z3::expr>& parts) {
  if (parts.empty()) return no();
  if (parts.size() == 1) return parts[0];
  z3::expr_vector all(context_);
  for (const z3::expr& part : parts) all.push_back(part);
  return z3::mk_or(all);
}

z3::expr Query::all_of(const std::vector<z3::expr>& parts) {
  if (parts.empty()) return yes();
  if (parts.size() == 1) return parts[0];
  z3::expr_vector all(context_);
  for (const z3::expr& part : parts) all.push_back(part);
  return z3::mk_and(all);
}

z3::expr Query::named(const std::string& name, const z3::expr& condition) {
  z3::expr out = context_.bool_const(name.c_str());
  require(out == condition);
  return out;
}

z3::expr Query::label(Side side, std::uint32_t key) {
  const auto known = end(side).labels.find(key);
  if (known != end(side).labels.end()) return known->second;

  const Universe::Key& about = universe_.keys()[key];
  if (!about.exact) inexact_key_ = model::to_string(about.key);
  z3::expr variable =
      number(fmt::format("{}.label.{}.{}", word(side), key, symbol_text(model::to_string(about.key))), about.classes());
  end(side).labels.emplace(key, variable);
  require(is(side, about.of_node() ? PeerKind::Node : PeerKind::Workload) || is(variable, 0));
  if (about.key.scope == model::KeyScope::Namespace) fix_by_namespace(side, key, variable);
  return variable;
}

void Query::fix_by_namespace(Side side, std::uint32_t key, const z3::expr& variable) {
  if (universe_.namespaces().empty()) return;
  const std::uint32_t names = universe_.keys()[*universe_.ns()].classes();
  const z3::expr ns = label(side, *universe_.ns());
  // One constraint per value, not per namespace.
  std::map<std::uint32_t, std::vector<IndexSet::Interval>> by_value;
  for (const Universe::Namespace& listed : universe_.namespaces()) {
    by_value[listed.labels.at(key)].push_back({listed.value, listed.value});
  }
  for (auto& [value, namespaces] : by_value) {
    require(!in(ns, IndexSet::of(std::move(namespaces)), names) || is(variable, value));
  }
  for (const Universe::Reserved& reserved : universe_.reserved()) {
    if (reserved.key != key) continue;
    std::vector<IndexSet::Interval> namespaces;
    for (const std::uint32_t value : reserved.namespaces) namespaces.push_back({value, value});
    require(!is(variable, reserved.value) || in(ns, IndexSet::of(std::move(namespaces)), names));
  }
}

z3::expr Query::apiserver(Side side) {
  if (!end(side).apiserver) {
    end(side).apiserver = context_.bool_const(fmt::format("{}.apiserver", word(side)).c_str());
  }
  return *end(side).apiserver;
}

z3::expr Query::declares(std::uint32_t name) {
  const auto known = declares_.find(name);
  if (known != declares_.end()) return known->second;
  const model::PortName& port = universe_.names()[name];
  z3::expr variable =
      context_.bool_const(fmt::format("destination.declares.{}.{}", name, symbol_text(port.name)).c_str());
  declares_.emplace(name, variable);
  require(!variable || in(*service_, universe_.services_of_protocol(port.protocol),
                          static_cast<std::uint32_t>(universe_.services().size())));
  return variable;
}

// One of the ends is a node and the other one runs on it: which is which, their kinds say.
z3::expr Query::own_node(model::Direction direction) {
  const bool egress = direction == model::Direction::Egress;
  if (!own_node_) {
    own_node_ = context_.bool_const("own-node");
    require(!*own_node_ || (is(Side::Source, PeerKind::Node) && is(Side::Destination, PeerKind::Workload)) ||
            (is(Side::Source, PeerKind::Workload) && is(Side::Destination, PeerKind::Node)));
  }
  return *own_node_ && is(egress ? Side::Destination : Side::Source, PeerKind::Node);
}

z3::expr Query::holds(model::PeerNode asked, model::Direction direction) {
  if (asked == model::PeerNode::Any) return yes();
  const bool egress = direction == model::Direction::Egress;
  const z3::expr own = own_node(direction);
  return is(egress ? Side::Destination : Side::Source, PeerKind::Node) && (asked == model::PeerNode::Own ? own : !own);
}

z3::expr Query::matches(Side side, const Selector& selector) {
  switch (selector.kind) {
    case Selector::Kind::None:
      return no();
    case Selector::Kind::Any:
      return yes();
    case Selector::Kind::Workload:
      return is(side, PeerKind::Workload);
    case Selector::Kind::Node:
      return is(side, PeerKind::Node);
    case Selector::Kind::World:
      return is(side, PeerKind::World);
    case Selector::Kind::Apiserver:
      return apiserver(side);
    case Selector::Kind::OneOf:
    case Selector::Kind::Has:
    case Selector::Kind::Glob: {
      // Class 0 is the absent label, and every kind of peer but the right one has it.
      const std::uint32_t key = universe_.key(selector.key);
      return in(label(side, key), universe_.classes(selector), universe_.keys()[key].classes());
    }
    case Selector::Kind::Address:
      return in(*end(side).address, universe_.addresses(selector.addresses), universe_.address_count());
    case Selector::Kind::Not:
      return !matches(side, selector.operands[0]);
    case Selector::Kind::And:
    case Selector::Kind::Or: {
      std::vector<z3::expr> parts;
      for (const Selector& operand : selector.operands) parts.push_back(matches(side, operand));
      return selector.kind == Selector::Kind::And ? all_of(parts) : any_of(parts);
    }
  }
  return no();
}

z3::expr Query::matches(const model::PortSet& ports) {
  const auto count = static_cast<std::uint32_t>(universe_.services().size());
  std::vector<z3::expr> parts{in(*service_, universe_.services(ports.points), count)};
  for (const model::PortName& name : ports.names) parts.push_back(declares(universe_.name(name)));
  return any_of(parts);
}

z3::expr Query::holds(const model::Relation& relation) {
  const std::uint32_t left = universe_.key(relation.source);
  const std::uint32_t right = universe_.key(relation.destination);
  const z3::expr source = label(Side::Source, left);
  const z3::expr destination = label(Side::Destination, right);
  const z3::expr present = !is(source, 0) && !is(destination, 0);
  const std::vector<std::string>& sources = universe_.keys()[left].values;
  const std::vector<std::string>& destinations = universe_.keys()[right].values;
  // One key, or two with the same texts: equal numbers are equal texts.
  if (sources == destinations) return present && (relation.equal ? source == destination : source != destination);
  std::map<std::string_view, std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < destinations.size(); ++i) numbers.emplace(destinations[i], i + 1);
  std::vector<z3::expr> same;
  for (std::uint32_t i = 0; i < sources.size(); ++i) {
    const auto found = numbers.find(sources[i]);
    if (found != numbers.end()) same.push_back(is(source, i + 1) && is(destination, found->second));
  }
  return present && (relation.equal ? any_of(same) : !any_of(same));
}

z3::expr Query::hold(const std::vector<model::Relation>& relations) {
  std::vector<z3::expr> parts;
  for (const model::Relation& relation : relations) parts.push_back(holds(relation));
  return all_of(parts);
}

z3::expr Query::matches(model::RuleId id) {
  const auto known = rules_.find(id);
  if (known != rules_.end()) return known->second;
  const model::Rule& rule = policy_[id];
  const z3::expr condition =
      matches(Side::Source, rule.source) && matches(Side::Destination, rule.destination) && matches(rule.ports) &&
      hold(rule.relations) &&
      holds(rule.peer_node, rule.at_source ? model::Direction::Egress : model::Direction::Ingress);
  z3::expr out = named(fmt::format("rule.{}", static_cast<std::uint32_t>(id)), condition);
  rules_.emplace(id, out);
  return out;
}

z3::expr Query::matches(Side side, model::IsolationId id) {
  const auto known = isolations_.find({side, id});
  if (known != isolations_.end()) return known->second;
  z3::expr out = named(fmt::format("isolation.{}.{}", static_cast<std::uint32_t>(id), word(side)),
                       matches(side, policy_[id].subject));
  isolations_.emplace(std::pair{side, id}, out);
  return out;
}

z3::expr Query::has_gates(Side side) {
  const z3::expr workload = is(side, PeerKind::Workload);
  if (policy_.profile.node_gates) return workload || is(side, PeerKind::Node);
  std::vector<z3::expr> guarded;
  for (const model::Guard& guard : policy_.guards) guarded.push_back(matches(side, guard.nodes));
  return workload || (is(side, PeerKind::Node) && any_of(guarded));
}

z3::expr Query::gated(Side side) {
  const auto known = gated_.find(side);
  if (known != gated_.end()) return known->second;
  const bool exempt = policy_.profile.own_node_may_enter && side == Side::Destination;
  const z3::expr condition = exempt ? has_gates(side) && !own_node(model::Direction::Ingress) : has_gates(side);
  z3::expr out = named(fmt::format("{}.gated", word(side)), condition);
  gated_.emplace(side, out);
  return out;
}

namespace {

std::uint32_t number_in(const z3::model& model, const z3::expr& variable) {
  return static_cast<std::uint32_t>(model.eval(variable, true).get_numeral_uint64());
}

bool truth_in(const z3::model& model, const z3::expr& variable) { return model.eval(variable, true).is_true(); }

}  // namespace

EndValue Query::value(const z3::model& model, const End& end) const {
  EndValue out;
  out.kind = static_cast<PeerKind>(number_in(model, *end.kind));
  out.labels.assign(universe_.keys().size(), 0);
  for (const auto& [key, variable] : end.labels) out.labels[key] = number_in(model, variable);
  if (end.address) out.address = number_in(model, *end.address);
  if (end.apiserver) out.apiserver = truth_in(model, *end.apiserver);
  // What the question did not mention still belongs to a listed namespace.
  if (universe_.ns()) {
    for (const Universe::Namespace& listed : universe_.namespaces()) {
      if (out.labels[*universe_.ns()] != listed.value) continue;
      for (const auto& [key, label] : listed.labels) out.labels[key] = label;
    }
  }
  return out;
}

Valuation Query::valuation(const z3::model& model) const {
  Valuation out = universe_.blank();
  out.source = value(model, source_);
  out.destination = value(model, destination_);
  out.service = number_in(model, *service_);
  if (own_node_) out.own_node = truth_in(model, *own_node_);
  for (const auto& [name, variable] : declares_) out.declares[name] = truth_in(model, variable);
  return out;
}

}  // namespace weft::verifier
