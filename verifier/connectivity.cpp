#include "verifier/connectivity.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/assert.h"
#include "verifier/connectivity_tables.h"

namespace weft::verifier {
namespace {

// An audited rule is recorded and then counts as no match; an expired one matches nothing.
std::vector<bool> rules_in_force(const model::Policy& policy, model::Moment now) {
  std::vector<bool> out;
  for (const model::Rule& rule : policy.rules) out.push_back(!rule.audit && !(rule.expires && now >= *rule.expires));
  return out;
}

bool asks_for_place(const model::Policy& policy, const std::vector<bool>& in_force) {
  for (std::size_t r = 0; r < policy.rules.size(); ++r) {
    if (in_force[r] && policy.rules[r].peer_node != model::PeerNode::Any) return true;
  }
  return false;
}

// The keys of selectors, and those that relations compare.
std::vector<model::LabelKey> keys_of(const model::Policy& policy, const plan::Vocabulary& vocabulary,
                                     const std::vector<bool>& in_force) {
  std::set<model::LabelKey> out(vocabulary.keys.begin(), vocabulary.keys.end());
  for (std::size_t r = 0; r < policy.rules.size(); ++r) {
    if (!in_force[r]) continue;
    for (const model::Relation& relation : policy.rules[r].relations) {
      out.insert(relation.source);
      out.insert(relation.destination);
    }
  }
  return {out.begin(), out.end()};
}

}  // namespace

Connectivity::Tables::Tables(const model::Policy& of_policy, const model::Inventory& of_inventory, model::Moment now,
                             ConnectivityMemory memory)
    : policy(of_policy),
      inventory(of_inventory),
      in_force(rules_in_force(policy, now)),
      place_takes_away(asks_for_place(policy, in_force)),
      vocabulary(plan::vocabulary_of(
          policy,
          [&](const model::Rule& rule) { return in_force[static_cast<std::size_t>(&rule - policy.rules.data())]; })),
      kept_ends(memory.ends(vocabulary, keys_of(policy, vocabulary, in_force))),
      ends(*kept_ends),
      kept_classes(memory.classes(policy, vocabulary, kept_ends, in_force)),
      classes(*kept_classes),
      gates(policy, vocabulary, ends, classes, in_force),
      v4(classes.classes.size()),
      v6(classes.classes.size()),
      world(classes.classes.size()) {
  for (std::size_t c = 0; c < classes.classes.size(); ++c) {
    if (classes.classes[c].v4) v4.set(c);
    if (classes.classes[c].v6) v6.set(c);
    if (classes.classes[c].kind == model::PeerKind::World) world.set(c);
  }
}

BitSet Connectivity::Tables::partners(std::uint32_t of_class) const {
  const PeerClass& mine = classes.classes[of_class];
  BitSet out(classes.classes.size());
  if (mine.v4) out |= v4;
  if (mine.v6) out |= v6;
  if (mine.kind == model::PeerKind::World) out -= world;
  // Classes of one and the same instance only: it would talk to itself.
  if (mine.members.size() == 1) {
    for (const std::uint32_t other : classes.of_instance[static_cast<std::size_t>(mine.members[0])]) {
      if (classes.classes[other].members.size() == 1) out.clear(other);
    }
  }
  return out;
}

bool Connectivity::Tables::place_decides(model::Direction direction, std::uint32_t source, std::uint32_t destination,
                                         Place place) const {
  return place == Place::Home && direction == model::Direction::Ingress && policy.profile.own_node_may_enter &&
         classes.classes[source].kind == model::PeerKind::Node &&
         classes.classes[destination].kind == model::PeerKind::Workload;
}

bool Connectivity::Tables::gate_allows(model::Direction direction, std::uint32_t source, std::uint32_t destination,
                                       std::uint32_t atom, Place place) const {
  if (place_decides(direction, source, destination, place)) return true;
  const bool egress = direction == model::Direction::Egress;
  return gates.allows(gates.gate(direction), egress ? source : destination, egress ? destination : source, atom, place);
}

Connectivity::Connectivity(const model::Policy& policy, const model::Inventory& inventory, model::Moment now,
                           InventoryMemory* memory)
    : tables_(std::make_unique<const Tables>(policy, inventory, now, ConnectivityMemory(inventory, memory))) {}
Connectivity::~Connectivity() = default;
Connectivity::Connectivity(Connectivity&&) noexcept = default;
Connectivity& Connectivity::operator=(Connectivity&&) noexcept = default;

const std::vector<PeerClass>& Connectivity::classes() const { return tables_->classes.classes; }

const std::vector<model::PointSet>& Connectivity::atoms() const { return tables_->gates.services().atoms; }

std::uint32_t Connectivity::atom_of(model::ServicePoint service) const {
  const ClosedServices& services = tables_->gates.services();
  const auto after =
      std::ranges::upper_bound(services.ranges, static_cast<std::uint32_t>(service), {}, &model::ServiceRange::first);
  WEFT_ASSERT(after != services.ranges.begin(), "the atoms cover every service");
  return services.atom_of_range[static_cast<std::size_t>(after - services.ranges.begin()) - 1];
}

model::PointSet Connectivity::points_of(const BitSet& atoms) const {
  model::PointSet out;
  if (atoms.count() == atoms.size()) return model::PointSet::any();
  atoms.each([&](std::uint32_t atom) { out.add(tables_->gates.services().atoms[atom]); });
  return out;
}

std::uint32_t Connectivity::class_of(const model::End& end) const {
  const ClosedClasses& classes = tables_->classes;
  if (end.peer->instance) {
    const auto number = static_cast<std::size_t>(*end.peer->instance);
    const std::vector<model::Address>& addresses = tables_->inventory.instances[number].addresses;
    if (!end.address) {
      WEFT_ASSERT(addresses.empty() && !classes.of_end[number].empty(), "an end has an address where its instance has");
      return classes.of_end[number][0];
    }
    const auto at = std::ranges::find(addresses, *end.address);
    WEFT_ASSERT(at != addresses.end(), "an end has an address of its instance");
    return classes.of_end[number][static_cast<std::size_t>(at - addresses.begin())];
  }
  WEFT_ASSERT(end.address, "an end of the world has an address");
  const std::uint32_t number = classes.of_range[tables_->ends.range_of(*end.address)];
  WEFT_ASSERT(number != nothing, "nobody owns an address of the world");
  return number;
}

std::span<const std::uint32_t> Connectivity::classes_of(model::InstanceId instance) const {
  return tables_->classes.of_instance[static_cast<std::size_t>(instance)];
}

bool Connectivity::pairs_exist(std::uint32_t source, std::uint32_t destination) const {
  const PeerClass& a = classes()[source];
  const PeerClass& b = classes()[destination];
  if (!((a.v4 && b.v4) || (a.v6 && b.v6))) return false;
  if (a.kind == model::PeerKind::World && b.kind == model::PeerKind::World) return false;
  return !(a.members.size() == 1 && b.members.size() == 1 && a.members[0] == b.members[0]);
}

std::uint64_t Connectivity::pairs(std::uint32_t source, std::uint32_t destination) const {
  if (!pairs_exist(source, destination)) return 0;
  const std::vector<model::InstanceId>& a = classes()[source].members;
  const std::vector<model::InstanceId>& b = classes()[destination].members;
  const std::uint64_t all = std::max<std::uint64_t>(a.size(), 1) * std::max<std::uint64_t>(b.size(), 1);
  if (source == destination) return all - a.size();
  std::uint64_t same = 0;
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    same += *x == *y ? 1 : 0;
    const bool step = *x <= *y;
    if (*y <= *x) ++y;
    if (step) ++x;
  }
  return all - same;
}

