#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weft::bundle {

using Bytes = std::vector<std::uint8_t>;

/// One key of a hash or LPM map with its value, laid out as the kernel reads them.
struct MapEntry {
  Bytes key;
  Bytes value;

  bool operator==(const MapEntry&) const = default;
};

/// What a map or a global table holds when the program starts.
struct MapImage {
  enum class Kind : std::uint8_t {
    Global,  ///< one symbol in the object's global data: `value` is its bytes
    Hash,    ///< exact keys: `entries`
    Lpm,     ///< longest prefix: `entries`, keys begin with the prefix length as a 32-bit number in host order
  };

  std::string name;  ///< symbol of the table, or name of the map, in the object
  Kind kind = Kind::Global;
  std::uint32_t element_bytes = 0;  ///< of Global: bytes of one element (1, 2, 4 or 8), for people who read the JSON
  Bytes value;
  std::vector<MapEntry> entries;

  bool operator==(const MapImage&) const = default;
};

/// One address of a local workload and the class it has.
struct EndpointAddress {
  std::string address;
  std::uint16_t class_id = 0;

  bool operator==(const EndpointAddress&) const = default;
};

/// A workload or a node whose gates this bundle can serve, at one place: "veth1", "netns:NAMESPACE:veth1", or
/// "cgroup:PATH"; of a node with "node:" before.
struct Endpoint {
  std::string workload;
  std::string interface;  ///< the place, from the inventory's `attach`; empty: not attached by default
  std::uint16_t home = 0;
  std::vector<EndpointAddress> addresses;

  bool operator==(const Endpoint&) const = default;
};

/// What an entry number of a gate means to people (see WEFT_ENTRY_* in abi.h).
struct Entry {
  std::uint32_t number = 0;
  std::string action;  ///< "allow", "deny", "pass"
  std::string by;      ///< "rule", "isolation", "profile", "self", "own-node", "no-gate", …
  std::string policy;  ///< name of the policy block, empty without one
  std::string tier;
  std::string at;                    ///< "shop.weft:14:3", empty without a place
  std::string text;                  ///< the rule as written
  bool audited = false;              ///< it decides nothing; an isolation allows and would deny
  std::optional<std::string> log{};  ///< of a rule that says `log`, its text

  bool operator==(const Entry&) const = default;
};

/// A class of ends that no rule tells apart, for people: the bundle holds no labels.
struct ClassName {
  std::string text;           ///< a workload, a group of the policy, or the labels they have in common: "app == \"web\""
  std::string example;        ///< one of them: a workload, a node, or a network
  std::uint32_t members = 0;  ///< workloads or nodes; 0 of a part of the world

  bool operator==(const ClassName&) const = default;
};

/// A file that went into the bundle.
struct Input {
  std::string name;
  std::string sha256;

  bool operator==(const Input&) const = default;
};

struct Manifest {
  std::string weft_version;
  std::string profile;
  std::vector<Input> inputs;
  std::vector<Endpoint> endpoints;
  std::vector<Entry> egress;                     ///< entries of the egress gate, ascending
  std::vector<Entry> ingress;                    ///< entries of the ingress gate, ascending
  std::vector<ClassName> classes;                ///< by number of the class
  std::map<std::string, std::uint64_t> figures;  ///< classes, atoms, table bytes, …: sizes known at compile time

  bool operator==(const Manifest&) const = default;
};

/// The artefact: an ELF object that libbpf loads as it is, the contents of its tables, and what they mean.
struct Bundle {
  Bytes object;
  std::vector<MapImage> images;
  Manifest manifest;

  bool operator==(const Bundle&) const = default;
};

/// Writes the bundle into `directory`, creating it: `program.o`, `maps.json`, `maps.bin`, `manifest.json` (with the
/// SHA-256 of the others). Written beside and renamed, so a reader sees the old bundle or the new one. Same bundle,
/// same bytes.
///
/// Errors: W5001 with the path and the reason; nothing is left behind.
Result<void> write(const Bundle& bundle, const std::filesystem::path& directory);

/// Reads a bundle back and checks every hash, size and bound in it.
///
/// Errors: W5002 where a file is missing or unreadable, W5003 where one was changed or is malformed: says which.
Result<Bundle> read(const std::filesystem::path& directory);
/// The same, with the identity of what was read: here it costs nothing.
Result<Bundle> read(const std::filesystem::path& directory, std::string& identity);

/// The name of a bundle: the hash its `manifest.json` ends in, over the rest of it and so over the hashes of all files.
std::string identity(const Bundle& bundle);

/// Lower-case hexadecimal SHA-256.
std::string sha256(std::string_view bytes);

}  // namespace weft::bundle
