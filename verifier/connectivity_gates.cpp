#include "verifier/connectivity_gates.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/assert.h"
#include "base/stable_sort.h"
#include "plan/atoms.h"

namespace weft::verifier {
namespace {

model::PointSet points_in(const model::ServiceRange& range) {
  model::PointSet out;
  const auto first = model::ServicePoint{range.first}, last = model::ServicePoint{range.last};
  for (unsigned number = protocol_of(first); number <= protocol_of(last); ++number) {
    const auto protocol = static_cast<std::uint8_t>(number);
    out.add(model::PointSet::of_range(protocol, protocol == protocol_of(first) ? value_of(first) : std::uint16_t{0},
                                      protocol == protocol_of(last) ? value_of(last) : std::uint16_t{0xFFFF}));
  }
  return out;
}

}  // namespace

// Makes the entries of both gates out of rules and isolations.
class GateBuilder {
 public:
  GateBuilder(ClosedGates& out, const model::Policy& policy, const plan::Vocabulary& vocabulary,
              const std::vector<bool>& in_force)
      : out_(out), policy_(policy), vocabulary_(vocabulary), in_force_(in_force) {}

  void run() {
    resolve_services();
    for (ClosedGate* gate : {&out_.egress_, &out_.ingress_}) {
      gate->direction = gate == &out_.egress_ ? model::Direction::Egress : model::Direction::Ingress;
      for (std::uint32_t tier = 0; tier < policy_.tiers.size(); ++tier) {
        add_rules(*gate, tier);
        add_isolations(*gate, tier, false);
        add_isolations(*gate, tier, true);
      }
      join(*gate);
      group(*gate);
    }
    cut_services();
  }

 private:
  // A rule about named ports is as many as there are ways in which its destinations resolve them.
  struct Meaning {
    std::uint32_t destination = nothing;
    std::uint32_t services = nothing;
  };

  std::uint32_t number_of(const model::PointSet& points) {
    if (points == model::PointSet::any()) return nothing;
    const auto [found, fresh] = set_numbers_.emplace(points, static_cast<std::uint32_t>(sets_.size()));
    if (fresh) sets_.push_back(points);
    return found->second;
  }

  void resolve_services() {
    meanings_.resize(policy_.rules.size());
    for (std::size_t r = 0; r < policy_.rules.size(); ++r) {
      if (!in_force_[r]) continue;
      const model::Rule& rule = policy_.rules[r];
      const std::uint32_t destination = vocabulary_.rule_destination[r];
      if (rule.ports.names.empty()) {
        meanings_[r].push_back({destination, number_of(rule.ports.points)});
        continue;
      }
      std::map<model::PointSet, BitSet> by_meaning;
      out_.classes_.selected[destination].each([&](std::uint32_t number) {
        const std::uint32_t list = out_.ends_.kinds()[out_.classes_.kind_of[number]].ports;
        by_meaning.try_emplace(resolved(rule.ports, out_.ends_.port_lists()[list]), out_.classes_.classes.size())
            .first->second.set(number);
      });
      for (const auto& [points, members] : by_meaning) {
        if (points.empty()) continue;
        meanings_[r].push_back(
            {static_cast<std::uint32_t>(out_.classes_.selected.size() + out_.extra_.size()), number_of(points)});
        out_.extra_.emplace_back(members);
      }
    }
  }

