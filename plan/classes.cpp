#include "plan/classes.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "bundle/abi.h"

namespace weft::plan {
namespace {

// Which entries an end kind takes part in.
struct Behaviour {
  Bits egress_own, egress_peer, ingress_own, ingress_peer;
};

/// What kinds take part in, by the sets they are in. A kind is in a handful of sets, an entry speaks about two, and
/// there may be tens of thousands of each: nothing here is as large as kinds times entries.
class Behaviours {
 public:
  Behaviours(const Vocabulary& vocabulary, const Ends& ends, const KindSets& sets,
             const std::vector<DraftEntry>& egress, const std::vector<DraftEntry>& ingress)
      : ends_(ends),
        nobody_{Bits(egress.size()), Bits(egress.size()), Bits(ingress.size()), Bits(ingress.size())},
        ungated_(nobody_),
        gated_(nobody_),
        uses_(sets.size()),
        sets_of_(ends.kinds.size()) {
    note(egress, &Behaviour::egress_own, &Behaviour::egress_peer);
    note(ingress, &Behaviour::ingress_own, &Behaviour::ingress_peer);
    for (std::uint32_t set = 0; set < sets.size(); ++set) {
      if (uses_[set].empty()) continue;
      for (const std::uint32_t kind : sets[set]) sets_of_[kind].push_back(set);
    }
    name_sets(vocabulary, sets);
  }

  const Behaviour& nobody() const { return nobody_; }

  /// Kinds in the same sets, with or without gates, behave alike. Ascending.
  const std::vector<std::uint32_t>& sets_of(std::uint32_t kind) const { return sets_of_[kind]; }

  /// What selects the kind, and for which sides: a name of its row that no verdict, service or order of rules changes.
  std::vector<std::uint32_t> name_of(std::uint32_t kind) const {
    std::vector<std::uint32_t> out;
    for (const std::uint32_t set : sets_of_[kind]) {
      const bool as_own = own_[set] && ends_.kinds[kind].gated;
      if (as_own) out.push_back(2 * names_[set]);
      if (peer_[set]) out.push_back(2 * names_[set] + 1);
    }
    std::ranges::sort(out);
    return out;
  }

  Behaviour of(std::uint32_t kind) const {
    const bool gated = ends_.kinds[kind].gated;
    Behaviour out = gated ? gated_ : ungated_;
    for (const std::uint32_t set : sets_of_[kind]) {
      for (const Use& use : uses_[set]) {
        if (use.is_own && !gated) continue;
        (out.*use.side).set(use.entry);
      }
    }
    return out;
  }

 private:
  struct Use {
    Bits Behaviour::* side;
    std::uint32_t entry;
    bool is_own;
  };

  void note(const std::vector<DraftEntry>& drafts, Bits Behaviour::* own, Bits Behaviour::* peer) {
    for (std::uint32_t e = WEFT_ENTRY_FIRST; e < drafts.size(); ++e) {
      const DraftEntry& draft = drafts[e];
      if (draft.entry.by == Entry::By::NoGate) {
        (ungated_.*own).set(e);
      } else if (draft.own == KindSets::everybody) {
        (gated_.*own).set(e);
      } else {
        uses_[draft.own].push_back({own, e, true});
      }
      if (draft.peer == KindSets::everybody) {
        (ungated_.*peer).set(e);
        (gated_.*peer).set(e);
      } else {
        uses_[draft.peer].push_back({peer, e, false});
      }
    }
  }

  // Sets are named by the order of their selectors' texts.
  void name_sets(const Vocabulary& vocabulary, const KindSets& sets) {
    std::vector<std::pair<std::string, std::uint32_t>> texts;
    for (std::uint32_t s = 0; s < vocabulary.selectors.size(); ++s) {
      texts.emplace_back(model::to_string(*vocabulary.selectors[s]), s);
    }
    std::ranges::sort(texts);
    std::vector<std::uint32_t> ranks(texts.size());
    for (std::uint32_t rank = 0; rank < texts.size(); ++rank) ranks[texts[rank].second] = rank;
    for (std::uint32_t set = 0; set < sets.size(); ++set) {
      names_.push_back(ranks[sets.selector_of(set)]);
      own_.push_back(std::ranges::any_of(uses_[set], &Use::is_own));
      peer_.push_back(!std::ranges::all_of(uses_[set], &Use::is_own));
    }
  }

