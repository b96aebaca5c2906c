#include "runtime/table_differences.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

#include "bundle/abi.h"
#include "runtime/buckets_in_place.h"

namespace weft::runtime {
namespace {

using bundle::MapEntry;
using bundle::MapImage;
using Lines = std::vector<std::string>;
using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t most_named = 5;

std::uint64_t number_of(Bytes bytes) {
  std::uint64_t out = 0;
  std::memcpy(&out, bytes.data(), std::min(bytes.size(), sizeof out));
  return out;
}

std::string address_text(int family, const void* bytes) {
  std::array<char, INET6_ADDRSTRLEN> out{};
  return ::inet_ntop(family, bytes, out.data(), out.size()) == nullptr ? "?" : out.data();
}

std::string hexadecimal(Bytes bytes) {
  std::string out;
  for (const std::uint8_t byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

/// The address or network of an entry, or its key as it is.
std::string key_text(std::string_view map, Bytes key) {
  if (map == "weft_exact4" && key.size() == 4) return address_text(AF_INET, key.data());
  const bool is_prefix = map.starts_with("weft_prefixes") && (key.size() == 8 || key.size() == 20);
  if (!is_prefix) return "0x" + hexadecimal(key);
  return fmt::format("{}/{}", address_text(key.size() == 8 ? AF_INET : AF_INET6, key.data() + 4),
                     number_of(key.first(4)));
}

std::string identity_text(std::uint32_t identity) {
  const std::uint32_t home = identity >> 16;
  const std::string out = fmt::format("class {}", identity & 0xFFFF);
  if (home == 0) return out;
  const std::uint32_t number = home & ~WEFT_HOME_IS_NODE;
  return (home & WEFT_HOME_IS_NODE) != 0 ? fmt::format("{}, node {}", out, number)
                                         : fmt::format("{} on node {}", out, number);
}

std::string value_text(Bytes value) {
  return value.size() == 4 ? identity_text(static_cast<std::uint32_t>(number_of(value))) : "0x" + hexadecimal(value);
}

std::string host_text(const Host6& host) {
  std::array<std::uint64_t, 2> bytes{host.high, host.low};
  return address_text(AF_INET6, bytes.data());
}

bool has_sizes(const MapImage& image, std::size_t key, std::size_t value) {
  return std::ranges::all_of(
      image.entries, [&](const MapEntry& each) { return each.key.size() == key && each.value.size() == value; });
}

/// An endpoint as a slot leads to it; zeros where it leads to none.
weft_endpoint endpoint_at(Bytes endpoints, Bytes slots, std::size_t slot) {
  weft_u16 number = 0;
  std::memcpy(&number, slots.data() + slot * sizeof number, sizeof number);
  weft_endpoint out{};
  const std::size_t offset = (number & (WEFT_ENDPOINTS - 1)) * sizeof out;
  if (number != 0) std::memcpy(&out, endpoints.data() + offset, sizeof out);
  return out;
}

}  // namespace

void TableDifferences::add(std::string text) {
  if (named_.size() < most_named) {
    named_.push_back(std::move(text));
  } else {
    ++more_;
  }
}

Lines TableDifferences::take(std::string_view table) && {
  if (more_ != 0) named_.push_back(fmt::format("and {} more in `{}`", more_, table));
  return std::move(named_);
}

Lines table_differences(const MapImage& image, Bytes now) {
  if (now.size() != image.value.size()) {
    return {fmt::format("`{}` has {} bytes, not {}", image.name, now.size(), image.value.size())};
  }
  TableDifferences out;
  const std::size_t size = std::max(image.element_bytes, 1U);
  // Of tables of megabytes nearly all is alike.
  constexpr std::size_t block = 4096;
  for (std::size_t begin = 0; begin < now.size(); begin += block) {
    const std::size_t end = std::min(now.size(), begin + block);
    if (std::memcmp(now.data() + begin, image.value.data() + begin, end - begin) == 0) continue;
    for (std::size_t at = begin; at + size <= end; at += size) {
      const Bytes is = now.subspan(at, size), wanted = Bytes(image.value).subspan(at, size);
      if (std::ranges::equal(is, wanted)) continue;
      out.add(fmt::format("element {} of `{}` is {}, not {}", at / size, image.name, number_of(is), number_of(wanted)));
    }
  }
  return std::move(out).take(image.name);
}

Lines entry_differences(const MapImage& image, const Tables::Entries& now) {
  if (!has_sizes(image, now.key_bytes, now.value_bytes)) {
    return {fmt::format("`{}` has keys of {} and values of {} bytes, and the bundle others", image.name, now.key_bytes,
                        now.value_bytes)};
  }
  std::vector<const MapEntry*> wanted;
  for (const MapEntry& each : image.entries) wanted.push_back(&each);
  const auto order = [&](const auto& a, const auto& b) { return std::memcmp(a.data(), b.data(), now.key_bytes); };
  std::ranges::sort(wanted, [&](const MapEntry* a, const MapEntry* b) { return order(a->key, b->key) < 0; });
  TableDifferences out;
  auto is = now.entries.begin();
  const auto is_extra = [&](const TableEntry& each) {
    out.add(fmt::format("`{}` is {} in `{}`, and not in the bundle", key_text(image.name, each.key),
                        value_text(each.value), image.name));
  };
  for (const MapEntry* const each : wanted) {
    for (; is != now.entries.end() && order(is->key, each->key) < 0; ++is) is_extra(*is);
    if (is == now.entries.end() || order(is->key, each->key) > 0) {
      out.add(fmt::format("`{}` is not in `{}`, and {} in the bundle", key_text(image.name, each->key), image.name,
                          value_text(each->value)));
      continue;
    }
    if (!std::ranges::equal(is->value, each->value)) {
      out.add(fmt::format("`{}` is {} in `{}`, not {}", key_text(image.name, each->key), value_text(is->value),
                          image.name, value_text(each->value)));
    }
    ++is;
  }
  for (; is != now.entries.end(); ++is) is_extra(*is);
  return std::move(out).take(image.name);
}

Lines host6_differences(const MapImage& buckets, Bytes buckets_now, const MapImage* hash,
                        const Tables::Entries& hash_now) {
  const std::vector<MapEntry> none;
  if (buckets_now.size() != buckets.value.size() || (hash != nullptr && !has_sizes(*hash, 16, 4)) ||
      (!hash_now.entries.empty() && (hash_now.key_bytes != 16 || hash_now.value_bytes != 4))) {
    return {fmt::format("`{}` or the hash behind it has another size", buckets.name)};
  }
  const std::vector<Host6> wanted = hosts6(buckets.value, hash == nullptr ? none : hash->entries);
  const std::vector<Host6> now = hosts6(buckets_now, hash_now.entries);
  const auto address = [](const Host6& host) { return std::pair(host.high, host.low); };
  TableDifferences out;
  auto is = now.begin();
  const auto is_extra = [&](const Host6& each) {
    out.add(fmt::format("`{}` is {} in `{}`, and not in the bundle", host_text(each), identity_text(each.identity),
                        buckets.name));
  };
  for (const Host6& each : wanted) {
    for (; is != now.end() && address(*is) < address(each); ++is) is_extra(*is);
    if (is == now.end() || address(*is) != address(each)) {
      out.add(fmt::format("`{}` is not in `{}`, and {} in the bundle", host_text(each), buckets.name,
                          identity_text(each.identity)));
      continue;
    }
    if (is->identity != each.identity) {
      out.add(fmt::format("`{}` is {} in `{}`, not {}", host_text(each), identity_text(is->identity), buckets.name,
                          identity_text(each.identity)));
    }
    ++is;
  }
  for (; is != now.end(); ++is) is_extra(*is);
  return std::move(out).take(buckets.name);
}

Lines endpoint_differences(const std::vector<Target>& targets, const EndpointTables& wanted, Bytes endpoints,
                           Bytes slots) {
  if (endpoints.size() != wanted.endpoints.size() || slots.size() != wanted.slots.size()) {
    return {"`weft_endpoints` or `weft_endpoint_slots` has another size"};
  }
  TableDifferences out;
  for (std::size_t slot = 0; slot < WEFT_ENDPOINT_SLOTS; ++slot) {
    const weft_endpoint is = endpoint_at(endpoints, slots, slot);
    const weft_endpoint should = endpoint_at(wanted.endpoints, wanted.slots, slot);
    if (std::memcmp(&is, &should, sizeof is) == 0) continue;
    const auto target = std::ranges::find(targets, should.ifindex, &Target::key);
    if (should.ifindex == 0 || target == targets.end()) {
      out.add(fmt::format("`weft_endpoint_slots` names a workload for slot {}, and the bundle none", slot));
    } else {
      out.add(fmt::format("what `weft_endpoints` says of {} is not what the bundle says", target->endpoint->workload));
    }
  }
  return std::move(out).take("weft_endpoint_slots");
}

}  // namespace weft::runtime