  void add_rules(ClosedGate& gate, std::uint32_t tier) {
    if (by_tier_.empty()) {
      by_tier_.resize(policy_.tiers.size());
      for (std::uint32_t r = 0; r < policy_.rules.size(); ++r) {
        if (in_force_[r]) by_tier_[static_cast<std::size_t>(policy_.rules[r].tier)].push_back(r);
      }
      // Deny before allow before pass is the order of the ranks, not of the enumerators.
      const auto rank = [](model::Verdict v) {
        return v == model::Verdict::Deny ? 0 : v == model::Verdict::Allow ? 1 : 2;
      };
      for (std::vector<std::uint32_t>& rules : by_tier_) {
        std::ranges::sort(rules, {}, [&](std::uint32_t r) {
          return std::tuple(policy_.rules[r].level, rank(policy_.rules[r].verdict), r);
        });
      }
    }
    const bool egress = gate.direction == model::Direction::Egress;
    ++step_;
    const model::Rule* before = nullptr;
    for (const std::uint32_t r : by_tier_[tier]) {
      const model::Rule& rule = policy_.rules[r];
      if (before &&
          (before->level != rule.level || before->verdict != rule.verdict || before->pass_to != rule.pass_to)) {
        ++step_;
      }
      before = &rule;
      if (!(egress ? rule.at_source : rule.at_destination)) continue;
      const std::uint32_t source = vocabulary_.rule_source[r];
      for (const Meaning& meaning : meanings_[r]) {
        if (out_.set(source).count() == 0 || out_.set(meaning.destination).count() == 0) continue;
        ClosedEntry entry{.verdict = rule.verdict, .rule = model::RuleId{r}, .tier = tier};
        entry.step = step_;
        entry.next_tier = rule.pass_to ? static_cast<std::uint32_t>(*rule.pass_to) : tier + 1;
        entry.own = egress ? source : meaning.destination;
        entry.peer = egress ? meaning.destination : source;
        entry.services = meaning.services;
        entry.relations = relations_of(rule, egress);
        entry.peer_node = rule.peer_node;
        gate.entries.push_back(entry);
      }
    }
  }

  std::uint32_t relations_of(const model::Rule& rule, bool egress) {
    if (rule.relations.empty()) return nothing;
    std::vector<ClosedRelation>& out = out_.relations_.emplace_back();
    for (const model::Relation& relation : rule.relations) {
      const std::uint32_t source = out_.ends_.position(relation.source);
      const std::uint32_t destination = out_.ends_.position(relation.destination);
      out.push_back({egress ? source : destination, egress ? destination : source, relation.equal});
      index_values(source);
      index_values(destination);
    }
    // Equal values first: they leave the fewest classes to look at.
    sort_stably(out, std::ranges::greater{}, &ClosedRelation::equal);
    return static_cast<std::uint32_t>(out_.relations_.size() - 1);
  }

  void index_values(std::uint32_t key) {
    if (out_.by_value_.size() <= key) out_.by_value_.resize(key + 1);
    auto& index = out_.by_value_[key];
    if (!index.empty()) return;
    for (std::uint32_t c = 0; c < out_.classes_.classes.size(); ++c) {
      if (const std::uint32_t value = out_.value(c, key)) index.emplace_back(value, c);
    }
    std::ranges::sort(index);
  }

  // An isolation in force comes before an audited one, whatever their order in the source.
  void add_isolations(ClosedGate& gate, std::uint32_t tier, bool audited) {
    const bool egress = gate.direction == model::Direction::Egress;
    ++step_;
    for (std::uint32_t i = 0; i < policy_.isolations.size(); ++i) {
      const model::Isolation& isolation = policy_.isolations[i];
      const bool speaks = egress ? isolation.egress : isolation.ingress;
      if (static_cast<std::uint32_t>(isolation.tier) != tier || !speaks || isolation.audit != audited) continue;
      if (out_.set(vocabulary_.isolation_subject[i]).count() == 0) continue;
      gate.entries.push_back({.verdict = audited ? model::Verdict::Allow : model::Verdict::Deny,
                              .isolation = model::IsolationId{i},
                              .tier = tier,
                              .step = step_,
                              .own = vocabulary_.isolation_subject[i]});
    }
  }