  const Ends& ends_;
  Behaviour nobody_, ungated_, gated_;               // of a kind in no set
  std::vector<std::vector<Use>> uses_;               // by set
  std::vector<std::vector<std::uint32_t>> sets_of_;  // by kind
  std::vector<std::uint32_t> names_;                 // by set
  std::vector<bool> own_, peer_;                     // by set: the sides on which entries speak about it
};

std::size_t hash_of(const std::vector<std::uint32_t>& numbers) {
  return std::hash<std::string_view>()(
      {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(std::uint32_t)});
}

std::size_t hash_of(const Bits& bits) {
  return std::hash<std::string_view>()(
      {reinterpret_cast<const char*>(bits.words().data()), bits.words().size() * sizeof(std::uint64_t)});
}

// The keys whose values matter where an end stands in a row: those that an entry of the row compares on its side.
class ComparedKeys {
 public:
  ComparedKeys(const Conditions& conditions, const std::vector<DraftEntry>& egress,
               const std::vector<DraftEntry>& ingress)
      : keys_(conditions.keys.size()) {
    note(conditions, egress, {&Classes::egress, &Classes::Rows::own, &Relation::source});
    note(conditions, egress, {&Classes::egress, &Classes::Rows::peer, &Relation::destination});
    note(conditions, ingress, {&Classes::ingress, &Classes::Rows::own, &Relation::destination});
    note(conditions, ingress, {&Classes::ingress, &Classes::Rows::peer, &Relation::source});
  }

  Bits of(const Classes& classes, std::uint32_t row) const {
    Bits out(keys_);
    for (const Use& use : uses_) {
      if (((classes.*use.side.gate).*use.side.rows)[row].test(use.entry)) out.set(use.key);
    }
    return out;
  }

 private:
  struct Side {
    Classes::Rows Classes::* gate;
    std::vector<Bits> Classes::Rows::* rows;
    std::uint16_t Relation::* end;
  };
  struct Use {
    Side side;
    std::size_t entry;
    std::uint16_t key;
  };

  void note(const Conditions& conditions, const std::vector<DraftEntry>& drafts, const Side& side) {
    for (std::size_t e = WEFT_ENTRY_FIRST; e < drafts.size(); ++e) {
      for (const std::uint16_t at : drafts[e].entry.conditions) {
        const auto* relation = std::get_if<Relation>(&conditions.all[at]);
        if (relation) uses_.push_back({side, e, relation->*side.end});
      }
    }
  }

  std::size_t keys_;
  std::vector<Use> uses_;
};

/// The rows of both gates, each once, nobody's first.
class Rows {
 public:
  Rows(const Ends& ends, const Behaviours& behaviours, Classes& out) : ends_(ends), behaviours_(behaviours), out_(out) {
    append(behaviours.nobody(), {});
  }

  /// Numbers rows anew, by who is in them and not by who came first: an inventory in which the same rows occur has the
  /// same tables, whoever moved in or out, and a rule that says something else about the same ends moves nobody.
  /// Returns the new number by the old one; nobody's stays the first.
  std::vector<std::uint32_t> put_in_order() {
    const std::array<std::vector<Bits>*, 4> columns{&out_.egress.own, &out_.egress.peer, &out_.ingress.own,
                                                    &out_.ingress.peer};
    std::vector<std::uint32_t> order(names_.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order.begin() + 1, order.end(), [&](std::uint32_t a, std::uint32_t b) {
      if (names_[a] != names_[b]) return names_[a] < names_[b];
      for (const std::vector<Bits>* column : columns) {
        if (const auto difference = (*column)[a] <=> (*column)[b]; difference != 0) return difference < 0;
      }
      return false;
    });
    for (std::vector<Bits>* column : columns) {
      std::vector<Bits> sorted;
      sorted.reserve(order.size());
      for (const std::uint32_t row : order) sorted.push_back(std::move((*column)[row]));
      *column = std::move(sorted);
    }
    std::vector<std::uint32_t> out(order.size());
    for (std::uint32_t row = 0; row < order.size(); ++row) out[order[row]] = row;
    return out;
  }

  /// The row of a kind. Nobody's is nobody else's.
  std::uint32_t of(std::uint32_t kind) {
    const std::size_t hash = hash_of(behaviours_.sets_of(kind)) ^ (ends_.kinds[kind].gated ? 1U : 0U);
    for (auto [at, end] = of_sets_.equal_range(hash); at != end; ++at) {
      const std::uint32_t other = at->second.kind;
      if (ends_.kinds[other].gated == ends_.kinds[kind].gated &&
          behaviours_.sets_of(other) == behaviours_.sets_of(kind)) {
        return at->second.row;
      }
    }
    const std::uint32_t row = row_with(kind, behaviours_.of(kind));
    of_sets_.emplace(hash, Known{kind, row});
    return row;
  }

 private:
  struct Known {
    std::uint32_t kind;
    std::uint32_t row;
  };

