#include "verifier/closed.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "model/satisfiable.h"
#include "verifier/class_selection.h"
#include "verifier/connectivity.h"

namespace weft::verifier {

using model::Direction;
using model::PeerKind;
using model::Selector;

namespace {

// Of an assertion held against the inventory: a moment's work in the largest of them.
constexpr std::size_t max_compared_rows = 2'000;

// ---- selectors that match nobody

bool is_network(const Selector& selector) {
  if (selector.kind == Selector::Kind::Address) return true;
  return std::ranges::any_of(selector.operands, is_network);
}

class Nobody {
 public:
  Nobody(const model::Policy& policy, const model::Inventory& inventory, const Connectivity& connectivity,
         model::Moment now)
      : policy_(policy), inventory_(inventory), connectivity_(connectivity), now_(now) {}

  std::vector<NobodySelected> find() {
    for (const model::Group& group : policy_.groups) look_at(group);
    for (std::uint32_t i = 0; i < policy_.rules.size(); ++i) {
      const model::Rule& rule = policy_.rules[i];
      if (rule.audit || (rule.expires && *rule.expires <= now_)) continue;  // the classes know nothing of them
      if (!connectivity_.has_sources(model::RuleId{i})) look_at(rule.source, rule.span);
      if (!connectivity_.has_destinations(model::RuleId{i})) look_at(rule.destination, rule.span);
    }
    for (std::uint32_t i = 0; i < policy_.isolations.size(); ++i) {
      const model::Isolation& isolation = policy_.isolations[i];
      if (!connectivity_.has_subjects(model::IsolationId{i})) look_at(isolation.subject, isolation.span);
    }
    return std::move(out_);
  }

 private:
  // No class was made for a group, so its members are looked for.
  void look_at(const model::Group& group) {
    if (is_network(group.selector)) return;
    const std::string text = model::to_string(group.selector);
    if (seen_.contains(text)) return;
    const bool somebody = std::ranges::any_of(inventory_.instances, [&](const model::Instance& instance) {
      return !instance.host && model::matches(group.selector, {&instance.peer, {}});
    });
    if (somebody || model::matches(group.selector, {&inventory_.world, {}})) return;
    if (!exists(group.selector)) return;
    seen_.emplace(text, out_.size());
    out_.push_back({group.name, true, group.span});
  }

  // One that nobody matches.
  void look_at(const Selector& selector, Span span) {
    if (selector.kind == Selector::Kind::None) return;  // says so itself
    const std::string text = model::to_string(selector);
    const auto [known, fresh] = seen_.try_emplace(text, out_.size());
    if (!fresh) {
      if (known->second < out_.size() && out_[known->second].span != span) ++out_[known->second].further;
      return;
    }
    if (rests_on_group(selector) || !exists(selector)) {
      known->second = SIZE_MAX;
      return;
    }
    out_.push_back({text, false, span});
  }

  // Some group that must match is said to match nobody.
  bool rests_on_group(const Selector& selector) const {
    if (selector.kind != Selector::Kind::And) return false;
    return std::ranges::any_of(selector.operands, [&](const Selector& operand) {
      const auto known = seen_.find(model::to_string(operand));
      return (known != seen_.end() && known->second != SIZE_MAX) || rests_on_group(operand);
    });
  }

  // What nobody could match in any inventory is told of as that.
  bool exists(const Selector& selector) const {
    return model::satisfiable(selector, policy_.schema).answer != model::Satisfiable::Answer::No;
  }

  const model::Policy& policy_;
  const model::Inventory& inventory_;
  const Connectivity& connectivity_;
  model::Moment now_;
  std::map<std::string, std::size_t> seen_;  // position in `out_`, or none
  std::vector<NobodySelected> out_;
};

// ---- ranges in which somebody has an address

class Ranges {
 public:
  explicit Ranges(const model::Inventory& inventory) : inventory_(inventory) {
    for (std::uint32_t i = 0; i < inventory.instances.size(); ++i) {
      if (inventory.instances[i].host) continue;
      for (const model::Address& address : inventory.instances[i].addresses) owners_.emplace_back(address, i);
    }
    std::ranges::sort(owners_);
  }