  void join(ClosedGate& gate) {
    using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, model::PeerNode>;
    std::map<Key, std::uint32_t> open;  // of the step
    std::uint32_t step = nothing;
    for (std::uint32_t e = 0; e < gate.entries.size(); ++e) {
      const ClosedEntry& entry = gate.entries[e];
      if (entry.step != step) open.clear();
      step = entry.step;
      const auto [found, fresh] = open.emplace(Key(entry.own, entry.services, entry.relations, entry.peer_node),
                                               static_cast<std::uint32_t>(gate.joined.size()));
      if (fresh) {
        gate.joined.push_back({entry, {}});
        gate.joined.back().joint.rule.reset();
        gate.joined.back().joint.isolation.reset();
      }
      gate.joined[found->second].parts.push_back(e);
    }
    for (JoinedEntry& joined : gate.joined) {
      if (joined.parts.size() == 1 || joined.joint.peer == nothing) continue;
      BitSet peers(out_.classes_.classes.size());
      for (const std::uint32_t e : joined.parts) {
        out_.set(gate.entries[e].peer).each([&](std::uint32_t peer) { peers.set(peer); });
      }
      joined.joint.peer = static_cast<std::uint32_t>(out_.classes_.selected.size() + out_.extra_.size());
      out_.extra_.emplace_back(peers);
    }
  }

  void group(ClosedGate& gate) {
    const std::vector<PeerClass>& classes = out_.classes_.classes;
    std::vector<std::vector<std::uint32_t>> speaking(classes.size());
    for (std::uint32_t j = 0; j < gate.joined.size(); ++j) {
      const ClosedEntry& entry = gate.joined[j].joint;
      out_.set(entry.own).each([&](std::uint32_t own) {
        if (classes[own].gated && has_compared_keys(entry, own)) speaking[own].push_back(j);
      });
    }
    using Key = std::tuple<bool, std::vector<std::uint32_t>, std::vector<std::uint32_t>, bool>;
    std::map<Key, std::uint32_t> numbers;
    for (std::uint32_t c = 0; c < classes.size(); ++c) {
      const bool workloads = classes[c].kind == model::PeerKind::Workload;
      std::vector<std::uint32_t> values = compared_values(gate, speaking[c], c);
      const auto [found, fresh] =
          numbers.emplace(Key(classes[c].gated, std::move(speaking[c]), std::move(values), workloads),
                          static_cast<std::uint32_t>(gate.groups.size()));
      if (fresh) gate.groups.push_back({classes[c].gated, workloads, c, {}, {}});
      gate.group_of.push_back(found->second);
    }
    for (const auto& [key, number] : numbers) {
      ClosedGate::Group& group = gate.groups[number];
      group.entries = std::get<1>(key);
      for (const std::uint32_t j : group.entries) {
        group.asks.push_back(gate.joined[j].joint.services);
      }
    }
  }

  bool has_compared_keys(const ClosedEntry& entry, std::uint32_t own) const {
    return entry.relations == nothing ||
           std::ranges::all_of(out_.relations_[entry.relations],
                               [&](const ClosedRelation& relation) { return out_.value(own, relation.own) != 0; });
  }

  std::vector<std::uint32_t> compared_values(const ClosedGate& gate, const std::vector<std::uint32_t>& speaking,
                                             std::uint32_t own) const {
    std::vector<std::uint32_t> out;
    for (const std::uint32_t j : speaking) {
      if (gate.joined[j].joint.relations == nothing) continue;
      for (const ClosedRelation& relation : out_.relations_[gate.joined[j].joint.relations]) {
        out.push_back(out_.value(own, relation.own));
      }
    }
    return out;
  }

  void cut_services() {
    const plan::Atoms atoms = plan::atoms_of(sets_);
    ClosedServices& out = out_.services_;
    out.atoms.resize(atoms.count);
    for (std::size_t i = 0; i < atoms.ranges.size(); ++i) {
      out.ranges.push_back(atoms.ranges[i].points);
      out.atom_of_range.push_back(atoms.of_range[i]);
      out.atoms[atoms.of_range[i]].add(points_in(atoms.ranges[i].points));
    }
    for (const std::vector<std::uint32_t>& members : atoms.of_set) {
      BitSet& set = out.sets.emplace_back(atoms.count);
      for (const std::uint32_t atom : members) set.set(atom);
    }
    out.sets_of.assign(atoms.count, BitSet(out.sets.size()));
    for (std::size_t set = 0; set < out.sets.size(); ++set) {
      out.sets[set].each([&](std::uint32_t atom) { out.sets_of[atom].set(set); });
    }
  }

