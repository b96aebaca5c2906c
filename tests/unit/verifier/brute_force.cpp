#include "tests/unit/verifier/brute_force.h"

#include <algorithm>
#include <optional>

namespace weft::verifier::test {

using model::Direction;
using model::Peer;
using model::PeerKind;
using model::Rule;
using model::Verdict;

namespace {

bool is_expected(const Rule& rule) {
  for (const model::Annotation& annotation : rule.annotations) {
    if (annotation.name == "expect" && annotation.values == std::vector<std::string>{"conflict"}) return true;
  }
  return false;
}

// True if nothing before that tier, and nothing in it for which `earlier` holds, decides the flow.
template <typename Earlier>
bool comes_to(const model::Policy& policy, const model::Flow& flow, Direction direction,
              const std::vector<std::uint32_t>& hits, model::TierId tier, const Earlier& earlier) {
  for (std::uint32_t at = 0; at <= static_cast<std::uint32_t>(tier);) {
    const model::TierId here{at};
    const Rule* best = nullptr;
    const auto key = [](const Rule& rule) {
      return std::pair{rule.level, rule.verdict == Verdict::Deny ? 0 : rule.verdict == Verdict::Allow ? 1 : 2};
    };
    for (const std::uint32_t i : hits) {
      const Rule& rule = policy.rules[i];
      if (rule.tier == here && (!best || key(rule) < key(*best))) best = &rule;
    }
    if (here == tier) return !best || !earlier(best->level);
    if (best && best->verdict != Verdict::Pass) return false;
    const auto isolates = [&](const model::Isolation& isolation) {
      const bool egress = direction == Direction::Egress;
      return isolation.tier == here && (egress ? isolation.egress : isolation.ingress) &&
             matches(isolation.subject, egress ? flow.source : flow.destination);
    };
    if (!best && std::ranges::any_of(policy.isolations, isolates)) return false;
    at = best && best->pass_to ? static_cast<std::uint32_t>(*best->pass_to) : at + 1;
  }
  return false;
}

// What decides at each tier the walk comes to.
void note_deciders(const model::Policy& policy, const model::Flow& flow, Direction direction,
                   const std::vector<std::uint32_t>& hits, std::set<Statement>& out) {
  for (std::uint32_t at = 0; at < policy.tiers.size();) {
    std::optional<std::uint32_t> best;
    const auto key = [&](std::uint32_t i) {
      const Rule& rule = policy.rules[i];
      return std::tuple{rule.level, rule.verdict == Verdict::Deny ? 0 : rule.verdict == Verdict::Allow ? 1 : 2, i};
    };
    for (const std::uint32_t i : hits) {
      if (policy.rules[i].tier == model::TierId{at} && (!best || key(i) < key(*best))) best = i;
    }
    if (best) {
      const Rule& rule = policy.rules[*best];
      out.insert(model::RuleId{*best});
      if (rule.verdict != Verdict::Pass) return;
      at = rule.pass_to ? static_cast<std::uint32_t>(*rule.pass_to) : at + 1;
      continue;
    }
    const bool egress = direction == Direction::Egress;
    for (const bool audited : {false, true}) {
      for (std::uint32_t i = 0; i < policy.isolations.size(); ++i) {
        const model::Isolation& isolation = policy.isolations[i];
        if (isolation.audit != audited || isolation.tier != model::TierId{at}) continue;
        if (!(egress ? isolation.egress : isolation.ingress)) continue;
        if (!matches(isolation.subject, egress ? flow.source : flow.destination)) continue;
        out.insert(model::IsolationId{i});
        return;
      }
    }
    ++at;
  }
}

void judge(const model::Policy& policy, const model::Flow& flow, std::size_t moment, BruteForce& out) {
  ++out.flows;
  const model::Moment now = out.moments[moment];
  const model::Decision decision = model::evaluate(policy, flow, now);
  for (std::size_t i = 0; i < policy.assertions.size(); ++i) {
    const model::Assertion& claim = policy.assertions[i];
    if (!matches(claim.source, flow.source) || !matches(claim.destination, flow.destination) ||
        !matches(claim.ports, flow) ||
        !std::ranges::all_of(claim.relations, [&](const auto& relation) { return holds(relation, flow); })) {
      continue;
    }
    out.claims[moment][i].matched = true;
    if (decision.allowed == (claim.kind == model::Assertion::Kind::Never)) out.claims[moment][i].broken = true;
  }
  for (const Direction direction : {Direction::Egress, Direction::Ingress}) {
    const auto& gate = direction == Direction::Egress ? decision.egress : decision.ingress;
    out.verdicts.push_back(!gate ? 2 : gate->verdict == Verdict::Allow ? 1 : 0);
    if (!gate || gate->reason == model::Reason::OwnNode) continue;
    std::vector<std::uint32_t> hits;
    for (std::uint32_t r = 0; r < policy.rules.size(); ++r) {
      const Rule& rule = policy.rules[r];
      if (rule.audit || (rule.expires && *rule.expires <= now)) continue;
      if (model::matches(rule, direction, flow)) hits.push_back(r);
    }
    note_deciders(policy, flow, direction, hits, out.deciders);
    for (const std::uint32_t i : hits) {
      for (const std::uint32_t j : hits) {
        if (j <= i) continue;
        const Rule& a = policy.rules[i];
        const Rule& b = policy.rules[j];
        const model::PolicyBlock& left = policy[a.block];
        const model::PolicyBlock& right = policy[b.block];
        if (a.tier != b.tier || a.verdict == b.verdict) continue;
        if (a.block != b.block && (left.ordered || right.ordered) && left.priority_stated && right.priority_stated &&
            left.priority == right.priority) {
          const auto earlier = [&](const model::Level& level) { return level.priority < a.level.priority; };
          if (!comes_to(policy, flow, direction, hits, a.tier, earlier)) continue;
          out.ambiguous.insert(std::minmax(a.block, b.block));
        } else if (a.level == b.level && a.verdict != Verdict::Pass && b.verdict != Verdict::Pass && !is_expected(a) &&
                   !is_expected(b)) {
          const auto earlier = [&](const model::Level& level) { return level < a.level; };
          if (!comes_to(policy, flow, direction, hits, a.tier, earlier)) continue;
          out.conflicts.emplace(model::RuleId{i}, model::RuleId{j});
        }
      }
    }
  }
}

struct Side {
  Peer peer;
  std::optional<model::Address> address;
};

std::vector<Side> sides(const World& world, model::InstanceId instance, const char* default_address) {
  std::vector<Side> out;
  for (const Peer& peer : world.peers) {
    Side side{peer, {}};
    if (peer.kind != PeerKind::World) side.peer.instance = instance;
    if (world.addresses.empty()) {
      if (peer.kind == PeerKind::World) side.address = model::parse_address(default_address);
      out.push_back(side);
      continue;
    }
    for (const model::Address& address : world.addresses) {
      side.address = address;
      side.peer.apiserver = {};
      out.push_back(side);
      if (!world.apiserver) continue;
      side.peer.apiserver = model::AddressSet::of(address);
      out.push_back(side);
    }
  }
  return out;
}

}  // namespace

void each_flow(const World& world, const std::function<void(const model::Flow&)>& visit) {
  std::vector<Side> sources = sides(world, model::InstanceId{0}, "8.8.8.8");
  std::vector<Side> destinations = sides(world, model::InstanceId{1}, "8.8.4.4");
  for (Side& source : sources) {
    for (Side& destination : destinations) {
      if (source.address && destination.address &&
          (source.address->family != destination.address->family || source.address == destination.address)) {
        continue;  // no packet is of two families, and one address is one peer
      }
      const auto may_run_on = [](const Side& workload, const Side& node) {
        return workload.peer.kind == PeerKind::Workload && node.peer.kind == PeerKind::Node;
      };
      for (const bool home : {false, true}) {
        source.peer.node.reset();
        destination.peer.node.reset();
        if (home && may_run_on(destination, source)) {
          destination.peer.node = source.peer.instance;
        } else if (home && may_run_on(source, destination)) {
          source.peer.node = destination.peer.instance;
        } else if (home) {
          continue;
        }
        for (const model::ServicePoint service : world.services) {
          for (std::size_t declared = 0; declared < std::size_t{1} << world.names.size(); ++declared) {
            destination.peer.ports.clear();
            bool possible = true;
            for (std::size_t n = 0; n < world.names.size(); ++n) {
              if ((declared >> n & 1) == 0) continue;
              possible = possible && world.names[n].protocol == model::protocol_of(service);
              destination.peer.ports.push_back(
                  {world.names[n].name, world.names[n].protocol, model::value_of(service)});
            }
            if (!possible) continue;
            const model::Flow flow{{&source.peer, source.address}, {&destination.peer, destination.address}, service};
            visit(flow);
          }
        }
      }
    }
  }
}

BruteForce try_all(const model::Policy& policy, const World& world, model::Moment now) {
  std::set<model::Moment> moments{now};
  for (const Rule& rule : policy.rules) {
    if (rule.expires && *rule.expires > now) moments.insert(*rule.expires);
  }
  return try_all(policy, world, std::vector(moments.begin(), moments.end()));
}

BruteForce try_all(const model::Policy& policy, const World& world, const std::vector<model::Moment>& moments) {
  BruteForce out;
  out.moments = moments;
  out.claims.assign(out.moments.size(), std::vector<BruteForce::Claim>(policy.assertions.size()));
  each_flow(world, [&](const model::Flow& flow) {
    for (std::size_t moment = 0; moment < out.moments.size(); ++moment) judge(policy, flow, moment, out);
  });
  return out;
}

}  // namespace weft::verifier::test