  std::vector<RangeWithOwners> find(const model::Policy& policy) {
    for (const model::Rule& rule : policy.rules) {
      look_at(rule.source, rule.span, false);
      look_at(rule.destination, rule.span, false);
    }
    std::erase_if(out_, [](const RangeWithOwners& range) { return range.workloads + range.nodes == 0; });
    return std::move(out_);
  }

 private:
  // What is excepted matches nobody, so only parts that match are looked at.
  void look_at(const Selector& selector, Span span, bool of_world) {
    if (selector.kind == Selector::Kind::And || selector.kind == Selector::Kind::Or) {
      const bool with_world =
          selector.kind == Selector::Kind::And && std::ranges::any_of(selector.operands, [](const Selector& operand) {
            return operand.kind == Selector::Kind::World;
          });
      for (const Selector& operand : selector.operands) look_at(operand, span, of_world || with_world);
      return;
    }
    if (selector.kind != Selector::Kind::Address || holds_a_family(selector.addresses)) return;
    const auto [known, fresh] =
        seen_.try_emplace({of_world, model::to_string(Selector::address(selector.addresses))}, out_.size());
    if (!fresh) {
      if (out_[known->second].span != span) ++out_[known->second].further;
      return;
    }
    RangeWithOwners out;
    out.world_only = of_world;
    out.range = model::to_string(of_world ? Selector::world_address(selector.addresses) : selector);
    out.span = span;
    std::set<std::uint32_t> counted;
    for (const model::AddressRange& range : selector.addresses.ranges()) {
      auto at = std::ranges::lower_bound(owners_, std::pair{range.first, std::uint32_t{0}});
      for (; at != owners_.end() && at->first <= range.last; ++at) {
        if (!counted.insert(at->second).second) continue;
        const model::Instance& owner = inventory_.instances[at->second];
        if (counted.size() == 1) {
          out.example = owner.name;
          out.example_address = at->first;
        }
        ++(owner.peer.kind == PeerKind::Workload ? out.workloads : out.nodes);
      }
    }
    out_.push_back(std::move(out));
  }

  // Who writes all addresses there are means everybody, or everybody outside.
  static bool holds_a_family(const model::AddressSet& set) {
    return std::ranges::any_of(set.ranges(), [](const model::AddressRange& range) {
      return range.first == model::lowest(range.first.family) && range.last == model::highest(range.first.family);
    });
  }

  const model::Inventory& inventory_;
  std::vector<std::pair<model::Address, std::uint32_t>> owners_;
  std::map<std::pair<bool, std::string>, std::size_t> seen_;
  std::vector<RangeWithOwners> out_;
};

// ---- workloads that can ask for no names

constexpr model::ServicePoint name_service = model::service_point(model::protocol::udp, 53);

class Names {
 public:
  Names(const model::Policy& policy, const model::Inventory& inventory, const Connectivity& connectivity,
        model::Moment now, std::vector<std::string>& internal_errors)
      : policy_(policy),
        inventory_(inventory),
        connectivity_(connectivity),
        now_(now),
        internal_errors_(internal_errors) {}

  std::vector<NoNames> find() {
    const std::uint32_t atom = connectivity_.atom_of(name_service);
    const std::vector<PeerClass>& classes = connectivity_.classes();
    const ClassMatrix asks = connectivity_.matrix(atom);
    std::vector<std::uint32_t> without;
    bool anybody = false;
    for (std::uint32_t c = 0; c < classes.size(); ++c) {
      if (classes[c].kind != PeerKind::Workload || classes[c].members.empty()) continue;
      if (asks.row_set(c).empty()) {
        without.push_back(c);
      } else {
        anybody = true;
      }
    }
    // Where nobody asks and nobody answers, names are looked up some other way.
    if (!anybody && !somebody_answers()) return {};
    std::map<std::optional<Statement>, NoNames> by_decider;
    for (const std::uint32_t c : without) add(c, atom, by_decider);
    std::vector<NoNames> out;
    for (auto& [decider, found] : by_decider) out.push_back(std::move(found));
    return out;
  }

