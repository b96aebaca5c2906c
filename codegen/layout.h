#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "codegen/codegen.h"
#include "codegen/places.h"

namespace weft::codegen {

/// A table in global data. `contents` is exact, padding that only keeps masked indexes in bounds included.
struct Table {
  std::string name;
  std::uint32_t element_bytes = 0;
  bundle::Bytes contents;
};

/// A map of the kernel.
struct Map {
  enum class Kind : std::uint8_t {
    Hash,
    Lpm,
    LruHash,
    LruPerCpuHash,
    PerCpuArray,
    RingBuffer,
    CgroupStorage,
    SocketStorage,
  };

  std::string name;
  Kind kind = Kind::Hash;
  std::string key_type;  ///< a structure of the data path, or empty: `key_bytes` of a number or an array
  std::string value_type;
  std::uint32_t key_bytes = 0;
  std::uint32_t value_bytes = 0;
  std::uint32_t most_entries = 0;  ///< of a ring buffer its bytes
  std::vector<bundle::MapEntry> entries;
};

/// A directly indexed range of addresses: `size` is a power of two, `first` a multiple of it. Of IPv6 these are the
/// lower half of the addresses in one network /64.
struct DirectRange {
  std::uint64_t first = 0;
  std::uint32_t size = 0;
  std::string classes;        ///< table of 16-bit classes
  std::string homes;          ///< table of 16-bit homes, or empty where no home is asked for
  std::uint64_t network = 0;  ///< of IPv6: the upper half
};

/// How a service point finds its atom: protocols whose values differ have a table of 65,536, the others one element of
/// the table by protocol.
struct AtomTables {
  struct OfProtocol {
    std::uint8_t protocol = 0;
    std::string table;
  };

  std::vector<OfProtocol> by_value;
  std::string by_protocol;
  std::uint32_t element_bytes = 1;
};

/// The shape of a program: every number and table that tells it from the programs of other policies.
struct Layout {
  std::vector<std::pair<std::string, std::uint32_t>> constants;  ///< of `datapath/tables.h`
  std::vector<Table> tables;
  std::vector<Map> maps;
  std::vector<DirectRange> direct4, direct6;
  AtomTables atoms;
  std::vector<plan::Condition> conditions;  ///< the bits of `weft_held`
  Places places;
  bool cgroups = false;             ///< the programs of cgroups are wanted
  std::uint32_t value_columns = 0;  ///< of the table `weft_values`: what relations compare, by class

  std::uint64_t table_bytes() const;
};

/// Lays out the tables of a plan. Errors: W4101, W4102.
Result<Layout> lay_out(const plan::DecisionPlan& plan, const Options& options);

}  // namespace weft::codegen