bool Connectivity::has_sources(model::RuleId rule) const {
  const Tables& tables = *tables_;
  return tables.classes.selected[tables.vocabulary.rule_source[static_cast<std::size_t>(rule)]].count() != 0;
}

bool Connectivity::has_destinations(model::RuleId rule) const {
  const Tables& tables = *tables_;
  return tables.classes.selected[tables.vocabulary.rule_destination[static_cast<std::size_t>(rule)]].count() != 0;
}

bool Connectivity::has_subjects(model::IsolationId isolation) const {
  const Tables& tables = *tables_;
  return tables.classes.selected[tables.vocabulary.isolation_subject[static_cast<std::size_t>(isolation)]].count() != 0;
}

bool Connectivity::place_matters() const { return tables_->policy.profile.own_node_may_enter || place_takes_away(); }

bool Connectivity::place_takes_away() const { return tables_->place_takes_away; }

BitSet Connectivity::leaving(std::uint32_t atom, std::uint32_t source, Place place) const {
  const ClosedGate& gate = tables_->gates.gate(model::Direction::Egress);
  return tables_->gates.row(gate, gate.group_of[source], atom, place);
}

BitSet Connectivity::entering(std::uint32_t atom, std::uint32_t destination, Place place) const {
  const ClosedGate& gate = tables_->gates.gate(model::Direction::Ingress);
  BitSet out = tables_->gates.row(gate, gate.group_of[destination], atom, place);
  if (place == Place::Home) {
    for (std::uint32_t c = 0; c < classes().size(); ++c) {
      if (tables_->place_decides(model::Direction::Ingress, c, destination, place)) out.set(c);
    }
  }
  return out;
}