  ClosedGates& out_;
  const model::Policy& policy_;
  const plan::Vocabulary& vocabulary_;
  const std::vector<bool>& in_force_;
  std::vector<std::vector<Meaning>> meanings_;  // by rule
  std::vector<std::vector<std::uint32_t>> by_tier_;
  std::uint32_t step_ = 0;
  std::map<model::PointSet, std::uint32_t> set_numbers_;
  std::vector<model::PointSet> sets_;
};

ClosedGates::ClosedGates(const model::Policy& policy, const plan::Vocabulary& vocabulary, const ClosedEnds& ends,
                         const ClosedClasses& classes, const std::vector<bool>& in_force)
    : policy_(policy), ends_(ends), classes_(classes) {
  GateBuilder(*this, policy, vocabulary, in_force).run();
}

bool ClosedGates::relations_hold(const ClosedEntry& entry, std::uint32_t own, std::uint32_t peer) const {
  if (entry.relations == nothing) return true;
  return std::ranges::all_of(relations_[entry.relations], [&](const ClosedRelation& relation) {
    const std::uint32_t ours = value(own, relation.own), theirs = value(peer, relation.peer);
    return ours != 0 && theirs != 0 && (ours == theirs) == relation.equal;
  });
}

bool ClosedGates::matches(const ClosedEntry& entry, std::uint32_t own, std::uint32_t peer) const {
  return (entry.peer == nothing || set(entry.peer).test(peer)) && relations_hold(entry, own, peer);
}

template <typename Visit>
void ClosedGates::each_match(const ClosedEntry& entry, std::uint32_t own, const BitSet& among, Visit visit) const {
  const ClassSet& peers = set(entry.peer);
  if (entry.relations == nothing) return peers.each_in(among, visit);
  // Of classes with the same value there are few; to go through them keeps the cost with the values, never with pairs.
  if (const ClosedRelation& first = relations_[entry.relations][0]; first.equal) {
    const std::uint32_t wanted = value(own, first.own);
    const auto& index = by_value_[first.peer];
    for (auto at = std::ranges::lower_bound(index, std::pair(wanted, std::uint32_t{0}));
         at != index.end() && at->first == wanted; ++at) {
      if (among.test(at->second) && peers.test(at->second) && relations_hold(entry, own, at->second)) visit(at->second);
    }
    return;
  }
  peers.each_in(among, [&](std::uint32_t peer) {
    if (relations_hold(entry, own, peer)) visit(peer);
  });
}

BitSet ClosedGates::row(const ClosedGate& gate, std::uint32_t group_number, std::uint32_t atom, Place place) const {
  const ClosedGate::Group& group = gate.groups[group_number];
  if (!group.workloads) place = Place::Apart;
  const std::size_t size = classes_.classes.size();
  if (!group.gated) return BitSet(size, true);

  BitSet allowed(size), open(size, true);
  std::map<std::uint32_t, BitSet> waiting;  // passed on, by the tier at which the walk continues
  const auto arrive = [&](std::uint32_t tier) {
    while (!waiting.empty() && waiting.begin()->first <= tier) {
      open |= waiting.begin()->second;
      waiting.erase(waiting.begin());
    }
  };
  const BitSet& asked = services_.sets_of[atom];
  for (std::size_t at = 0; at < group.entries.size(); ++at) {
    if (group.asks[at] != nothing && !asked.test(group.asks[at])) continue;
    const ClosedEntry& entry = gate.joined[group.entries[at]].joint;
    if (!entry.at(place)) continue;
    arrive(entry.tier);
    const bool allow = entry.verdict == model::Verdict::Allow;
    const BitSet* whole = entry.peer == nothing ? nullptr : set(entry.peer).dense();
    if (entry.peer == nothing) {
      if (allow) allowed |= open;
      if (waiting.empty()) return allowed;
      open = BitSet(size);
    } else if (whole && entry.relations == nothing && entry.verdict != model::Verdict::Pass) {
      if (allow) {
        BitSet hit = open;
        hit &= *whole;
        allowed |= hit;
      }
      open -= *whole;
    } else {
      BitSet* into = allow ? &allowed : nullptr;
      if (entry.verdict == model::Verdict::Pass) into = &waiting.try_emplace(entry.next_tier, size).first->second;
      each_match(entry, group.example, open, [&](std::uint32_t peer) {
        if (into) into->set(peer);
        open.clear(peer);
      });
    }
  }
  arrive(nothing);
  if (policy_.profile.allow_by_default) allowed |= open;
  return allowed;
}

void ClosedGates::keep_allowed(const ClosedGate& gate, std::uint32_t group_number, std::uint32_t atom,
                               std::vector<std::uint32_t>& peers, std::vector<std::uint8_t>& marks) const {
  const ClosedGate::Group& group = gate.groups[group_number];
  if (!group.gated) return;
  enum : std::uint8_t { Elsewhere, Open, Passed, Allowed, Denied };
  for (const std::uint32_t peer : peers) marks[peer] = Open;
  std::size_t undecided = peers.size();
  std::vector<std::pair<std::uint32_t, std::uint32_t>> waiting;  // passed on: the tier where the walk continues, who
  const BitSet& asked = services_.sets_of[atom];
  for (std::size_t at = 0; at < group.entries.size() && undecided > 0; ++at) {
    if (group.asks[at] != nothing && !asked.test(group.asks[at])) continue;
    const ClosedEntry& entry = gate.joined[group.entries[at]].joint;
    if (!entry.at(Place::Apart)) continue;
    std::erase_if(waiting, [&](const auto& passed) {
      if (passed.first > entry.tier) return false;
      marks[passed.second] = Open;
      return true;
    });
    const auto decide = [&](std::uint32_t peer) {
      if (!relations_hold(entry, group.example, peer)) return;
      if (entry.verdict == model::Verdict::Pass) {
        marks[peer] = Passed;
        waiting.emplace_back(entry.next_tier, peer);
      } else {
        marks[peer] = entry.verdict == model::Verdict::Allow ? Allowed : Denied;
        --undecided;
      }
    };
    const std::vector<std::uint32_t>* list = entry.peer == nothing ? nullptr : set(entry.peer).list();
    if (list && list->size() <= 30 * undecided) {  // to look one up costs as much as to pass by about thirty
      for (const std::uint32_t peer : *list) {
        if (marks[peer] == Open) decide(peer);
      }
    } else {
      for (const std::uint32_t peer : peers) {
        if (marks[peer] == Open && (entry.peer == nothing || set(entry.peer).test(peer))) decide(peer);
      }
    }
  }
  std::erase_if(peers, [&](std::uint32_t peer) {
    const std::uint8_t mark = std::exchange(marks[peer], std::uint8_t{Elsewhere});
    return mark != Allowed && (mark == Denied || !policy_.profile.allow_by_default);
  });
}

BitSet ClosedGates::open_services(const ClosedGate& gate, std::uint32_t own, std::uint32_t peer, Place place) const {
  const ClosedGate::Group& group = gate.groups[gate.group_of[own]];
  if (!group.workloads) place = Place::Apart;
  const std::size_t size = services_.atoms.size();
  if (!group.gated) return BitSet(size, true);

  BitSet allowed(size), open(size, true);
  std::map<std::uint32_t, BitSet> waiting;
  const auto arrive = [&](std::uint32_t tier) {
    while (!waiting.empty() && waiting.begin()->first <= tier) {
      open |= waiting.begin()->second;
      waiting.erase(waiting.begin());
    }
  };
  for (const std::uint32_t j : group.entries) {
    const ClosedEntry& entry = gate.joined[j].joint;
    if (!entry.at(place) || !matches(entry, own, peer)) continue;
    arrive(entry.tier);
    BitSet hit = open;
    if (entry.services != nothing) hit &= services_.sets[entry.services];
    open -= hit;
    if (entry.verdict == model::Verdict::Allow) allowed |= hit;
    if (entry.verdict == model::Verdict::Pass) waiting.try_emplace(entry.next_tier, size).first->second |= hit;
    if (waiting.empty() && open.empty()) return allowed;
  }
  arrive(nothing);
  if (policy_.profile.allow_by_default) allowed |= open;
  return allowed;
}

const ClosedEntry* ClosedGates::deciding(const ClosedGate& gate, std::uint32_t own, std::uint32_t peer,
                                         std::uint32_t atom, Place place) const {
  const ClosedGate::Group& group = gate.groups[gate.group_of[own]];
  if (!group.workloads) place = Place::Apart;
  std::uint32_t tier = 0;  // the walk has come to this one
  const std::vector<std::uint32_t>& entries = group.entries;
  for (auto at = entries.begin(); at != entries.end(); ++at) {
    const ClosedEntry& entry = gate.joined[*at].joint;
    if (entry.tier < tier || !entry.at(place) || !speaks(entry, atom) || !matches(entry, own, peer)) continue;
    if (entry.verdict == model::Verdict::Pass) {
      tier = entry.next_tier;
      continue;
    }
    // The step decides; the first entry of it that matches is who is named.
    std::uint32_t first = nothing;
    for (; at != entries.end() && gate.joined[*at].joint.step == entry.step; ++at) {
      const JoinedEntry& other = gate.joined[*at];
      if (!other.joint.at(place) || !speaks(other.joint, atom) || !matches(other.joint, own, peer)) continue;
      const auto part =
          std::ranges::find_if(other.parts, [&](std::uint32_t e) { return matches(gate.entries[e], own, peer); });
      WEFT_ASSERT(part != other.parts.end(), "what matches a joined entry matches a part of it");
      first = std::min(first, *part);
    }
    return &gate.entries[first];
  }
  return nullptr;
}

std::vector<const ClosedEntry*> ClosedGates::matching(const ClosedGate& gate, std::uint32_t own, std::uint32_t peer,
                                                      std::uint32_t atom, Place place) const {
  const ClosedGate::Group& group = gate.groups[gate.group_of[own]];
  if (!group.workloads) place = Place::Apart;
  std::vector<std::uint32_t> found;
  const BitSet& asked = services_.sets_of[atom];
  for (std::size_t at = 0; at < group.entries.size(); ++at) {
    if (group.asks[at] != nothing && !asked.test(group.asks[at])) continue;
    const JoinedEntry& joined = gate.joined[group.entries[at]];
    if (!joined.joint.at(place) || !matches(joined.joint, own, peer)) continue;
    for (const std::uint32_t part : joined.parts) {
      if (joined.parts.size() == 1 || matches(gate.entries[part], own, peer)) found.push_back(part);
    }
  }
  std::ranges::sort(found);  // entries of one step are joined out of their order
  std::vector<const ClosedEntry*> out;
  for (const std::uint32_t entry : found) out.push_back(&gate.entries[entry]);
  return out;
}

bool ClosedGates::allows(const ClosedGate& gate, std::uint32_t own, std::uint32_t peer, std::uint32_t atom,
                         Place place) const {
  const ClosedGate::Group& group = gate.groups[gate.group_of[own]];
  if (!group.gated) return true;
  if (!group.workloads) place = Place::Apart;
  std::uint32_t tier = 0;
  for (const std::uint32_t j : group.entries) {
    const ClosedEntry& entry = gate.joined[j].joint;
    if (entry.tier < tier || !entry.at(place) || !speaks(entry, atom) || !matches(entry, own, peer)) continue;
    if (entry.verdict != model::Verdict::Pass) return entry.verdict == model::Verdict::Allow;
    tier = entry.next_tier;
  }
  return policy_.profile.allow_by_default;
}

}  // namespace weft::verifier
