#include "verifier/dead_groups.h"

#include <algorithm>
#include <map>

namespace weft::verifier {

using model::BlockId;
using model::RuleId;
using model::TierId;

namespace {

TierId tier_of(const model::Policy& policy, Statement statement) {
  return std::visit([&](auto id) { return policy[id].tier; }, statement);
}

// What one finding says of a tier or a policy, if all that has a say in it is among the dead.
template <typename Id, typename IdOf>
void gather(const model::Policy& policy, const std::vector<Dead>& silent, Report& report, const IdOf& id_of) {
  std::map<Id, std::size_t> living;
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    const model::Rule& rule = policy.rules[i];
    if (!rule.audit && !(rule.expires && *rule.expires <= report.now)) ++living[id_of(Statement{RuleId{i}})];
  }
  for (std::uint32_t i = 0; i < policy.isolations.size(); ++i) ++living[id_of(Statement{model::IsolationId{i}})];
  std::map<Id, std::vector<const Dead*>> dead;
  for (const Dead& each : report.dead) {
    if (!each.blockers.empty() && !each.decides) dead[id_of(each.what)].push_back(&each);
  }
  for (auto& [id, all] : dead) {
    for (const Dead& each : silent) {
      if (id_of(each.what) == id) all.push_back(&each);
    }
    if (all.size() < 2 || all.size() != living.at(id)) continue;
    // What others only repeat is no tier or policy that nothing gets to.
    if (std::ranges::all_of(all, [](const Dead* each) { return each->kind == Dead::Kind::Redundant; })) continue;
    Unreachable out{id};
    std::vector<Statement>& blockers = out.blockers;
    for (const Dead* each : all) {
      blockers.insert(blockers.end(), each->blockers.begin(), each->blockers.end());
      if (!out.example) out.example = each->example;
    }
    std::ranges::sort(blockers, {}, [&](const Statement& s) { return precedence(policy, s); });
    const auto rest = std::ranges::unique(blockers);
    blockers.erase(rest.begin(), rest.end());
    report.unreachable.push_back(std::move(out));
  }
  std::erase_if(report.dead, [&](const Dead& each) {
    return std::ranges::any_of(report.unreachable, [&](const Unreachable& whole) {
      const Id* id = std::get_if<Id>(&whole.what);
      return id && *id == id_of(each.what);
    });
  });
}

// Policies that say nothing, or nothing of anybody, and tiers that no policy is in.
void gather_empty(const model::Policy& policy, Report& report) {
  const auto is_none = [](const model::Selector& selector) { return selector.kind == model::Selector::Kind::None; };
  std::vector<bool> speaks(policy.blocks.size());
  for (const model::Rule& rule : policy.rules) {
    if (!is_none(rule.source) && !is_none(rule.destination)) speaks[static_cast<std::size_t>(rule.block)] = true;
  }
  for (const model::Isolation& isolation : policy.isolations) {
    if (!is_none(isolation.subject)) speaks[static_cast<std::size_t>(isolation.block)] = true;
  }
  const auto is_written = [](Span span) { return span.begin != span.end; };
  std::vector<bool> used(policy.tiers.size());
  for (std::uint32_t i = 0; i < policy.blocks.size(); ++i) {
    used[static_cast<std::size_t>(policy.blocks[i].tier)] = true;
    if (!speaks[i] && is_written(policy.blocks[i].span)) report.unreachable.push_back({BlockId{i}});
  }
  for (std::uint32_t i = 0; i < policy.tiers.size(); ++i) {
    if (!used[i] && is_written(policy.tiers[i].span)) report.unreachable.push_back({TierId{i}});
  }
}

}  // namespace

void gather_unreachable(const model::Policy& policy, const std::vector<Dead>& silent, Report& report) {
  if (policy.tiers.size() > 1) gather<TierId>(policy, silent, report, [&](Statement s) { return tier_of(policy, s); });
  if (policy.blocks.size() > 1) {
    gather<BlockId>(policy, silent, report, [&](Statement s) { return block_of(policy, s); });
  }
  gather_empty(policy, report);
}

void drop_explained_conflicts(const model::Policy& policy, const std::vector<Dead>& all, Report& report) {
  const auto explains = [&](const Dead& dead, RuleId first, RuleId second) {
    if (dead.decides) return false;
    for (const auto& [loser, winner] : {std::pair{first, second}, {second, first}}) {
      if (dead.what == Statement{loser} && policy[loser].verdict == model::Verdict::Allow &&
          std::ranges::find(dead.blockers, Statement{winner}) != dead.blockers.end()) {
        return true;
      }
    }
    return false;
  };
  std::erase_if(report.findings, [&](const Finding& finding) {
    return finding.kind == Finding::Kind::Conflict &&
           std::ranges::any_of(all, [&](const Dead& dead) { return explains(dead, finding.first, finding.second); });
  });
}

}  // namespace weft::verifier
