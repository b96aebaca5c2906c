#include "plan/identity_layout.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include <fmt/format.h>

#include "base/assert.h"

namespace weft::plan {
namespace {

// A direct table costs 2 bytes an address it spans, a hash entry about 85 and 3 to 10 times the look-up: up to this
// many addresses a host the table is the better buy. Of IPv6 a host in a bucket costs 43 to 86 bytes, and is found
// nearly as fast.
constexpr std::uint64_t addresses_per_host4 = 256, addresses_per_host6 = 64;
constexpr unsigned widest_table_bits = 24;
// And with this many it always is one, so that a neighbour who comes makes no other table, and so no other program.
constexpr unsigned narrowest_bits4 = 8, narrowest_bits6 = 6;
static_assert(1U << narrowest_bits4 <= addresses_per_host4 && 1U << narrowest_bits6 <= addresses_per_host6);
constexpr std::size_t most_tables = 4;  // each costs every address outside it one compare

using Hosts = std::vector<IdentityLayout::Exact>;

std::uint64_t half(const model::Address& address, std::size_t from) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8; ++i) out = out << 8U | address.bytes[from + i];
  return out;
}

// What tells addresses apart that can be in one table: of IPv4 the address, of IPv6 the lower half of it.
std::uint64_t number(const model::Address& address) {
  return address.family == model::Family::V4 ? model::v4_number(address) : half(address, 8);
}

// And what they have in common.
std::uint64_t network(const model::Address& address) {
  return address.family == model::Family::V4 ? 0 : half(address, 0);
}

// The address with another number.
model::Address with_number(model::Address address, std::uint64_t number) {
  if (address.family == model::Family::V4) return model::v4_address(static_cast<std::uint32_t>(number));
  for (std::size_t i = 0; i < 8; ++i) address.bytes[8 + i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  return address;
}

// The hosts of one candidate table, by position, and the 2^bits aligned numbers they span.
struct Block {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint64_t first = 0;
  unsigned bits = 0;

  std::uint64_t last() const { return first | (bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1); }
};

// The smallest aligned power of two that holds the hosts from `begin` to `end`, and a few more.
Block block_of(const Hosts& hosts, std::size_t begin, std::size_t end) {
  const std::uint64_t low = number(hosts[begin].address), high = number(hosts[end - 1].address);
  const bool six = hosts[begin].address.family == model::Family::V6;
  const auto bits =
      std::max(static_cast<unsigned>(std::bit_width(low ^ high)), six ? narrowest_bits6 : narrowest_bits4);
  return {begin, end, bits == 64 ? 0 : low >> bits << bits, bits};
}

// Halves the hosts at the middle of the block they span until each part is dense enough for a table. Parts of fewer
// hosts than `fewest` make none.
void dense_blocks(const Hosts& hosts, std::size_t begin, std::size_t end, std::uint64_t addresses_per_host,
                  std::size_t fewest, std::vector<Block>& out) {
  if (begin == end || end - begin < fewest) return;
  const Block block = block_of(hosts, begin, end);
  if (block.bits <= widest_table_bits && std::uint64_t{1} << block.bits <= addresses_per_host * (end - begin)) {
    out.push_back(block);
    return;
  }
  const std::uint64_t middle = block.first | std::uint64_t{1} << (block.bits - 1);
  const auto at =
      static_cast<std::size_t>(std::partition_point(hosts.begin() + static_cast<std::ptrdiff_t>(begin),
                                                    hosts.begin() + static_cast<std::ptrdiff_t>(end),
                                                    [&](const auto& host) { return number(host.address) < middle; }) -
                               hosts.begin());
  dense_blocks(hosts, begin, at, addresses_per_host, fewest, out);
  dense_blocks(hosts, at, end, addresses_per_host, fewest, out);
}

// Most hosts first.
std::vector<Block> dense_blocks(model::Family family, const Hosts& hosts) {
  const bool six = family == model::Family::V6;
  std::vector<Block> out;
  for (std::size_t begin = 0; begin < hosts.size();) {
    std::size_t end = begin + 1;
    while (end < hosts.size() && network(hosts[end].address) == network(hosts[begin].address)) ++end;
    // What few hosts would gain by a table of their own, all others would pay for: a compare, of IPv6 one of 16 bytes.
    dense_blocks(hosts, begin, end, six ? addresses_per_host6 : addresses_per_host4, hosts.size() / (six ? 8 : 64),
                 out);
    begin = end;
  }
  std::ranges::sort(out, [](const Block& a, const Block& b) {
    return std::tuple(b.end - b.begin, a.begin) < std::tuple(a.end - a.begin, b.begin);
  });
  if (out.size() > most_tables) out.resize(most_tables);
  return out;
}

// Every address has its identity by the world, and hosts theirs.
IdentityLayout::Direct fill(const Block& block, const Hosts& hosts, const std::vector<IdentityRange>& world) {
  const model::Address& host = hosts[block.begin].address;
  IdentityLayout::Direct table{with_number(host, block.first), {}};
  table.identities.resize(std::size_t{1} << block.bits);
  const model::Address last = with_number(host, block.last());
  for (const IdentityRange& range : world) {
    if (range.addresses.last < table.first || last < range.addresses.first) continue;
    const std::uint64_t from = number(std::max(range.addresses.first, table.first)) - block.first;
    const std::uint64_t to = number(std::min(range.addresses.last, last)) - block.first;
    std::fill(table.identities.begin() + static_cast<std::ptrdiff_t>(from),
              table.identities.begin() + static_cast<std::ptrdiff_t>(to) + 1, range.identity);
  }
  for (std::size_t i = block.begin; i < block.end; ++i) {
    table.identities[number(hosts[i].address) - block.first] = hosts[i].identity;
  }
  return table;
}

// The identity most addresses have: what needs no entry.
Identity widest_identity(const std::vector<IdentityRange>& world) {
  // Ranges are compared by the power of two of their width: exact sums would need 128 bits and change nothing.
  const auto width = [](const IdentityRange& range) {
    const std::vector<model::Prefix> parts = model::cover(range.addresses);
    return std::ranges::min(parts, {}, &model::Prefix::length).length;
  };
  return std::ranges::min(world, {}, width).identity;
}

}  // namespace

