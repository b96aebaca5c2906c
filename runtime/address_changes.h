#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bundle/bundle.h"

/// What it takes to bring the tables of addresses of a running program up to date, one step after the other, so that no
/// packet is judged by anything but the one bundle or the other (decision 0023).
namespace weft::runtime {

/// An entry of a map, in bytes that are somebody else's.
struct TableEntry {
  std::span<const std::uint8_t> key;
  std::span<const std::uint8_t> value;
};

/// Are these the entries of an image, in the same order?
bool is_same(const std::vector<TableEntry>& entries, const std::vector<bundle::MapEntry>& image);

/// The tables of a program as they are: those in global data by the name of their variable, and the maps.
struct Tables {
  struct Entries {
    std::vector<TableEntry> entries;  ///< ascending by key
    std::size_t room = 0;             ///< how many there can be
    std::size_t key_bytes = 0;
    std::size_t value_bytes = 0;
    std::unique_ptr<std::uint8_t[]> bytes{};  ///< of the entries, where they are nobody else's
  };

  std::map<std::string, std::span<const std::uint8_t>> globals;
  std::map<std::string, Entries> maps;
};

/// One change that the kernel makes at once: of an aligned word of a table in global data, or of an entry of a map.
struct TableStep {
  std::string table;
  std::uint64_t offset = 0;  ///< in a table in global data
  bundle::Bytes key{};       ///< of an entry; empty: a word of 1, 2, 4 or 8 bytes
  bundle::Bytes before{};    ///< of an entry that comes: empty
  bundle::Bytes after{};     ///< of an entry that goes: empty

  bool operator==(const TableStep&) const = default;
};

struct AddressChanges {
  std::vector<TableStep> steps;
  std::size_t addresses = 0;  ///< that are somebody else from now on
  std::size_t networks = 0;   ///< whose other addresses are
};

/// The steps from the tables as they are to those of the bundle, in an order in which each address has at every moment
/// the identity it had or the one it gets, and once it has that one, keeps it; undone from the last to the first, the
/// same holds. None where other tables than those of addresses differ, or where there is no such order.
///
/// `wanted` are the images of a bundle with the program's own object.
std::optional<AddressChanges> address_changes(const Tables& now, const std::vector<bundle::MapImage>& wanted);

}  // namespace weft::runtime
