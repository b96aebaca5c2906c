#include "lsp/hierarchy.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "frontend/meaning.h"
#include "frontend/place.h"
#include "lsp/describe.h"
#include "verifier/connectivity.h"

namespace weft::lsp {

using frontend::Occurrence;
using frontend::Symbol;
using model::Direction;
namespace ast = frontend::ast;

namespace {

constexpr int object_kind = 19;  // SymbolKind
constexpr std::size_t names_in_title = 3;

struct Way {
  std::set<std::uint32_t> classes;  ///< at the other end
  std::set<std::uint32_t> atoms;
};

Json item(const View& view, const std::string& name, const std::string& detail, Span place, Json members) {
  Json range = view.atlas.range(place);
  return {
      {"name", name},   {"kind", object_kind},     {"detail", detail},          {"uri", view.atlas.uri(place.source)},
      {"range", range}, {"selectionRange", range}, {"data", std::move(members)}};
}

Json members_of(const std::vector<const model::Instance*>& instances, bool world) {
  Json names = Json::array();
  for (const model::Instance* instance : instances) names.push_back(instance->name);
  return {{"workloads", std::move(names)}, {"world", world}};
}

/// Those at the other end that one rule lets through, or the default where there is none.
struct Reached {
  std::optional<model::RuleId> rule;
  std::vector<const model::Instance*> members;
  bool world = false;
  model::PointSet services;

