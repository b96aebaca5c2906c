#include "runtime/buckets_in_place.h"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstring>

#include "bundle/buckets.h"

namespace weft::runtime {
namespace {

constexpr const char* buckets_name = "weft_hosts6";
constexpr const char* hash_name = "weft_exact6";

struct Address {
  std::uint64_t high = 0;  ///< as in the packet
  std::uint64_t low = 0;

  auto operator<=>(const Address&) const = default;
};

struct Host {
  Address address{};
  std::uint32_t identity = 0;
  bool in_hash = false;
  std::size_t bucket = 0;
  std::size_t slot = 0;
};

template <typename Number>
bundle::Bytes bytes_of(Number number) {
  bundle::Bytes out(sizeof number);
  std::memcpy(out.data(), &number, sizeof number);
  return out;
}

bundle::Bytes key_of(const Address& address) {
  bundle::Bytes out(sizeof address);
  std::memcpy(out.data(), &address.high, 8);
  std::memcpy(out.data() + 8, &address.low, 8);
  return out;
}

/// The buckets of a table, and where an address may be in it.
class Buckets {
 public:
  explicit Buckets(std::span<const std::uint8_t> bytes) : buckets_(bytes.size() / sizeof(weft_bucket6)) {
    std::memcpy(buckets_.data(), bytes.data(), buckets_.size() * sizeof(weft_bucket6));
  }

  weft_bucket6& at(std::size_t bucket) { return buckets_[bucket]; }
  std::size_t first(const Address& address) const { return of(weft_first_bucket6(address.high, address.low)); }
  std::size_t second(const Address& address) const { return of(weft_second_bucket6(address.high, address.low)); }
  bool is_asked(const Address& address, std::size_t bucket) const {
    return first(address) == bucket || second(address) == bucket;
  }

  /// In the order of their addresses.
  template <typename Entry>
  std::vector<Host> hosts(const std::vector<Entry>& hash) const {
    std::vector<Host> out;
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
      for (std::size_t slot = 0; slot < WEFT_BUCKET6; ++slot) {
        const weft_bucket6& at = buckets_[bucket];
        const Address address{at.address[slot][0], at.address[slot][1]};
        if (address != Address{}) out.push_back({address, at.identity[slot], false, bucket, slot});
      }
    }
    for (const Entry& entry : hash) {
      Host host{.in_hash = true};
      std::memcpy(&host.address.high, entry.key.data(), 8);
      std::memcpy(&host.address.low, entry.key.data() + 8, 8);
      std::memcpy(&host.identity, entry.value.data(), 4);
      out.push_back(host);
    }
    std::ranges::sort(out, {}, &Host::address);
    return out;
  }

  /// What a free place says of ::; none where it has none in its buckets.
  std::optional<std::uint32_t> nobody() const {
    for (const std::size_t bucket : {first({}), second({})}) {
      for (std::size_t slot = 0; slot < WEFT_BUCKET6; ++slot) {
        const weft_bucket6& at = buckets_[bucket];
        if (at.address[slot][0] == 0 && at.address[slot][1] == 0) return at.identity[slot];
      }
    }
    return std::nullopt;
  }

 private:
  std::size_t of(std::uint64_t hash) const { return hash & (buckets_.size() - 1); }

  std::vector<weft_bucket6> buckets_;
};

class Search {
 public:
  Search(std::span<const std::uint8_t> now, const Tables::Entries& hash, bool has_hash)
      : now_(now), room_in_hash_(has_hash ? hash.room - std::min(hash.room, hash.entries.size()) : 0) {}

  std::optional<Host6Changes> run(const std::vector<Host>& before, const std::vector<Host>& after) {
    auto old = before.begin();
    for (const Host& each : after) {
      for (; old != before.end() && old->address < each.address; ++old) {
        if (!goes(*old)) return std::nullopt;
      }
      if (old == before.end() || old->address != each.address) {
        if (!comes(each)) return std::nullopt;
        continue;
      }
      if (old->identity != each.identity) becomes(*old, each.identity);
      ++old;
    }
    for (; old != before.end(); ++old) {
      if (!goes(*old)) return std::nullopt;
    }
    return std::move(out_);
  }

 private:
  static std::uint64_t word(const Host& host, std::size_t half) {
    return host.bucket * sizeof(weft_bucket6) + offsetof(weft_bucket6, address) + (host.slot * 2 + half) * 8;
  }

  static TableStep identity_step(const Host& host, std::uint32_t before, std::uint32_t after) {
    if (host.in_hash) {
      return {.table = hash_name, .key = key_of(host.address), .before = bytes_of(before), .after = bytes_of(after)};
    }
    return {.table = buckets_name,
            .offset = host.bucket * sizeof(weft_bucket6) + offsetof(weft_bucket6, identity) + host.slot * 4,
            .before = bytes_of(before),
            .after = bytes_of(after)};
  }

