#pragma once

// Private to this folder.

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "model/policy.h"
#include "verifier/path_graph.h"

namespace weft::verifier {

/// An end of the inventory: a party, and the class it has there.
struct PartyEnd {
  Party party;
  std::uint32_t class_ = 0;
  std::optional<model::Family> family{};  ///< where only its addresses of one are meant
};

/// Who can be reached over chains of flows whose relays are neither of the world nor avoided, nearest first.
class RelaySearch {
 public:
  /// A party that sends: where the chain starts, or where it was reached.
  struct Item {
    Party party;
    std::optional<std::uint32_t> only_from;  ///< of a start: the class it sends from; a relay sends from any of its own
    std::optional<model::Family> family;     ///< of a start: where it sends from addresses of one only
    std::optional<std::size_t> parent;       ///< of a relay: the item that reached it
    std::uint32_t left = 0;                  ///< and the classes of the two ends of that flow
    std::uint32_t arrived = 0;
  };

  /// Both must outlive it.
  RelaySearch(const PartyGraph& graph, const model::Assertion& claim);

  /// Forgets what was reached before. Shows every sender in turn, nearest first, until `visit` is true; the one it is
  /// true of, or nothing.
  std::optional<std::size_t> run(const std::vector<PartyEnd>& starts, const std::function<bool(const Item&)>& visit);

  const std::vector<Item>& items() const { return items_; }
  /// The classes from which an item sends.
  std::vector<std::uint32_t> classes_of(const Item& item) const;
  /// True if it sends from an address of that family, in that class.
  bool sends(const Item& item, std::uint32_t class_, model::Family family) const;
  /// The flows that lead to it, on any service.
  std::vector<Witness> flows_to(std::size_t item) const;

 private:
  void expand(std::size_t item);
  void reach(Party party, std::size_t from, std::uint32_t left, std::uint32_t arrived);
  const BitSet& row(std::uint32_t class_, Place place);

  const PartyGraph& graph_;
  BitSet relays_;  // the classes of those that may pass on
  std::vector<std::optional<BitSet>> rows_, home_rows_;
  std::vector<Item> items_;
  BitSet reached_;  // by instance
  BitSet whole_;    // classes all of whose members are reached
};

}  // namespace weft::verifier
