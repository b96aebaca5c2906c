#include "driver/remedy.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "driver/walk.h"

namespace weft::driver {
namespace {

using model::Direction;
using model::Verdict;

constexpr std::size_t most_changes = 8;

// A selector as a policy would write it, and whom it selects.
struct Written {
  model::Selector selector;
  std::string text;
  std::size_t members = 0;
};

class Searcher {
 public:
  Searcher(const model::Policy& policy, const model::Inventory& inventory, const model::Flow& flow, model::Moment now)
      : original_(policy), inventory_(inventory), flow_(flow), now_(now) {}

  std::vector<Change> allow() {
    policy_ = original_;
    std::vector<Change> out;
    while (out.size() < most_changes) {
      const Walk way = walk(policy_, flow_, now_);
      if (way.allowed) return out;
      const bool leaves = !opens(way.egress.decision);
      auto change = open(leaves ? way.egress : way.ingress);
      if (!change) return {};
      out.push_back(std::move(*change));
    }
    return {};
  }

  std::vector<Change> deny() {
    std::optional<std::vector<Change>> best;
    for (const Direction direction : {Direction::Egress, Direction::Ingress}) {
      policy_ = original_;
      auto changes = close(direction);
      if (changes && (!best || changes->size() < best->size())) best = std::move(changes);
    }
    return best.value_or(std::vector<Change>{});
  }

 private:
  static bool opens(const std::optional<model::GateDecision>& gate) { return !gate || gate->verdict == Verdict::Allow; }

  model::Rule& rule(model::RuleId id) { return policy_.rules[static_cast<std::size_t>(id)]; }

  bool gate_opens(Direction direction) const { return opens(model::evaluate_gate(policy_, direction, flow_, now_)); }

  // Makes the first change that opens the gate, the least surprising ones first.
  std::optional<Change> open(const GateWalk& gate) {
    if (auto change = revive(gate)) return change;
    if (gate.decision->reason == model::Reason::Rule) {
      const model::RuleId decider = *gate.decision->rule;
      silence(decider);
      Change change{.kind = Change::Kind::Narrow};
      change.rule = decider;
      return change;
    }
    for (const model::RuleId id : gate.near) {
      if (policy_[id].verdict != Verdict::Allow) continue;
      const model::PortSet before = policy_[id].ports;
      rule(id).ports.points.add(model::PointSet::of_point(flow_.service));
      if (gate_opens(gate.direction)) {
        Change change{.kind = Change::Kind::Widen};
        change.rule = id;
        change.text = model::to_string(flow_.service);
        return change;
      }
      rule(id).ports = before;
    }
    return add(gate, Verdict::Allow);
  }

  // A rule that would allow the flow were it not expired or audited.
  std::optional<Change> revive(const GateWalk& gate) {
    for (const TierStep& step : gate.steps) {
      for (const model::RuleId id : step.expired) {
        if (policy_[id].verdict != Verdict::Allow) continue;
        const auto before = std::exchange(rule(id).expires, std::nullopt);
        if (gate_opens(gate.direction)) {
          Change change{.kind = Change::Kind::Renew};
          change.rule = id;
          return change;
        }
        rule(id).expires = before;
      }
      for (const model::RuleId id : step.audited) {
        if (policy_[id].verdict != Verdict::Allow) continue;
        rule(id).audit = false;
        if (gate_opens(gate.direction)) {
          Change change{.kind = Change::Kind::Enforce};
          change.rule = id;
          return change;
        }
        rule(id).audit = true;
      }
    }
    return {};
  }

  void silence(model::RuleId id) { rule(id).at_source = rule(id).at_destination = false; }

  std::optional<std::vector<Change>> close(Direction direction) {
    std::vector<Change> out;
    while (out.size() < most_changes) {
      const Walk way = walk(policy_, flow_, now_);
      const GateWalk& gate = direction == Direction::Egress ? way.egress : way.ingress;
      if (!gate.decision || gate.decision->reason == model::Reason::OwnNode) return {};
      if (gate.decision->verdict == Verdict::Deny) return out;
      Change change{.kind = Change::Kind::Narrow};
      if (gate.decision->rule) {
        change.rule = gate.decision->rule;
        silence(*change.rule);
      } else if (gate.decision->isolation) {  // an audited one allows
        change.kind = Change::Kind::Enforce;
        change.isolation = gate.decision->isolation;
        policy_.isolations[static_cast<std::size_t>(*change.isolation)].audit = false;
      } else {
        auto added = add(gate, Verdict::Deny);
        if (!added) return {};
        change = std::move(*added);
      }
      out.push_back(std::move(change));
    }
    return {};
  }