 private:
  bool somebody_answers() const {
    return std::ranges::any_of(inventory_.instances, [](const model::Instance& instance) {
      return std::ranges::any_of(instance.peer.ports, [](const model::NamedPort& port) {
        return model::service_point(port.protocol, port.port) == name_service;
      });
    });
  }

  void add(std::uint32_t source, std::uint32_t atom, std::map<std::optional<Statement>, NoNames>& out) {
    for (std::uint32_t other = 0; other < connectivity_.atoms().size(); ++other) {
      const BitSet reached = connectivity_.reached_from(other, source);
      if (reached.empty()) continue;
      std::uint32_t destination = 0;
      while (!reached.test(destination)) ++destination;
      // Of those it may reach, the one to ask why it may not ask there: any will do.
      const auto gate = connectivity_.decide(Direction::Egress, source, destination, atom);
      std::optional<Statement> decider;
      if (gate && gate->verdict == model::Verdict::Deny && gate->isolation) decider = *gate->isolation;
      if (gate && gate->verdict == model::Verdict::Deny && gate->rule) decider = *gate->rule;
      NoNames& found = out[decider];
      found.decider = decider;
      const PeerClass& from = connectivity_.classes()[source];
      if (found.workloads.empty()) {
        const model::ServicePoint service = point_of(other);
        check_replay(source, destination, service, true);
        check_replay(source, destination, name_service, false);
        found.reached = name_of(destination);
        found.service = service;
      }
      for (const model::InstanceId member : from.members) found.workloads.push_back(inventory_[member].name);
      return;
    }
  }

  model::ServicePoint point_of(std::uint32_t atom) const {
    return model::ServicePoint{connectivity_.atoms()[atom].ranges().front().first};
  }

  std::string name_of(std::uint32_t number) const {
    const PeerClass& end = connectivity_.classes()[number];
    if (!end.members.empty()) return inventory_[end.members.front()].name;
    return end.example.address ? fmt::format("world {}", model::to_string(*end.example.address)) : "world";
  }

  // What is said of a flow is what the evaluator says of it.
  void check_replay(std::uint32_t source, std::uint32_t destination, model::ServicePoint service, bool allowed) {
    const model::End& from = connectivity_.classes()[source].example;
    const model::End& to = connectivity_.classes()[destination].example;
    if (from.peer->instance && from.peer->instance == to.peer->instance) return;
    if (model::evaluate(policy_, {from, to, service}, now_).allowed == allowed) return;
    internal_errors_.push_back(fmt::format("{} -> {} : {} is no witness for what was found of it", name_of(source),
                                           name_of(destination), model::to_string(service)));
  }

