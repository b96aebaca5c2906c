#include "model/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/assert.h"

namespace weft::model {
namespace {

std::size_t width(Family family) { return family == Family::V4 ? 4 : 16; }

// The address with the bits from `length` on set to `ones`.
Address with_low_bits(const Address& address, unsigned length, bool ones) {
  Address out = address;
  for (std::size_t i = 0; i < width(address.family); ++i) {
    const unsigned first_bit = static_cast<unsigned>(i) * 8;
    if (first_bit + 8 <= length) continue;
    const unsigned keep = length > first_bit ? length - first_bit : 0;
    const auto low = static_cast<std::uint8_t>(0xFFU >> keep);
    out.bytes[i] = static_cast<std::uint8_t>(ones ? out.bytes[i] | low : out.bytes[i] & ~low);
  }
  return out;
}

bool is_v4_mapped(const std::array<std::uint8_t, 16>& bytes) {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; }) && bytes[10] == 0xFF &&
         bytes[11] == 0xFF;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  const std::string owned(text);
  if (owned.size() != std::strlen(owned.c_str())) return {};
  Address address;
  if (inet_pton(AF_INET, owned.c_str(), address.bytes.data()) == 1) return address;
  address.family = Family::V6;
  if (inet_pton(AF_INET6, owned.c_str(), address.bytes.data()) != 1) return {};
  if (is_v4_mapped(address.bytes)) {
    Address v4;
    std::copy_n(address.bytes.begin() + 12, 4, v4.bytes.begin());
    return v4;
  }
  return address;
}

std::string to_string(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(address.family == Family::V4 ? AF_INET : AF_INET6, address.bytes.data(), text.data(), text.size());
  return text.data();
}

Address lowest(Family family) { return {family, {}}; }
Address highest(Family family) { return with_low_bits(lowest(family), 0, true); }

std::optional<Address> next(const Address& address) {
  Address out = address;
  for (std::size_t i = width(address.family); i-- > 0;) {
    if (++out.bytes[i] != 0) return out;
  }
  return {};
}

std::optional<Address> previous(const Address& address) {
  Address out = address;
  for (std::size_t i = width(address.family); i-- > 0;) {
    if (out.bytes[i]-- != 0) return out;
  }
  return {};
}

std::uint32_t v4_number(const Address& address) {
  WEFT_ASSERT(address.family == Family::V4, "only an IPv4 address is a 32-bit number");
  return (std::uint32_t{address.bytes[0]} << 24) | (std::uint32_t{address.bytes[1]} << 16) |
         (std::uint32_t{address.bytes[2]} << 8) | address.bytes[3];
}

Address v4_address(std::uint32_t number) {
  Address out;
  for (unsigned i = 0; i < 4; ++i) out.bytes[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  return out;
}

Address Prefix::first() const { return with_low_bits(base, length, false); }
Address Prefix::last() const { return with_low_bits(base, length, true); }
bool Prefix::contains(const Address& address) const {
  return address.family == base.family && first() <= address && address <= last();
}

std::optional<Prefix> parse_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto base = parse_address(text.substr(0, slash));
  if (!base) return {};
  if (slash == std::string_view::npos) return Prefix{*base, static_cast<std::uint8_t>(bits(base->family))};
  const std::string_view digits = text.substr(slash + 1);
  if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits[0] == '0')) return {};
  unsigned length = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return {};
    length = length * 10 + static_cast<unsigned>(c - '0');
  }
  // A mapped address was read as IPv4: its mask counts the 96 bits before it.
  if (base->family == Family::V4 && text.find(':') != std::string_view::npos) {
    if (length < 96) return {};
    length -= 96;
  }
  if (length > bits(base->family)) return {};
  return Prefix{*base, static_cast<std::uint8_t>(length)};
}

bool is_canonical(const Prefix& prefix) { return prefix.base == prefix.first(); }

std::string to_string(const Prefix& prefix) { return fmt::format("{}/{}", to_string(prefix.base), prefix.length); }

AddressSet AddressSet::of(const Prefix& prefix) {
  AddressSet set;
  set.add({prefix.first(), prefix.last()});
  return set;
}

AddressSet AddressSet::of(const Address& address) {
  AddressSet set;
  set.add({address, address});
  return set;
}

void AddressSet::add(const AddressRange& range) {
  // Most sets are built in ascending order: then each range only has to be put behind the last.
  if (ranges_.empty() || ranges_.back().last < range.first) {
    const bool touches = !ranges_.empty() && next(ranges_.back().last) == range.first;
    if (!touches) {
      ranges_.push_back(range);
      return;
    }
  }
  AddressRange merged = range;
  std::vector<AddressRange> out;
  bool placed = false;
  for (const AddressRange& have : ranges_) {
    // Two ranges join where they overlap or touch; families never touch.
    const auto after_have = next(have.last);
    const auto after_merged = next(merged.last);
    const bool same_family = have.first.family == merged.first.family;
    const bool before =
        !same_family ? have.first.family < merged.first.family : after_have && *after_have < merged.first;
    const bool after =
        !same_family ? merged.first.family < have.first.family : after_merged && *after_merged < have.first;
    if (before) {
      out.push_back(have);
    } else if (after) {
      if (!placed) out.push_back(merged);
      placed = true;
      out.push_back(have);
    } else {
      merged = {std::min(merged.first, have.first), std::max(merged.last, have.last)};
    }
  }
  if (!placed) out.push_back(merged);
  ranges_ = std::move(out);
}

void AddressSet::remove(const AddressRange& range) {
  std::vector<AddressRange> out;
  for (const AddressRange& have : ranges_) {
    if (have.first.family != range.first.family || have.last < range.first || range.last < have.first) {
      out.push_back(have);
      continue;
    }
    if (have.first < range.first) out.push_back({have.first, *previous(range.first)});
    if (range.last < have.last) out.push_back({*next(range.last), have.last});
  }
  ranges_ = std::move(out);
}

void AddressSet::add(const AddressSet& other) {
  for (const AddressRange& range : other.ranges_) add(range);
}

void AddressSet::remove(const AddressSet& other) {
  for (const AddressRange& range : other.ranges_) remove(range);
}

bool AddressSet::contains(const Address& address) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                      [](const Address& a, const AddressRange& r) { return a < r.first; });
  return after != ranges_.begin() && address <= std::prev(after)->last;
}

bool AddressSet::contains(const AddressSet& other) const {
  AddressSet rest = other;
  rest.remove(*this);
  return rest.empty();
}

bool AddressSet::intersects(const AddressSet& other) const {
  AddressSet rest = other;
  rest.remove(*this);
  return rest != other;
}

std::vector<Prefix> cover(const AddressRange& range) {
  std::vector<Prefix> out;
  std::optional<Address> from = range.first;
  while (from && *from <= range.last) {
    // The widest network that starts here and ends within the range.
    Prefix prefix{*from, static_cast<std::uint8_t>(bits(from->family))};
    while (prefix.length > 0) {
      const Prefix wider{*from, static_cast<std::uint8_t>(prefix.length - 1)};
      if (!is_canonical(wider) || range.last < wider.last()) break;
      prefix = wider;
    }
    out.push_back(prefix);
    from = next(prefix.last());
  }
  return out;
}

std::vector<Prefix> AddressSet::prefixes() const {
  std::vector<Prefix> out;
  for (const AddressRange& range : ranges_) {
    const std::vector<Prefix> part = cover(range);
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

}  // namespace weft::model
