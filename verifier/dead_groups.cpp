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
void gather(const model::Policy& policy, Report& report, const IdOf& id_of) {
  std::map<Id, std::size_t> living;
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    const model::Rule& rule = policy.rules[i];
    if (!rule.audit && !(rule.expires && *rule.expires <= report.now)) ++living[id_of(Statement{RuleId{i}})];
  }
  for (std::uint32_t i = 0; i < policy.isolations.size(); ++i) ++living[id_of(Statement{model::IsolationId{i}})];
  std::map<Id, std::vector<const Dead*>> dead;
  for (const Dead& each : report.dead) {
    if (each.kind != Dead::Kind::Contradictory && !each.decides) dead[id_of(each.what)].push_back(&each);
  }
  for (const auto& [id, all] : dead) {
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

}  // namespace

void gather_unreachable(const model::Policy& policy, Report& report) {
  if (policy.tiers.size() > 1) gather<TierId>(policy, report, [&](Statement s) { return tier_of(policy, s); });
  if (policy.blocks.size() > 1) gather<BlockId>(policy, report, [&](Statement s) { return block_of(policy, s); });
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