  // A rule about this service and the smallest groups of both ends, in the tier where the decision fell.
  std::optional<Change> add(const GateWalk& gate, Verdict verdict) {
    const model::TierId tier =
        gate.decision->tier.value_or(model::TierId{static_cast<std::uint32_t>(policy_.tiers.size() - 1)});
    const auto block = block_for(gate, tier);
    const Written source = written(flow_.source, block), destination = written(flow_.destination, block);
    model::Rule added;
    added.verdict = verdict;
    added.source = source.selector;
    added.destination = destination.selector;
    added.ports = {model::PointSet::of_point(flow_.service), {}};
    added.tier = tier;
    // The rules of a block with an owner speak at the gates of its peers alone.
    const bool one_gate = block && policy_[*block].scope;
    if (one_gate) {
      added.at_source = gate.direction == Direction::Egress;
      added.at_destination = !added.at_source;
    }
    if (block) {
      added.block = *block;
      added.level = last_level(*block);
    } else {
      added.block = new_block(tier);
    }
    policy_.rules.push_back(added);
    if (gate_opens(gate.direction) != (verdict == Verdict::Allow)) {
      policy_.rules.pop_back();
      return {};
    }
    Change change{.kind = Change::Kind::Add};
    change.block = block;
    change.tier = tier;
    change.text = fmt::format("{}{} {} -> {} : {}", verdict == Verdict::Allow ? "allow" : "deny",
                              !one_gate         ? ""
                              : added.at_source ? " at source"
                                                : " at destination",
                              source.text, destination.text, model::to_string(flow_.service));
    change.sources = source.members;
    change.destinations = destination.members;
    return change;
  }

  // Where the decision fell, or where a rule about the same ends stands, or the last policy of the tier.
  std::optional<model::BlockId> block_for(const GateWalk& gate, model::TierId tier) const {
    const model::End& subject = gate.direction == Direction::Egress ? flow_.source : flow_.destination;
    const auto fits = [&](model::BlockId id) {
      const model::PolicyBlock& block = original_[id];
      return block.tier == tier && (!block.scope || model::matches(*block.scope, subject));
    };
    if (gate.decision->isolation) {
      const model::BlockId id = policy_[*gate.decision->isolation].block;
      if (fits(id)) return id;
    }
    for (const model::RuleId id : gate.near) {
      if (fits(policy_[id].block)) return policy_[id].block;
    }
    for (std::size_t i = original_.blocks.size(); i-- > 0;) {
      if (fits(model::BlockId{static_cast<std::uint32_t>(i)})) return model::BlockId{static_cast<std::uint32_t>(i)};
    }
    return {};
  }

  model::Level last_level(model::BlockId id) const {
    const model::PolicyBlock& block = policy_[id];
    model::Level level{block.priority, 0};
    if (!block.ordered) return level;
    for (const model::Rule& each : policy_.rules) {
      if (each.block == id) level.index = std::max(level.index, each.level.index + 1);
    }
    return level;
  }

  model::BlockId new_block(model::TierId tier) {
    policy_.blocks.push_back({});
    policy_.blocks.back().tier = tier;
    return static_cast<model::BlockId>(policy_.blocks.size() - 1);
  }

  std::size_t members(const model::Selector& selector) const {
    return static_cast<std::size_t>(std::ranges::count_if(inventory_.instances, [&](const model::Instance& each) {
      if (each.host) return false;
      const auto address = each.addresses.empty() ? std::nullopt : std::optional(each.addresses.front());
      return model::matches(selector, {&each.peer, address});
    }));
  }

  // The group with the fewest members of those that hold the end; else a label of its own, else its kind.
  Written written(const model::End& end, std::optional<model::BlockId> block) const {
    std::optional<Written> best;
    const auto offer = [&](model::Selector selector, std::string text) {
      if (!model::matches(selector, end)) return;
      Written one{std::move(selector), std::move(text), 0};
      one.members = members(one.selector);
      if (!best || one.members < best->members) best = std::move(one);
    };
    for (const model::Group& group : original_.groups) {
      // Names of other files need not be known where the rule is to stand.
      const bool known = !block || group.span.source == original_[*block].span.source;
      if (known) offer(group.selector, group.name);
    }
    if (best) return *best;
    if (end.peer->kind == model::PeerKind::World) {
      if (!end.address) return {model::Selector::world(), "world", 0};
      const std::string network =
          fmt::format("{}/{}", model::to_string(*end.address), end.address->family == model::Family::V4 ? 32 : 128);
      return {model::Selector::world_address(model::AddressSet::of(*end.address)), "world " + network, 0};
    }
    for (const auto& [key, domain] : original_.schema) {
      const auto label = end.peer->labels.find(key);
      if (label == end.peer->labels.end()) continue;
      model::Selector selector = model::Selector::equals(key, label->second);
      std::string text = model::to_string(selector);
      offer(std::move(selector), std::move(text));
    }
    if (best) return *best;
    const bool node = end.peer->kind == model::PeerKind::Node;
    Written out{node ? model::Selector::node() : model::Selector::workload(), node ? "node" : "workload", 0};
    out.members = members(out.selector);
    return out;
  }

  const model::Policy& original_;
  const model::Inventory& inventory_;
  const model::Flow& flow_;
  model::Moment now_;
  model::Policy policy_;  // the copy that is changed
};

}  // namespace

std::vector<Change> changes_to_turn(const model::Policy& policy, const model::Inventory& inventory,
                                    const model::Flow& flow, model::Moment now) {
  const model::Decision decision = model::evaluate(policy, flow, now);
  if (decision.self) return {};
  Searcher searcher(policy, inventory, flow, now);
  return decision.allowed ? searcher.deny() : searcher.allow();
}

}  // namespace weft::driver
