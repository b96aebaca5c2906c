#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/inventory.h"
#include "model/policy.h"

namespace weft::bench {

/// One policy about one workload, the client, and everybody else, in the two forms that are compared: as Weft's model,
/// and as the plain facts that whoever writes rules for a packet filter by hand would begin with.
struct PeersWorld {
  static constexpr std::uint32_t client = 0x0A000001;  ///< 10.0.0.1, or fd00::a00:1; the others follow it
  static constexpr std::uint16_t open_port = 443, closed_port = 444;

  /// The client may send to every member of `group` on UDP `port`.
  struct Rule {
    std::uint32_t group = 0;
    std::uint16_t port = 0;
  };

  bool six = false;         ///< the family of all addresses
  std::uint32_t hosts = 0;  ///< the client included
  std::uint32_t groups = 0;
  std::vector<Rule> rules;
  model::Policy policy;
  model::Inventory inventory;

  std::uint32_t address(std::uint32_t host) const { return client + host; }
  /// Of a host other than the client. Neighbouring addresses are of different groups, as those of pods are.
  std::uint32_t group_of(std::uint32_t host) const { return host % groups; }
};

/// A policy of `rules` rules, each from the client and one group to another group on one port. Every group is named
/// once in a round, and each round has a port of its own; the round in the middle is the one of `open_port`.
PeersWorld peers_world(std::uint32_t rules, std::uint32_t hosts, bool six = false);

/// The client's gate as nftables rules for what comes in from `interface`.
enum class NftForm {
  Rules,       ///< one for each rule, its group a named set
  Pairs,       ///< one set of every address with every port that is open there
  Identities,  ///< a map from address to group, and one from group and port to verdict
  Stateful,    ///< the same where packets are forwarded, behind the kernel's connection tracking
};

/// As a file for `nft -f`.
std::string nft_rules(const PeersWorld& world, NftForm form, const std::string& interface);
/// How many elements its sets and maps have.
std::uint64_t nft_elements(const PeersWorld& world, NftForm form);

}  // namespace weft::bench