  const model::Policy& policy_;
  const model::Inventory& inventory_;
  const Connectivity& connectivity_;
  model::Moment now_;
  std::vector<std::string>& internal_errors_;
};

}  // namespace

model::Policy with_assertions_told_apart(const model::Policy& policy) {
  model::Policy out = policy;
  if (policy.assertions.empty()) return out;
  const model::TierId tier{static_cast<std::uint32_t>(out.tiers.size())};
  const model::BlockId block{static_cast<std::uint32_t>(out.blocks.size())};
  out.tiers.push_back({"assertions", {}});
  model::PolicyBlock last;
  last.tier = tier;
  out.blocks.push_back(std::move(last));
  for (const model::Assertion& assertion : policy.assertions) {
    model::Rule rule;
    rule.verdict = model::Verdict::Pass;
    rule.source = assertion.source;
    rule.destination = assertion.destination;
    rule.ports = assertion.ports;
    rule.relations = assertion.relations;
    rule.tier = tier;
    rule.block = block;
    out.rules.push_back(std::move(rule));
  }
  return out;
}

ClosedFindings find_closed(const model::Policy& policy, const model::Inventory& inventory,
                           const Connectivity& connectivity, model::Moment now,
                           std::vector<std::string>& internal_errors) {
  ClosedFindings out;
  out.nobody = Nobody(policy, inventory, connectivity, now).find();
  out.ranges = Ranges(inventory).find(policy);
  out.no_names = Names(policy, inventory, connectivity, now, internal_errors).find();
  return out;
}

void compare_with_inventory(const model::Policy& policy, const Connectivity& connectivity, model::Moment now,
                            const std::vector<AssertionResult>& answers, std::size_t effort,
                            std::vector<std::string>& internal_errors) {
  const std::vector<PeerClass>& classes = connectivity.classes();
  ClassSelection selection(classes);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!std::holds_alternative<Proved>(answers[i].answer)) continue;
    const model::Assertion& assertion = policy.assertions[i];
    if (assertion.chain || assertion.in_inventory) continue;  // not about single flows, or answered by this engine
    const bool never = assertion.kind == model::Assertion::Kind::Never;
    const BitSet sources = selection.of(assertion.source);
    const BitSet destinations = selection.of(assertion.destination);
    if (destinations.empty()) continue;
    std::size_t left = effort;
    for (std::uint32_t atom = 0; atom < connectivity.atoms().size() && left > 0; ++atom) {
      if (!assertion.ports.points.contains(connectivity.atoms()[atom])) continue;
      const model::ServicePoint service{connectivity.atoms()[atom].ranges().front().first};
      for (std::uint32_t source = 0; source < classes.size() && left > 0; ++source) {
        if (!sources.test(source)) continue;
        --left;
        const BitSet reached = connectivity.reached_from(atom, source);
        BitSet broken = destinations;
        if (never) {
          broken &= reached;
        } else {
          broken -= reached;
        }
        for (std::uint32_t destination = 0; destination < classes.size() && !broken.empty(); ++destination) {
          if (!broken.test(destination)) continue;
          broken.clear(destination);
          if (!connectivity.pairs_exist(source, destination)) continue;
          const model::Flow flow{classes[source].example, classes[destination].example, service};
          if (flow.source.peer->instance && flow.source.peer->instance == flow.destination.peer->instance) continue;
          if (!std::ranges::all_of(assertion.relations, [&](const auto& relation) { return holds(relation, flow); })) {
            continue;
          }
          const bool allowed = model::evaluate(policy, flow, now).allowed;
          // The only two of a pair of classes may be a node and what it runs.
          if (allowed != never && connectivity.place_matters()) continue;
          internal_errors.push_back(fmt::format(
              "assertion {} was proved, and in the inventory {} on {} {} (the evaluator says that it is {})", i,
              never ? "a flow" : "no flow", model::to_string(service), never ? "breaks it" : "keeps it",
              allowed ? "allowed" : "denied"));
          left = 0;
          break;
        }
      }
    }
  }
}

void look_in_inventory(const model::Policy& policy, const model::Inventory& inventory, Report& report) {
  if (inventory.instances.empty()) return;
  std::optional<model::Policy> told_apart;  // a copy only where there is something to tell apart
  if (!policy.assertions.empty()) told_apart = with_assertions_told_apart(policy);
  const Connectivity connectivity(told_apart ? *told_apart : policy, inventory, report.now);
  report.closed = find_closed(policy, inventory, connectivity, report.now, report.internal_errors);
  compare_with_inventory(policy, connectivity, report.now, report.assertions, max_compared_rows,
                         report.internal_errors);
}

}  // namespace weft::verifier