  std::uint32_t row_with(std::uint32_t kind, Behaviour behaviour) {
    const std::size_t hash = hash_of(behaviour.egress_own) * 3 + hash_of(behaviour.egress_peer) * 5 +
                             hash_of(behaviour.ingress_own) * 7 + hash_of(behaviour.ingress_peer) * 11;
    for (auto [at, end] = by_hash_.equal_range(hash); at != end; ++at) {
      const std::uint32_t row = at->second;
      if (out_.egress.own[row] == behaviour.egress_own && out_.egress.peer[row] == behaviour.egress_peer &&
          out_.ingress.own[row] == behaviour.ingress_own && out_.ingress.peer[row] == behaviour.ingress_peer) {
        return row;
      }
    }
    const auto row = static_cast<std::uint32_t>(out_.egress.own.size());
    by_hash_.emplace(hash, row);
    append(std::move(behaviour), behaviours_.name_of(kind));
    return row;
  }

  void append(Behaviour behaviour, std::vector<std::uint32_t> name) {
    names_.push_back(std::move(name));
    out_.egress.own.push_back(std::move(behaviour.egress_own));
    out_.egress.peer.push_back(std::move(behaviour.egress_peer));
    out_.ingress.own.push_back(std::move(behaviour.ingress_own));
    out_.ingress.peer.push_back(std::move(behaviour.ingress_peer));
  }

  const Ends& ends_;
  const Behaviours& behaviours_;
  Classes& out_;
  std::vector<std::vector<std::uint32_t>> names_;  // by row
  std::unordered_multimap<std::size_t, Known> of_sets_;
  std::unordered_multimap<std::size_t, std::uint32_t> by_hash_;
};

}  // namespace

Classes classes_of(const Vocabulary& vocabulary, const Ends& ends, const Conditions& conditions, const KindSets& sets,
                   const std::vector<DraftEntry>& egress, const std::vector<DraftEntry>& ingress,
                   std::uint64_t most_row_bytes) {
  Classes out;
  const std::size_t keys = conditions.keys.size();
  out.classes.push_back({.kind = model::PeerKind::World,
                         .members = 0,
                         .example = "(unknown)",
                         .row = 0,
                         .values = std::vector<std::uint16_t>(keys)});

  // Kinds that take part in the same entries share a row.
  const Behaviours behaviours(vocabulary, ends, sets, egress, ingress);
  const ComparedKeys compared(conditions, egress, ingress);
  Rows rows(ends, behaviours, out);
  std::vector<std::uint32_t> row_of_kind;
  const std::uint64_t row_bytes = 2 * (egress.size() + ingress.size()) / 8;
  for (std::uint32_t kind = 0; kind < ends.kinds.size(); ++kind) {
    row_of_kind.push_back(rows.of(kind));
    out.complete = out.egress.own.size() * row_bytes <= most_row_bytes;
    if (!out.complete) return out;
  }
  const std::vector<std::uint32_t> numbers = rows.put_in_order();
  for (std::uint32_t& row : row_of_kind) row = numbers[row];
  std::vector<Bits> compared_in_row;
  for (std::uint32_t row = 0; row < out.egress.own.size(); ++row) compared_in_row.push_back(compared.of(out, row));

  // The values that are compared somewhere, numbered in the order of their text.
  const auto value_of = [&](const EndVariant& variant, std::size_t key) -> const std::string* {
    return compared_in_row[row_of_kind[variant.kind]].test(key) ? variant.values[key] : nullptr;
  };
  std::map<std::string_view, std::uint32_t> value_numbers;
  for (const EndVariant& variant : ends.variants) {
    for (std::size_t key = 0; key < keys; ++key) {
      if (const std::string* value = value_of(variant, key)) value_numbers.emplace(*value, 0);
    }
  }
  for (auto& [text, number] : value_numbers) number = static_cast<std::uint32_t>(++out.value_count);

  // Row and values make the class, and their order its number.
  using Parts = std::pair<std::uint32_t, std::vector<std::uint16_t>>;
  std::map<Parts, std::uint32_t> class_numbers;
  std::vector<std::map<Parts, std::uint32_t>::const_iterator> of_variant;
  for (const EndVariant& variant : ends.variants) {
    Parts parts(row_of_kind[variant.kind], keys);
    for (std::size_t key = 0; key < keys; ++key) {
      const std::string* value = value_of(variant, key);
      if (value) parts.second[key] = static_cast<std::uint16_t>(value_numbers.at(*value));
    }
    of_variant.push_back(class_numbers.emplace(std::move(parts), 0).first);
  }
  for (auto& [parts, number] : class_numbers) {
    number = static_cast<std::uint32_t>(out.classes.size());
    out.classes.push_back({.members = 0, .example = {}, .row = parts.first, .values = parts.second});
  }
  std::vector<bool> described(out.classes.size());
  for (std::size_t v = 0; v < ends.variants.size(); ++v) {
    const EndVariant& variant = ends.variants[v];
    const std::uint32_t number = of_variant[v]->second;
    Class& one = out.classes[number];
    if (!described[number]) {
      one.kind = ends.kinds[variant.kind].example.peer->kind;
      one.example = variant.name;
      described[number] = true;
    }
    one.members += variant.members;
    out.of_variant.push_back(number);
  }
  return out;
}

}  // namespace weft::plan
