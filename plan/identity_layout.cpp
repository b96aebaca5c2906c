#include "plan/identity_layout.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/assert.h"

namespace weft::plan {
namespace {

// A direct table costs 2 bytes an address it spans, a hash entry about 85 and 3 to 10 times the look-up: up to this
// many addresses a host the table is the better buy.
constexpr std::uint64_t addresses_per_host = 256;
constexpr std::uint64_t widest_table = 1U << 24;
constexpr std::size_t most_tables = 4;  // each costs every address outside it one compare

using Hosts = std::vector<IdentityLayout::Exact>;

// The hosts of one candidate table, by position, and the aligned block of addresses they span.
struct Block {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint32_t first = 0;
  std::uint64_t size = 1;
};

// The smallest aligned power of two that holds the hosts from `begin` to `end`.
Block block_of(const Hosts& hosts, std::size_t begin, std::size_t end) {
  const std::uint32_t low = model::v4_number(hosts[begin].address);
  const std::uint32_t high = model::v4_number(hosts[end - 1].address);
  Block block{begin, end, low, 1};
  while (block.first + (block.size - 1) < high) {
    block.size *= 2;
    block.first = static_cast<std::uint32_t>(low & ~(block.size - 1));
  }
  return block;
}

// Halves the hosts at the middle of the block they span until each part is dense enough for a table.
void dense_blocks(const Hosts& hosts, std::size_t begin, std::size_t end, std::vector<Block>& out) {
  if (begin == end) return;
  const Block block = block_of(hosts, begin, end);
  if (block.size <= widest_table && block.size <= addresses_per_host * (end - begin)) {
    out.push_back(block);
    return;
  }
  const std::uint64_t middle = block.first + block.size / 2;
  const auto at = static_cast<std::size_t>(
      std::partition_point(hosts.begin() + static_cast<std::ptrdiff_t>(begin),
                           hosts.begin() + static_cast<std::ptrdiff_t>(end),
                           [&](const auto& host) { return model::v4_number(host.address) < middle; }) -
      hosts.begin());
  dense_blocks(hosts, begin, at, out);
  dense_blocks(hosts, at, end, out);
}

IdentityLayout::Direct fill(const Block& block, const Hosts& hosts, const std::vector<IdentityRange>& world) {
  IdentityLayout::Direct table{model::v4_address(block.first), {}};
  table.identities.resize(block.size);
  const std::uint64_t last = block.first + (block.size - 1);
  for (const IdentityRange& range : world) {
    if (range.addresses.first.family != model::Family::V4) continue;
    const std::uint64_t from = std::max<std::uint64_t>(block.first, model::v4_number(range.addresses.first));
    const std::uint64_t to = std::min<std::uint64_t>(last, model::v4_number(range.addresses.last));
    for (std::uint64_t at = from; at <= to; ++at) table.identities[at - block.first] = range.identity;
  }
  for (std::size_t i = block.begin; i < block.end; ++i) {
    table.identities[model::v4_number(hosts[i].address) - block.first] = hosts[i].identity;
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
  if (family == model::Family::V4) {
    std::vector<Block> blocks;
    dense_blocks(hosts, 0, hosts.size(), blocks);
    std::ranges::sort(blocks, [](const Block& a, const Block& b) {
      return std::tuple(b.end - b.begin, a.first) < std::tuple(a.end - a.begin, b.first);  // most hosts first
    });
    if (blocks.size() > most_tables) blocks.resize(most_tables);
    for (const Block& block : blocks) {
      out.direct.push_back(fill(block, hosts, world));
      std::fill(placed.begin() + static_cast<std::ptrdiff_t>(block.begin),
                placed.begin() + static_cast<std::ptrdiff_t>(block.end), true);
      out.reasons.push_back(
          fmt::format("direct table of {} addresses from {}: {} hosts, {:.1f} addresses a host", block.size,
                      to_string(model::v4_address(block.first)), block.end - block.begin,
                      static_cast<double>(block.size) / static_cast<double>(block.end - block.begin)));
    }
  }
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (!placed[i]) out.exact.push_back(hosts[i]);
  }
  if (!out.exact.empty()) {
    out.reasons.push_back(
        fmt::format("exact table of {} hosts: {}", out.exact.size(),
                    family == model::Family::V6 ? "IPv6 is too wide to index" : "too scattered to index"));
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
  if (address.family == model::Family::V4) {
    for (const IdentityLayout::Direct& table : layout.direct) {
      const std::uint32_t offset = model::v4_number(address) - model::v4_number(table.first);
      if (offset < table.identities.size()) return table.identities[offset];
    }
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
