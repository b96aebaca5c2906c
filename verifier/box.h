#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "model/selector.h"
#include "verifier/index_set.h"
#include "verifier/universe.h"

namespace weft::verifier {

/// Ends described by independent choices: any kind, any class of each key, any address, the API server or not, each out
/// of a set. What is not mentioned is free.
struct Box {
  std::uint8_t kinds = 0b111;                              ///< bit per PeerKind
  std::uint8_t apiserver = 0b11;                           ///< bit 0: not the API server, bit 1: the API server
  IndexSet addresses;                                      ///< all of them unless something narrows it
  std::vector<std::pair<std::uint32_t, IndexSet>> labels;  ///< by key, ascending

  bool empty() const { return kinds == 0; }
};

/// A union of boxes around all ends a selector matches: a cheap and safe overestimate. Where two of them have nothing
/// in common, no end matches both selectors; otherwise the solver has the word.
class Cover {
 public:
  Cover(const Universe& universe, const model::Selector& selector);

  bool empty() const { return boxes_.empty(); }
  /// True if the boxes hold what the selector matches and nothing else.
  bool exact() const { return exact_; }
  bool intersects(const Cover& other) const;
  /// Bit per PeerKind that some box has.
  std::uint8_t kinds() const;
  const std::vector<Box>& boxes() const { return boxes_; }

 private:
  bool exact_ = true;
  std::vector<Box> boxes_;
};

/// Empties a box that no end is in, and leaves the kinds of peer that can have its labels.
void settle(const Universe& universe, Box& box);

/// The classes of a key that a box mentions; null where it leaves them free. Another choice takes their place.
const IndexSet* classes_in(const Box& box, std::uint32_t key);
void put_classes(Box& box, std::uint32_t key, IndexSet classes);

/// The box of what two boxes have in common.
Box common(const Universe& universe, const Box& a, const Box& b);

constexpr std::uint8_t kind_bit(model::PeerKind kind) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(kind));
}

/// Around all service atoms a port set can match: a name matches any port of its protocol.
IndexSet cover(const Universe& universe, const model::PortSet& ports);

}  // namespace weft::verifier
