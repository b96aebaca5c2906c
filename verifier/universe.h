#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/inventory.h"
#include "model/policy.h"
#include "verifier/answer.h"
#include "verifier/index_set.h"

namespace weft::verifier {

/// One end of a flow in terms of a universe.
struct EndValue {
  model::PeerKind kind = model::PeerKind::Workload;
  std::vector<std::uint32_t> labels;  ///< by key: 0 is absent, otherwise a class of the key
  std::uint32_t address = 0;          ///< number of an elementary range
  bool apiserver = false;             ///< the API server answers at this address
};

/// A flow in terms of a universe.
struct Valuation {
  EndValue source;
  EndValue destination;
  bool own_node = false;       ///< one end is a node and the other a workload that runs on it
  std::uint32_t service = 0;   ///< number of a service atom
  std::vector<bool> declares;  ///< by port name: the destination declares it at the port of the flow
};

/// All flows there can be at one moment, cut into finitely many kinds no part of a policy can tell apart. Keys that
/// relations compare share one set of texts, so that values of both ends can be equal or differ. Exact: every flow has
/// a counterpart here that the policy treats the same, and everything here stands for a flow; unless a key says
/// otherwise.
class Universe {
 public:
  struct Key {
    model::LabelKey key;
    std::vector<std::string> values;  ///< the text of class i + 1
    bool exact = true;                ///< false: some classes are missing, so nothing can be proved with this key
    std::uint32_t classes() const { return static_cast<std::uint32_t>(values.size()) + 1; }
    bool of_node() const { return key.scope == model::KeyScope::Node; }
  };
  /// A namespace of the inventory, standing for all that the policy cannot tell from it.
  struct Namespace {
    std::string name;
    std::uint32_t value = 0;                        ///< class of `ns`
    std::map<std::uint32_t, std::uint32_t> labels;  ///< by key of scope Namespace: its class, 0 where it has none
  };
  /// A value that lies outside the vocabulary and that only these namespaces have.
  struct Reserved {
    std::uint32_t key = 0;
    std::uint32_t value = 0;
    std::vector<std::uint32_t> namespaces;  ///< classes of `ns`
  };
  struct Service {
    model::ServiceRange points;
    model::ServicePoint example{};
  };

  /// `inventory` may be null. Both must outlive the universe.
  Universe(const model::Policy& policy, const model::Inventory* inventory);

  const std::vector<Key>& keys() const { return keys_; }
  /// The number of a key some selector or relation of the policy mentions.
  std::uint32_t key(const model::LabelKey& key) const { return key_numbers_.at(key); }
  std::optional<std::uint32_t> ns() const { return ns_; }
  const std::vector<Namespace>& namespaces() const { return namespaces_; }
  /// The listed namespace of that class of `ns`; null where the inventory lists none.
  const Namespace* namespace_of(std::uint32_t value) const {
    return value < listed_.size() && listed_[value] != 0 ? &namespaces_[listed_[value] - 1] : nullptr;
  }
  const std::vector<Reserved>& reserved() const { return reserved_; }
  /// The classes of its key that a selector of kind OneOf, Has or Glob selects; never class 0.
  IndexSet classes(const model::Selector& selector) const;

  /// True if some selector looks at the address of an end.
  bool uses_addresses() const { return uses_addresses_; }
  std::uint32_t address_count() const { return static_cast<std::uint32_t>(addresses_.size()); }
  std::uint32_t first_v6() const { return first_v6_; }
  IndexSet addresses(const model::AddressSet& set) const;
  /// Where the addresses lie that documentation uses: 203.0.113.1 and 2001:db8::1.
  std::uint32_t example_address(model::Family family) const;
  /// The ranges of one address each.
  const IndexSet& single_addresses() const { return single_addresses_; }

  const std::vector<Service>& services() const { return services_; }
  IndexSet services(const model::PointSet& points) const;
  IndexSet services_of_protocol(std::uint8_t protocol) const;
  const std::vector<model::PortName>& names() const { return names_; }
  std::uint32_t name(const model::PortName& name) const { return name_numbers_.at(name); }

  /// True if a flow can be so.
  bool legal(const Valuation& valuation) const;
  /// The plainest flow there is: workloads without labels.
  Valuation blank() const;
  /// An address of that elementary range that is none of the taken ones: one that people know as an example where there
  /// is one, and one that nobody of the inventory owns where there is one. Nothing where all are taken.
  std::optional<model::Address> address_in(std::uint32_t range, std::span<const model::Address> taken) const;
  const model::AddressRange& address_range(std::uint32_t range) const { return addresses_[range]; }
  /// An end of this kind, without an instance and without what depends on flows.
  model::Peer peer(const EndValue& end) const;
  /// A flow of this kind, judged at that moment by a policy that tells no more flows apart.
  Witness concrete(const Valuation& valuation, model::Moment now, const model::Policy& judge) const;

 private:
  struct Uses;
  void number_keys(Uses& uses);
  void number_namespaces(const Uses& uses);
  void sort_values();
  void cut_addresses(const Uses& uses);
  void cut_services(const Uses& uses);
  bool legal(const EndValue& end) const;

  const model::Inventory* inventory_;
  std::vector<Key> keys_;
  std::vector<std::vector<std::uint32_t>> by_text_;  // by key: positions of its values, in order of their texts
  std::map<model::LabelKey, std::uint32_t> key_numbers_;
  std::optional<std::uint32_t> ns_;
  std::vector<Namespace> namespaces_;
  std::vector<std::size_t> listed_;  // by class of `ns`: one more than the position in `namespaces_`; 0 is none
  std::vector<Reserved> reserved_;
  bool uses_addresses_ = false;
  std::vector<model::AddressRange> addresses_;
  std::uint32_t first_v6_ = 0;
  IndexSet single_addresses_;
  std::vector<model::Address> owned_;  // by somebody of the inventory, ascending
  std::vector<Service> services_;
  std::vector<model::PortName> names_;
  std::map<model::PortName, std::uint32_t> name_numbers_;
};

}  // namespace weft::verifier
