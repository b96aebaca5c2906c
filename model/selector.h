#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/address.h"
#include "model/peer.h"

namespace weft::model {

/// A boolean expression over peers. Label comparisons are true only of workloads (`node.K` only of nodes) and false
/// where the key is absent, so `Not` of one also matches nodes, the world and workloads without the key.
struct Selector {
  enum class Kind : std::uint8_t {
    None,       ///< no peer
    Any,        ///< every peer
    Workload,   ///< every workload
    Node,       ///< every node
    World,      ///< what is neither
    Apiserver,  ///< the addresses of the API server, whoever owns them
    OneOf,      ///< the label `key` has one of `values`
    Has,        ///< the label `key` is present
    Glob,       ///< the label `key` matches the pattern `values[0]`: `*` any text, `?` one character
    Address,    ///< the address the packet carries lies in `addresses`
    Not,        ///< not `operands[0]`
    And,        ///< all operands (of none: true)
    Or,         ///< any operand (of none: false)
  };

  Kind kind = Kind::None;
  LabelKey key{};
  std::vector<std::string> values{};  ///< of `OneOf`: sorted, without repeats
  AddressSet addresses{};
  std::vector<Selector> operands{};

  static Selector none() { return {}; }
  static Selector any() { return {.kind = Kind::Any}; }
  static Selector workload() { return {.kind = Kind::Workload}; }
  static Selector node() { return {.kind = Kind::Node}; }
  static Selector world() { return {.kind = Kind::World}; }
  static Selector apiserver() { return {.kind = Kind::Apiserver}; }
  static Selector equals(LabelKey key, std::string value);
  static Selector one_of(LabelKey key, std::vector<std::string> values);
  static Selector has(LabelKey key) { return {.kind = Kind::Has, .key = std::move(key)}; }
  static Selector glob(LabelKey key, std::string pattern);
  /// `addr`: any peer by address.
  static Selector address(AddressSet addresses) { return {.kind = Kind::Address, .addresses = std::move(addresses)}; }
  /// `world 10.0.0.0/8` or a bare network name: the world only.
  static Selector world_address(AddressSet addresses);
  static Selector negation(Selector operand);
  static Selector all_of(std::vector<Selector> operands);
  static Selector any_of(std::vector<Selector> operands);

  bool operator==(const Selector&) const;
};

bool matches(const Selector& selector, const End& end);

/// `*` matches any text, `?` one byte; nothing else is special.
bool glob_matches(std::string_view pattern, std::string_view text);

/// The selector as policy text, for messages and plans.
std::string to_string(const Selector& selector);

}  // namespace weft::model
