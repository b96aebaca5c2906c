#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/address_changes.h"
#include "runtime/global_symbols.h"
#include "runtime/system.h"

/// The tables of a program that is in the kernel, read and changed where they are.
namespace weft::runtime {

/// Gives mapped memory back.
struct Unmap {
  std::size_t mapped = 0;
  void operator()(void* begin) const;
};

/// Contents of a data section, as the program sees them at every moment.
class MappedSection {
 public:
  /// Errors: W6002 where the kernel lets nobody see them, W6001, W6008.
  static Result<MappedSection> open(const Descriptor& map);
  std::span<const std::uint8_t> bytes() const { return {static_cast<const std::uint8_t*>(begin_.get()), size_}; }
  /// One store of 1, 2, 4 or 8 bytes at a multiple of their number.
  void store(std::uint64_t offset, std::span<const std::uint8_t> word);

 private:
  std::unique_ptr<void, Unmap> begin_;
  std::size_t size_ = 0;
};

class ProgramTables {
 public:
  /// Errors: W6001, W6008.
  static Result<ProgramTables> open(std::uint32_t program);

  /// A section by its name in the object, none where the program uses none of that name. Errors: those of
  /// MappedSection.
  Result<MappedSection*> section(const std::string& name);
  /// A variable of the object as it is now, none where the program uses no section that has it. Errors: those of
  /// MappedSection.
  Result<std::optional<std::span<const std::uint8_t>>> global(const GlobalSymbol& symbol);
  /// A map with its entries, none where there is no such. Errors: W6001, W6008.
  Result<std::unique_ptr<Tables::Entries>> entries(const std::string& map) const;

  /// Does a step whose table is a section or a map; what it makes of it is `value`. Done twice is done once. Errors:
  /// W6001, W6008, W6009.
  Result<void> apply(const TableStep& step, const bundle::Bytes& value);

 private:
  std::map<std::string, Descriptor> maps_;
  std::map<std::string, MappedSection> sections_;
};

}  // namespace weft::runtime
