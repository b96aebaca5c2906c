#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft::model {

enum class Family : std::uint8_t { V4, V6 };

/// An IPv4 or IPv6 address in network byte order; IPv4 uses the first four bytes, the others are zero. The order is by
/// family, then by number. IPv4-mapped IPv6 (::ffff:a.b.c.d) is read as the IPv4 address it means.
struct Address {
  Family family = Family::V4;
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Address&) const = default;
};

/// 32 or 128.
constexpr unsigned bits(Family family) { return family == Family::V4 ? 32 : 128; }

/// RFC 4291 and dotted-quad text; nothing for anything else (leading zeros in IPv4 included: they mean octal to some).
std::optional<Address> parse_address(std::string_view text);
/// RFC 5952 text.
std::string to_string(const Address& address);
/// The lowest or highest address of a family.
Address lowest(Family family);
Address highest(Family family);
/// The neighbour, or nothing past the end of the family.
std::optional<Address> next(const Address& address);
std::optional<Address> previous(const Address& address);
/// The IPv4 address as a number in host byte order.
std::uint32_t v4_number(const Address& address);
Address v4_address(std::uint32_t number);

/// A network: the addresses that share the first `length` bits of `base`.
struct Prefix {
  Address base;
  std::uint8_t length = 0;

  auto operator<=>(const Prefix&) const = default;
  Address first() const;
  Address last() const;
  bool contains(const Address& address) const;
};

/// "10.0.0.0/8" or a single address; host bits below the mask are kept in `base` (see `is_canonical`).
std::optional<Prefix> parse_prefix(std::string_view text);
/// True if no bit below the mask is set.
bool is_canonical(const Prefix& prefix);
std::string to_string(const Prefix& prefix);

/// All addresses from `first` to `last`, both included, of one family.
struct AddressRange {
  Address first;
  Address last;

  auto operator<=>(const AddressRange&) const = default;
};

/// A set of addresses of both families: disjoint ranges in ascending order with gaps between them.
class AddressSet {
 public:
  AddressSet() = default;
  static AddressSet of(const Prefix& prefix);
  static AddressSet of(const Address& address);

  void add(const AddressRange& range);
  void remove(const AddressRange& range);
  void add(const AddressSet& other);
  void remove(const AddressSet& other);

  bool contains(const Address& address) const;
  bool contains(const AddressSet& other) const;
  bool intersects(const AddressSet& other) const;
  bool empty() const { return ranges_.empty(); }
  const std::vector<AddressRange>& ranges() const { return ranges_; }
  /// The fewest prefixes that make up the set, ascending.
  std::vector<Prefix> prefixes() const;

  bool operator==(const AddressSet&) const = default;

 private:
  std::vector<AddressRange> ranges_;
};

/// The fewest prefixes that make up a range, ascending.
std::vector<Prefix> cover(const AddressRange& range);

}  // namespace weft::model