IdentityLayout choose_layout(model::Family family, const std::vector<IdentityLayout::Exact>& hosts,
                             const std::vector<IdentityRange>& world) {
  IdentityLayout out;
  out.otherwise = widest_identity(world);

  std::vector<bool> placed(hosts.size());
  for (const Block& block : dense_blocks(family, hosts)) {
    out.direct.push_back(fill(block, hosts, world));
    std::fill(placed.begin() + static_cast<std::ptrdiff_t>(block.begin),
              placed.begin() + static_cast<std::ptrdiff_t>(block.end), true);
    const std::size_t size = out.direct.back().identities.size(), count = block.end - block.begin;
    out.reasons.push_back(fmt::format("direct table of {} address{} from {}: {} host{}, {:.1f} addresses a host", size,
                                      size == 1 ? "" : "es", to_string(out.direct.back().first), count,
                                      count == 1 ? "" : "s", static_cast<double>(size) / static_cast<double>(count)));
  }
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (!placed[i]) out.exact.push_back(hosts[i]);
  }
  if (!out.exact.empty()) {
    out.reasons.push_back(fmt::format("exact table of {} host{}: too scattered to index", out.exact.size(),
                                      out.exact.size() == 1 ? "" : "s"));
  }

  // Neighbouring ranges of one identity share prefixes, so they are joined first.
  for (std::size_t i = 0; i < world.size();) {
    model::AddressRange joined = world[i].addresses;
    std::size_t j = i + 1;
    while (j < world.size() && world[j].identity == world[i].identity) joined.last = world[j++].addresses.last;
    if (world[i].identity != out.otherwise) {
      for (const model::Prefix& prefix : model::cover(joined)) out.prefixes.push_back({prefix, world[i].identity});
    }
    i = j;
  }
  if (!out.prefixes.empty()) {
    out.reasons.push_back(
        fmt::format("prefix table of {} networks, asked only where the others miss", out.prefixes.size()));
  }
  return out;
}

Identity identify(const IdentityLayout& layout, const model::Address& address) {
  for (const IdentityLayout::Direct& table : layout.direct) {
    if (table.first.family != address.family || network(table.first) != network(address)) continue;
    const std::uint64_t offset = number(address) - number(table.first);
    if (offset < table.identities.size()) return table.identities[offset];
  }
  const auto exact = std::ranges::lower_bound(layout.exact, address, {}, &IdentityLayout::Exact::address);
  if (exact != layout.exact.end() && exact->address == address) return exact->identity;
  const IdentityLayout::ByPrefix* longest = nullptr;
  for (const IdentityLayout::ByPrefix& entry : layout.prefixes) {
    if (entry.prefix.contains(address) && (!longest || longest->prefix.length < entry.prefix.length)) longest = &entry;
  }
  return longest ? longest->identity : layout.otherwise;
}

}  // namespace weft::plan