BitSet Connectivity::reached_from(std::uint32_t atom, std::uint32_t source, Place place) const {
  BitSet out = leaving(atom, source, place);
  out &= tables_->partners(source);
  // Destinations of one group have one answer.
  const ClosedGate& gate = tables_->gates.gate(model::Direction::Ingress);
  enum : std::uint8_t { Unknown, Closed, Open };
  std::vector<std::uint8_t> answers(gate.groups.size(), Unknown);
  BitSet entered = out;
  out.each([&](std::uint32_t destination) {
    if (tables_->place_decides(model::Direction::Ingress, source, destination, place)) return;
    std::uint8_t& answer = answers[gate.group_of[destination]];
    if (answer == Unknown) answer = tables_->gates.allows(gate, destination, source, atom, place) ? Open : Closed;
    if (answer == Closed) entered.clear(destination);
  });
  return entered;
}

BitSet Connectivity::reaching(std::uint32_t atom, std::uint32_t destination, Place place) const {
  BitSet out = entering(atom, destination, place);
  out &= tables_->partners(destination);
  const ClosedGate& gate = tables_->gates.gate(model::Direction::Egress);
  enum : std::uint8_t { Unknown, Closed, Open };
  std::vector<std::uint8_t> answers(gate.groups.size(), Unknown);
  BitSet left = out;
  out.each([&](std::uint32_t source) {
    std::uint8_t& answer = answers[gate.group_of[source]];
    if (answer == Unknown) answer = tables_->gates.allows(gate, source, destination, atom, place) ? Open : Closed;
    if (answer == Closed) left.clear(source);
  });
  return left;
}

BitSet Connectivity::reached_from(std::uint32_t source, Place place) const {
  BitSet out(classes().size());
  tables_->partners(source).each([&](std::uint32_t destination) {
    if (!services(source, destination, place).empty()) out.set(destination);
  });
  return out;
}

bool Connectivity::allowed(std::uint32_t source, std::uint32_t destination, std::uint32_t atom, Place place) const {
  return tables_->gate_allows(model::Direction::Egress, source, destination, atom, place) &&
         tables_->gate_allows(model::Direction::Ingress, source, destination, atom, place);
}

BitSet Connectivity::services(std::uint32_t source, std::uint32_t destination, Place place) const {
  const ClosedGates& gates = tables_->gates;
  BitSet out = gates.open_services(gates.gate(model::Direction::Egress), source, destination, place);
  if (out.empty() || tables_->place_decides(model::Direction::Ingress, source, destination, place)) return out;
  out &= gates.open_services(gates.gate(model::Direction::Ingress), destination, source, place);
  return out;
}

std::optional<model::GateDecision> Connectivity::decide(model::Direction direction, std::uint32_t source,
                                                        std::uint32_t destination, std::uint32_t atom,
                                                        Place place) const {
  const bool egress = direction == model::Direction::Egress;
  const std::uint32_t own = egress ? source : destination;
  if (!classes()[own].gated) return {};
  if (tables_->place_decides(direction, source, destination, place)) {
    return model::GateDecision{model::Verdict::Allow, model::Reason::OwnNode, {}, {}, {}};
  }
  const ClosedEntry* entry =
      tables_->gates.deciding(tables_->gates.gate(direction), own, egress ? destination : source, atom, place);
  if (!entry) {
    const bool allow = tables_->policy.profile.allow_by_default;
    return model::GateDecision{
        allow ? model::Verdict::Allow : model::Verdict::Deny, model::Reason::Profile, {}, {}, {}};
  }
  return model::GateDecision{entry->verdict, entry->rule ? model::Reason::Rule : model::Reason::Isolation, entry->rule,
                             entry->isolation, model::TierId{entry->tier}};
}

std::optional<std::vector<Statement>> Connectivity::matching(model::Direction direction, std::uint32_t source,
                                                             std::uint32_t destination, std::uint32_t atom,
                                                             Place place) const {
  const bool egress = direction == model::Direction::Egress;
  const std::uint32_t own = egress ? source : destination;
  if (!classes()[own].gated || tables_->place_decides(direction, source, destination, place)) return {};
  std::vector<Statement> out;
  for (const ClosedEntry* entry :
       tables_->gates.matching(tables_->gates.gate(direction), own, egress ? destination : source, atom, place)) {
    out.push_back(entry->rule ? Statement{*entry->rule} : Statement{*entry->isolation});
  }
  return out;
}

}  // namespace weft::verifier