  std::string name() const {
    const std::string some = members.empty() ? std::string("the world") : named(members, names_in_title);
    return world && !members.empty() ? some + ", and the world" : some;
  }
};

std::set<std::uint32_t> classes_of(const View& view, const verifier::Connectivity& reach,
                                   const std::vector<const model::Instance*>& members, bool world) {
  std::set<std::uint32_t> out;
  for (const model::Instance* instance : members) {
    const auto id = static_cast<model::InstanceId>(instance - view.meaning.inventory->instances.data());
    for (const std::uint32_t each : reach.classes_of(id)) out.insert(each);
  }
  if (world) {
    for (std::uint32_t i = 0; i < reach.classes().size(); ++i) {
      if (reach.classes()[i].kind == model::PeerKind::World) out.insert(i);
    }
  }
  return out;
}

std::vector<Reached> reached(const View& view, const verifier::Connectivity& reach,
                             const std::set<std::uint32_t>& those, Direction direction) {
  const model::Inventory& inventory = *view.meaning.inventory;
  const bool in = direction == Direction::Ingress;
  std::map<std::optional<model::RuleId>, Way> ways;
  for (const std::uint32_t here : those) {
    for (std::uint32_t atom = 0; atom < reach.atoms().size(); ++atom) {
      const verifier::BitSet others = in ? reach.reaching(atom, here) : reach.reached_from(atom, here);
      for (std::uint32_t other = 0; other < reach.classes().size(); ++other) {
        if (!others.test(other)) continue;
        const std::uint32_t source = in ? other : here, destination = in ? here : other;
        // The rule at the gate of those asked about says most; without one, the rule at the other gate.
        auto gate = reach.decide(direction, source, destination, atom);
        if (!gate || !gate->rule) {
          const auto far = reach.decide(in ? Direction::Egress : Direction::Ingress, source, destination, atom);
          if (far && far->rule) gate = far;
        }
        Way& way = ways[gate ? gate->rule : std::nullopt];
        way.classes.insert(other);
        way.atoms.insert(atom);
      }
    }
  }
  std::vector<Reached> out;
  for (const auto& [rule, way] : ways) {
    Reached& it = out.emplace_back();
    it.rule = rule;
    std::set<const model::Instance*> members;
    for (const std::uint32_t each : way.classes) {
      const verifier::PeerClass& peers = reach.classes()[each];
      it.world = it.world || peers.kind == model::PeerKind::World;
      for (const model::InstanceId id : peers.members) members.insert(&inventory[id]);
    }
    it.members.assign(members.begin(), members.end());  // of one vector: in its order
    for (const std::uint32_t atom : way.atoms) it.services.add(reach.atoms()[atom]);
  }
  return out;
}

std::string decided_by(const View& view, const Reached& it) {
  const model::Policy& policy = view.meaning.policy;
  return it.rule ? fmt::format("by {}", policy[policy[*it.rule].block].name) : std::string("by no rule");
}

}  // namespace

Json prepare_hierarchy(const View& view, std::uint32_t offset) {
  if (view.file() == nullptr) return {};
  const frontend::Place place = frontend::place_in(*view.file(), offset);
  std::optional<model::Selector> meant;
  std::string name;
  Span span{view.source, offset, offset};
  const Occurrence* here = view.symbols().at(view.source, offset);
  if (here != nullptr && here->symbol.kind == Symbol::Kind::Selector && here->symbol.scope.empty()) {
    for (const model::Group& group : view.meaning.policy.groups) {
      if (group.name == here->symbol.name) meant = group.selector;
    }
    name = here->symbol.name;
    span = here->span;
  } else if (place.selector != nullptr && place.pattern == nullptr) {
    meant = frontend::meaning_of(view.files, *place.selector);
    name = std::string(view.meaning.sources.text(place.selector->span));
    span = place.selector->span;
  } else if (place.end != nullptr) {
    if (const auto* workload = std::get_if<ast::TestEnd::Workload>(&place.end->who)) {
      const model::Instance* instance = view.meaning.inventory->find(workload->name.text);
      if (instance == nullptr) return {};
      return Json::array({item(view, instance->name, "", workload->name.span, members_of({instance}, false))});
    }
  }
  if (!meant) return {};
  const auto members = matched(*meant, *view.meaning.inventory);
  const bool world = model::matches(*meant, {&view.meaning.inventory->world, {}});
  return Json::array({item(view, name, number_of(members), span, members_of(members, world))});
}

Json calls(const View& view, const Json& asked, Direction direction) {
  Json out = Json::array();
  const Json& names = member(asked, "data/workloads");
  if (!names.is_array()) throw RequestError{error_code::invalid_params, "the item is none of this server's"};
  if (!view.meaning.has_inventory) return out;
  std::vector<const model::Instance*> members;
  for (const Json& name : names) {
    if (!name.is_string()) continue;
    const model::Instance* instance = view.meaning.inventory->find(name.get_ref<const std::string&>());
    if (instance != nullptr) members.push_back(instance);  // others are gone since
  }
  const model::Policy& policy = view.meaning.policy;
  const verifier::Connectivity reach(policy, *view.meaning.inventory, view.meaning.now, view.meaning.memory.get());
  for (const Reached& it :
       reached(view, reach, classes_of(view, reach, members, says(asked, "data/world")), direction)) {
    std::string name = it.name();
    std::erase(name, '`');
    // Where nothing decides, what is asked about is as good a place as any.
    Span place = it.rule ? policy[*it.rule].span : Span{view.source, 0, 0};
    if (view.atlas.uri(place.source).empty()) place = policy[*it.rule].used_at.value_or(Span{view.source, 0, 0});
    const std::string detail = fmt::format("{}, {}", model::to_string(it.services), decided_by(view, it));
    Json other = item(view, name, detail, place, members_of(it.members, it.world));
    out.push_back({{direction == Direction::Ingress ? "from" : "to", other},
                   {"fromRanges", Json::array({view.atlas.range(place)})}});
  }
  return out;
}

std::string reachability(const View& view) {
  const model::Policy& policy = view.meaning.policy;
  if (!view.meaning.understood)
    throw RequestError{error_code::request_failed, "the policy has errors: they come first"};
  if (!view.meaning.has_inventory) {
    throw RequestError{
        error_code::request_failed,
        "there is no inventory: keep one as `inventory.yaml` beside the policy, or name it in `weft.toml`"};
  }
  const verifier::Connectivity reach(policy, *view.meaning.inventory, view.meaning.now, view.meaning.memory.get());
  std::string out = "# Whom each group may reach\n";
  std::set<std::string> said;
  for (const model::Group& group : policy.groups) {
    const auto members = matched(group.selector, *view.meaning.inventory);
    if (members.empty() || !said.insert(group.name).second) continue;
    out += fmt::format("\n## `{}`: {}\n\n", group.name, number_of(members));
    const auto ways = reached(view, reach, classes_of(view, reach, members, false), Direction::Egress);
    if (ways.empty()) out += "- nobody\n";
    for (const Reached& it : ways) {
      const std::string where =
          it.rule ? fmt::format(", {}", view.meaning.sources.location(policy[*it.rule].span)) : std::string();
      out += fmt::format("- {} on {} ({}{})\n", it.name(), model::to_string(it.services), decided_by(view, it), where);
    }
  }
  if (said.empty()) out += "\nNo group has a member in the inventory.\n";
  return out;
}

}  // namespace weft::lsp
