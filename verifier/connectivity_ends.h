#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/inventory.h"
#include "plan/vocabulary.h"
#include "verifier/bit_set.h"

// Private to the connectivity of this folder.
namespace weft::verifier {

inline constexpr std::uint32_t nothing = 0xFFFF'FFFF;

/// Ends that have the same values of all keys in use, the same named ports in use and addresses in one elementary
/// range.
struct ClosedKind {
  model::PeerKind kind = model::PeerKind::World;
  std::uint32_t range = nothing;  ///< position in ClosedEnds::ranges; nothing without an address
  bool apiserver = false;
  std::uint32_t ports = 0;  ///< position in ClosedEnds::port_lists
  model::End example{};
};

/// The ends of an inventory as far as a policy can see them, its label values as numbers.
class ClosedEnds {
 public:
  /// `keys` are those of selectors and of relations, sorted.
  /// `port_names` are those in use, and `ranges` the elementary ones.
  ClosedEnds(const model::Inventory& inventory, const std::vector<model::PortName>& port_names,
             std::vector<model::LabelKey> keys, std::vector<model::AddressRange> ranges);

  struct InstanceEnd {
    std::uint32_t kind = 0;
    bool v4 = false, v6 = false;
  };

  const std::vector<model::LabelKey>& keys() const { return keys_; }
  std::uint32_t position(const model::LabelKey& key) const;  ///< of a key in use
  const std::vector<ClosedKind>& kinds() const { return kinds_; }
  /// The number of the value a kind has for the key at that position; 0 where it has none. Values of different keys
  /// compare.
  std::uint32_t value(std::uint32_t kind, std::uint32_t key) const { return values_[kind * keys_.size() + key]; }
  /// The number of a value somebody has.
  std::optional<std::uint32_t> number_of(std::string_view text) const;
  std::string_view text_of(std::uint32_t number) const { return texts_[number]; }

  const std::vector<std::vector<model::NamedPort>>& port_lists() const { return port_lists_; }
  const std::vector<model::AddressRange>& ranges() const { return ranges_; }
  /// The elementary range of an address.
  std::uint32_t range_of(const model::Address& address) const;
  /// By range: the kind of its addresses that nobody owns; nothing where every one has an owner.
  const std::vector<std::uint32_t>& world() const { return world_; }
  /// By instance: an end for each of its addresses, in their order, or one without; none of host-network workloads.
  const std::vector<std::vector<InstanceEnd>>& of_instance() const { return of_instance_; }

 private:
  std::uint32_t kind_of(const model::End& end, std::uint32_t range, std::uint32_t ports,
                        const std::vector<std::uint32_t>& values);
  std::vector<std::uint32_t> values_of(const model::Labels& labels);
  std::uint32_t ports_of(const model::Peer& peer, const std::vector<model::PortName>& in_use);
  void add_world(const model::Inventory& inventory);

  std::vector<model::LabelKey> keys_;
  std::vector<ClosedKind> kinds_;
  std::vector<std::uint32_t> values_;
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
  std::vector<std::string_view> texts_{{}};
  std::vector<std::vector<model::NamedPort>> port_lists_{{}};
  std::map<std::vector<model::NamedPort>, std::uint32_t> port_numbers_{{{}, 0}};
  std::vector<model::AddressRange> ranges_;
  std::vector<std::uint32_t> world_;
  std::vector<std::vector<InstanceEnd>> of_instance_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> by_hash_;
};

/// Selectors over the kinds, all at once.
class Selection {
 public:
  /// The ends must outlive it.
  explicit Selection(const ClosedEnds& ends);

  BitSet matching(const model::Selector& selector) const;

 private:
  struct Posting {
    std::uint32_t value = 0;
    std::uint32_t kind = 0;

    auto operator<=>(const Posting&) const = default;
  };
  void add_values(BitSet& out, const model::LabelKey& key, std::uint32_t value) const;

  const ClosedEnds& ends_;
  std::vector<std::vector<Posting>> postings_;  // by key, of those whose labels selectors see
  std::vector<Posting> by_range_;
  BitSet workloads_, nodes_, world_, apiserver_;
};

}  // namespace weft::verifier
