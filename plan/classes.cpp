#include "plan/classes.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "bundle/abi.h"

namespace weft::plan {
namespace {

// Which entries an end kind takes part in.
struct Behaviour {
  Bits egress_own, egress_peer, ingress_own, ingress_peer;

  auto operator<=>(const Behaviour&) const = default;
};

Bits column(const std::vector<DraftEntry>& drafts, std::vector<bool> DraftEntry::* side, std::size_t kind) {
  Bits out(drafts.size());
  for (std::size_t e = WEFT_ENTRY_FIRST; e < drafts.size(); ++e) {
    if ((drafts[e].*side)[kind]) out.set(e);
  }
  return out;
}

// The keys whose values matter where an end stands in a row: those that an entry of the row compares on its side.
class ComparedKeys {
 public:
  ComparedKeys(const Conditions& conditions, const std::vector<DraftEntry>& egress,
               const std::vector<DraftEntry>& ingress)
      : keys_(conditions.keys.size()) {
    note(conditions, egress, &Behaviour::egress_own, &Relation::source);
    note(conditions, egress, &Behaviour::egress_peer, &Relation::destination);
    note(conditions, ingress, &Behaviour::ingress_own, &Relation::destination);
    note(conditions, ingress, &Behaviour::ingress_peer, &Relation::source);
  }

  Bits of(const Behaviour& row) const {
    Bits out(keys_);
    for (const Use& use : uses_) {
      if ((row.*use.side).test(use.entry)) out.set(use.key);
    }
    return out;
  }

 private:
  struct Use {
    Bits Behaviour::* side;
    std::size_t entry;
    std::uint16_t key;
  };

  void note(const Conditions& conditions, const std::vector<DraftEntry>& drafts, Bits Behaviour::* side,
            std::uint16_t Relation::* end) {
    for (std::size_t e = WEFT_ENTRY_FIRST; e < drafts.size(); ++e) {
      for (const std::uint16_t at : drafts[e].entry.conditions) {
        const auto* relation = std::get_if<Relation>(&conditions.all[at]);
        if (relation) uses_.push_back({side, e, relation->*end});
      }
    }
  }

  std::size_t keys_;
  std::vector<Use> uses_;
};

}  // namespace

Classes classes_of(const Ends& ends, const Conditions& conditions, const std::vector<DraftEntry>& egress,
                   const std::vector<DraftEntry>& ingress) {
  Classes out;
  const auto add_row = [&](Behaviour behaviour) {
    out.egress.own.push_back(std::move(behaviour.egress_own));
    out.egress.peer.push_back(std::move(behaviour.egress_peer));
    out.ingress.own.push_back(std::move(behaviour.ingress_own));
    out.ingress.peer.push_back(std::move(behaviour.ingress_peer));
  };
  const std::size_t keys = conditions.keys.size();

  // Nobody has empty rows.
  add_row({Bits(egress.size()), Bits(egress.size()), Bits(ingress.size()), Bits(ingress.size())});
  out.classes.push_back({.kind = model::PeerKind::World,
                         .members = 0,
                         .example = "(unknown)",
                         .row = 0,
                         .values = std::vector<std::uint16_t>(keys)});

  // Kinds that take part in the same entries share a row.
  const ComparedKeys compared(conditions, egress, ingress);
  std::map<Behaviour, std::uint32_t> row_numbers;
  std::vector<std::uint32_t> row_of_kind;
  std::vector<Bits> compared_in_row{Bits(keys)};
  for (std::size_t k = 0; k < ends.kinds.size(); ++k) {
    Behaviour behaviour{column(egress, &DraftEntry::own, k), column(egress, &DraftEntry::peer, k),
                        column(ingress, &DraftEntry::own, k), column(ingress, &DraftEntry::peer, k)};
    const auto [found, fresh] =
        row_numbers.emplace(std::move(behaviour), static_cast<std::uint32_t>(compared_in_row.size()));
    if (fresh) {
      compared_in_row.push_back(compared.of(found->first));
      add_row(found->first);
    }
    row_of_kind.push_back(found->second);
  }

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

  // Row and values make the class.
  std::map<std::pair<std::uint32_t, std::vector<std::uint16_t>>, std::uint32_t> class_numbers;
  for (const EndVariant& variant : ends.variants) {
    const std::uint32_t row = row_of_kind[variant.kind];
    std::vector<std::uint16_t> values(keys);
    for (std::size_t key = 0; key < keys; ++key) {
      const std::string* value = value_of(variant, key);
      if (value) values[key] = static_cast<std::uint16_t>(value_numbers.at(*value));
    }
    const auto [found, fresh] =
        class_numbers.emplace(std::pair(row, values), static_cast<std::uint32_t>(out.classes.size()));
    if (fresh) {
      out.classes.push_back({.kind = ends.kinds[variant.kind].example.peer->kind,
                             .members = 0,
                             .example = variant.name,
                             .row = row,
                             .values = std::move(values)});
    }
    out.classes[found->second].members += variant.members;
    out.of_variant.push_back(found->second);
  }
  return out;
}

}  // namespace weft::plan