  // Halves of an address are stored one after the other, and read one after the other: a packet may find the one and
  // not yet, or no longer, the other. That is nobody's trouble if no packet with such an address asks in this bucket;
  // :: is one of them.
  bool can_be_halved(const Address& address, std::size_t bucket) const {
    if (now_.is_asked({}, bucket)) return false;
    if (address.high == 0 || address.low == 0) return true;
    return !now_.is_asked({address.high, 0}, bucket) && !now_.is_asked({0, address.low}, bucket);
  }

  void halves(const Host& host, bool come, std::vector<TableStep>& into) const {
    for (const std::size_t half : {std::size_t{1}, std::size_t{0}}) {
      const std::uint64_t number = half == 0 ? host.address.high : host.address.low;
      if (number == 0) continue;
      into.push_back({.table = buckets_name,
                      .offset = word(host, half),
                      .before = bytes_of(come ? std::uint64_t{0} : number),
                      .after = bytes_of(come ? number : std::uint64_t{0})});
    }
  }

  void becomes(const Host& host, std::uint32_t identity) {
    out_.come.push_back(identity_step(host, host.identity, identity));
    ++out_.hosts;
  }

  bool comes(const Host& host) {
    ++out_.hosts;
    for (const std::size_t bucket : {now_.first(host.address), now_.second(host.address)}) {
      if (!can_be_halved(host.address, bucket)) continue;
      weft_bucket6& at = now_.at(bucket);
      for (std::size_t slot = 0; slot < WEFT_BUCKET6; ++slot) {
        if (at.address[slot][0] != 0 || at.address[slot][1] != 0) continue;
        const Host placed{host.address, host.identity, false, bucket, slot};
        // Who it is comes first: nobody asks for that before its address is there.
        if (at.identity[slot] != host.identity) {
          out_.come.push_back(identity_step(placed, at.identity[slot], host.identity));
        }
        halves(placed, true, out_.come);
        at.address[slot][0] = host.address.high;
        at.address[slot][1] = host.address.low;
        return true;
      }
    }
    if (room_in_hash_ == 0) return false;
    --room_in_hash_;
    out_.come.push_back({.table = hash_name, .key = key_of(host.address), .after = bytes_of(host.identity)});
    return true;
  }

  bool goes(const Host& host) {
    ++out_.hosts;
    if (host.in_hash) {
      out_.go.push_back({.table = hash_name, .key = key_of(host.address), .before = bytes_of(host.identity)});
      return true;
    }
    // Its identity stays, for who has found it and is about to read it.
    if (!can_be_halved(host.address, host.bucket)) return false;
    halves(host, false, out_.go);
    return true;
  }

  Buckets now_;
  std::size_t room_in_hash_;
  Host6Changes out_;
};

}  // namespace

namespace {

template <typename Entry>
std::vector<Host6> found_hosts6(std::span<const std::uint8_t> bytes, const std::vector<Entry>& hash) {
  const Buckets buckets(bytes);
  std::vector<Host6> out;
  if (const auto nobody = buckets.nobody()) out.push_back({0, 0, *nobody});
  for (const Host& host : buckets.hosts(hash)) {
    if (!host.in_hash && !buckets.is_asked(host.address, host.bucket)) continue;
    out.push_back({host.address.high, host.address.low, host.identity});
  }
  return out;
}

}  // namespace

std::vector<Host6> hosts6(std::span<const std::uint8_t> buckets, const std::vector<TableEntry>& hash) {
  return found_hosts6(buckets, hash);
}

std::vector<Host6> hosts6(std::span<const std::uint8_t> buckets, const std::vector<bundle::MapEntry>& hash) {
  return found_hosts6(buckets, hash);
}

std::optional<Host6Changes> host6_changes(std::span<const std::uint8_t> now, const Tables::Entries& hash,
                                          std::span<const std::uint8_t> wanted,
                                          const std::vector<bundle::MapEntry>& wanted_hash) {
  if (is_same(hash.entries, wanted_hash) && std::ranges::equal(now, wanted)) return Host6Changes{};
  const Buckets before(now), after(wanted);
  // What is said of :: is said by the free places of its buckets: that it becomes somebody else is left to a whole
  // load.
  const std::optional<std::uint32_t> nobody = before.nobody(), wanted_nobody = after.nobody();
  if (nobody && wanted_nobody && nobody != wanted_nobody) return std::nullopt;
  const std::vector<Host> hosts = before.hosts(hash.entries);
  // A host in a bucket where nobody asks for it: that is no work of ours, and what is there has to be made anew.
  const auto is_lost = [&](const Host& each) { return !each.in_hash && !before.is_asked(each.address, each.bucket); };
  if (std::ranges::any_of(hosts, is_lost)) return std::nullopt;
  return Search(now, hash, hash.room != 0).run(hosts, after.hosts(wanted_hash));
}

}  // namespace weft::runtime
