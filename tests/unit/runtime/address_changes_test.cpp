// Tables of addresses that change while packets ask them: at every moment each address is who it was or who it becomes.
#include "runtime/address_changes.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <random>
#include <set>

#include "bundle/abi.h"
#include "bundle/buckets.h"

using namespace weft;
using namespace weft::runtime;
using bundle::Bytes;
using bundle::MapEntry;
using bundle::MapImage;

namespace {

constexpr std::uint32_t direct_first = 0x0A000000, direct_size = 256;
constexpr std::uint32_t elsewhere = 9;
constexpr std::size_t bucket_count = 64;

using Host6 = std::pair<std::uint64_t, std::uint64_t>;  // as in the packet

template <typename Number>
Bytes bytes_of(Number number) {
  Bytes out(sizeof number);
  std::memcpy(out.data(), &number, sizeof number);
  return out;
}

Bytes key6(const Host6& host) {
  Bytes out = bytes_of(host.first);
  const Bytes low = bytes_of(host.second);
  out.insert(out.end(), low.begin(), low.end());
  return out;
}

Bytes prefix_key(std::uint32_t address, std::uint32_t length) {
  Bytes out = bytes_of(length);
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<std::uint8_t>(address >> shift));
  return out;
}

std::uint32_t masked(std::uint32_t address, std::uint32_t length) {
  return length == 0 ? 0 : address & ~std::uint32_t{0} << (32 - length);
}

/// Who has which address, as an inventory says it. Identities are `class | home << 16`.
struct People {
  std::map<std::uint32_t, std::uint32_t> direct;  ///< by the offset in the direct range
  std::map<std::uint32_t, std::uint32_t> hosts4;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> networks;  ///< by length, then address
  std::map<Host6, std::uint32_t> hosts6;
};

/// Tables as a program has them.
struct Memory {
  std::map<std::string, Bytes> globals;
  std::map<std::string, std::map<Bytes, Bytes>> maps;

  Tables tables() const {
    Tables out;
    for (const auto& [name, bytes] : globals) out.globals.emplace(name, bytes);
    for (const auto& [name, entries] : maps) {
      Tables::Entries& into = out.maps[name];
      into.room = 4096;
      into.key_bytes = name == "weft_exact6" ? 16 : name.starts_with("weft_prefixes") ? 8 : 4;
      into.value_bytes = 4;
      for (const auto& [key, value] : entries) into.entries.push_back({key, value});
    }
    return out;
  }

  void apply(const TableStep& step, const Bytes& value) {
    if (step.key.empty()) {
      REQUIRE(step.offset % value.size() == 0);
      std::ranges::copy(value, globals.at(step.table).begin() + static_cast<std::ptrdiff_t>(step.offset));
    } else if (value.empty()) {
      maps.at(step.table).erase(step.key);
    } else {
      maps.at(step.table)[step.key] = value;
    }
  }

  template <typename Number>
  Number at(const std::string& table, std::size_t offset) const {
    Number out;
    std::memcpy(&out, globals.at(table).data() + offset, sizeof out);
    return out;
  }
};

/// The tables of a build: hosts of IPv6 where there was room when they came, in this order.
Memory built(const People& people, std::mt19937& random) {
  Memory out;
  Bytes& classes = out.globals["weft_direct4_0"];
  Bytes& homes = out.globals["weft_homes4_0"];
  classes.resize(direct_size * 2);
  homes.resize(direct_size * 2);
  for (std::uint32_t i = 0; i < direct_size; ++i) {
    const auto found = people.direct.find(i);
    const std::uint32_t identity = found == people.direct.end() ? elsewhere : found->second;
    std::memcpy(classes.data() + i * 2, &identity, 2);
    const std::uint32_t home = identity >> 16;
    std::memcpy(homes.data() + i * 2, &home, 2);
  }
  auto& exact4 = out.maps["weft_exact4"];
  for (const auto& [address, identity] : people.hosts4) exact4[bytes_of(address)] = bytes_of(identity);
  auto& prefixes4 = out.maps["weft_prefixes4"];
  for (const auto& [network, identity] : people.networks) {
    prefixes4[prefix_key(network.second, network.first)] = bytes_of(identity);
  }
  auto& exact6 = out.maps["weft_exact6"];
  std::vector<weft_bucket6> buckets(bucket_count);
  for (weft_bucket6& each : buckets) std::ranges::fill(each.identity, elsewhere);
  std::vector<std::pair<Host6, std::uint32_t>> hosts(people.hosts6.begin(), people.hosts6.end());
  std::ranges::shuffle(hosts, random);
  for (const auto& [host, identity] : hosts) {
    bool placed = false;
    for (const std::uint64_t hash :
         {weft_first_bucket6(host.first, host.second), weft_second_bucket6(host.first, host.second)}) {
      weft_bucket6& bucket = buckets[hash % bucket_count];
      for (std::size_t slot = 0; slot < WEFT_BUCKET6 && !placed; ++slot) {
        if (bucket.address[slot][0] != 0 || bucket.address[slot][1] != 0) continue;
        bucket.address[slot][0] = host.first;
        bucket.address[slot][1] = host.second;
        bucket.identity[slot] = identity;
        placed = true;
      }
    }
    if (!placed) exact6[key6(host)] = bytes_of(identity);
  }
  Bytes& contents = out.globals["weft_hosts6"];
  contents.resize(buckets.size() * sizeof(weft_bucket6));
  std::memcpy(contents.data(), buckets.data(), contents.size());
  out.globals["weft_egress_own_rows"] = Bytes(64, 1);
  return out;
}

std::vector<MapImage> images_of(const Memory& memory) {
  std::vector<MapImage> out;
  for (const auto& [name, bytes] : memory.globals) out.push_back({name, MapImage::Kind::Global, 2, bytes, {}});
  for (const auto& [name, entries] : memory.maps) {
    const bool is_trie = name.starts_with("weft_prefixes");
    MapImage image{name, is_trie ? MapImage::Kind::Lpm : MapImage::Kind::Hash, 0, {}, {}};
    for (const auto& [key, value] : entries) image.entries.push_back({key, value});
    out.push_back(std::move(image));
  }
  return out;
}

std::uint32_t identity4(const Memory& memory, std::uint32_t address) {
  if (address - direct_first < direct_size) {
    const std::size_t at = (address - direct_first) * 2;
    const std::uint32_t home = memory.at<std::uint16_t>("weft_homes4_0", at);
    // Of the peer's home a gate asks only whether it is a node.
    return memory.at<std::uint16_t>("weft_direct4_0", at) | ((home & WEFT_HOME_IS_NODE) != 0 ? home << 16 : 0);
  }
  std::uint32_t out = elsewhere;
  const auto& exact = memory.maps.at("weft_exact4");
  if (const auto found = exact.find(bytes_of(address)); found != exact.end()) {
    std::memcpy(&out, found->second.data(), 4);
    return out;
  }
  const auto& prefixes = memory.maps.at("weft_prefixes4");
  for (std::uint32_t length = 33; length-- > 0;) {
    const auto found = prefixes.find(prefix_key(masked(address, length), length));
    if (found == prefixes.end()) continue;
    std::memcpy(&out, found->second.data(), 4);
    break;
  }
  return out;
}

/// As the program asks. Between its looks the tables may go on from the one to the other: one half of an address is
/// read in `low`, the other in `high`, and who it is in `then`, the later of both.
std::uint32_t identity6(const Memory& low, const Memory& high, const Memory& then, const Host6& host) {
  for (const std::uint64_t hash :
       {weft_first_bucket6(host.first, host.second), weft_second_bucket6(host.first, host.second)}) {
    const std::size_t bucket = hash % bucket_count * sizeof(weft_bucket6);
    for (std::size_t slot = 0; slot < WEFT_BUCKET6; ++slot) {
      if (low.at<std::uint64_t>("weft_hosts6", bucket + slot * 16 + 8) != host.second) continue;
      if (high.at<std::uint64_t>("weft_hosts6", bucket + slot * 16) != host.first) continue;
      return then.at<std::uint32_t>("weft_hosts6", bucket + offsetof(weft_bucket6, identity) + slot * 4);
    }
  }
  std::uint32_t out = elsewhere;
  const auto& exact = then.maps.at("weft_exact6");
  if (const auto found = exact.find(key6(host)); found != exact.end()) std::memcpy(&out, found->second.data(), 4);
  return out;
}

std::uint32_t identity6(const Memory& memory, const Host6& host) { return identity6(memory, memory, memory, host); }

/// Addresses of which it matters who they are: all that were or become somebody's, some beside them, and what is half
/// of one.
struct Asked {
  std::set<std::uint32_t> v4;
  std::set<Host6> v6{{0, 0}};

  void add(const People& people) {
    for (const auto& [offset, identity] : people.direct) v4.insert(direct_first + offset);
    for (const auto& [address, identity] : people.hosts4) v4.insert({address, address + 1});
    for (const auto& [network, identity] : people.networks) v4.insert({network.second, network.second + 77});
    for (const auto& [host, identity] : people.hosts6) {
      v6.insert({host, {host.first, 0}, {0, host.second}, {host.first, host.second + 1}});
    }
  }
};

/// The way from one memory to another: whoever became new stays new, and nobody is ever a third.
class Walk {
 public:
  Walk(const Asked& asked, const Memory& from, const Memory& to) : asked_(asked), from_(from), to_(to) {}

  void look(const std::vector<Memory>& moments) {
    const Memory& now = moments.back();
    for (const std::uint32_t address : asked_.v4) {
      judge(bytes_of(address), identity4(from_, address), identity4(to_, address), identity4(now, address), true);
    }
    for (const Host6& host : asked_.v6) {
      const std::uint32_t before = identity6(from_, host), after = identity6(to_, host);
      judge(key6(host), before, after, identity6(now, host), true);
      for (const Memory& earlier : moments) {
        judge(key6(host), before, after, identity6(earlier, now, now, host), false);
        judge(key6(host), before, after, identity6(now, earlier, now, host), false);
      }
    }
  }

 private:
  void judge(const Bytes& address, std::uint32_t before, std::uint32_t after, std::uint32_t found, bool whole) {
    if (found != before && found != after) {
      CAPTURE(address, before, after, found);
      FAIL("an address is a third");
    }
    if (!whole || before == after) return;
    if (found == after) arrived_.insert(address);
    if (found == before && arrived_.contains(address)) FAIL("an address went back");
  }

  const Asked& asked_;
  const Memory& from_;
  const Memory& to_;
  std::set<Bytes> arrived_;
};

std::uint32_t any(std::mt19937& random, std::uint32_t below) {
  return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random);
}

/// A class, and often a home; some are nodes.
std::uint32_t any_identity(std::mt19937& random) { return any(random, 8) | any(random, 4) << 16; }

Host6 any_host6(std::mt19937& random) {
  return {any(random, 5) == 0 ? 0 : any(random, 4) + 1, std::uint64_t{any(random, 300)} << 32 | any(random, 2)};
}

void change(People& people, std::mt19937& random, int times) {
  for (int i = 0; i < times; ++i) {
    const std::uint32_t identity = any_identity(random);
    const bool goes = any(random, 3) == 0;
    const auto put = [&](auto& into, const auto& key) {
      if (goes) {
        into.erase(key);
      } else {
        into[key] = identity;
      }
    };
    switch (any(random, 4)) {
      case 0:
        put(people.direct, any(random, direct_size));
        break;
      case 1:
        put(people.hosts4, 0xC0A80000 + any(random, 64) * 4);
        break;
      case 2: {
        const std::uint32_t length = any(random, 6) * 4 + 8;
        put(people.networks, std::pair(length, masked(0xC0A80000 + any(random, 256), length)));
        break;
      }
      default:
        put(people.hosts6, any_host6(random));
    }
    people.hosts6.erase({0, 0});
  }
}

}  // namespace

TEST_CASE("whoever asks during an update finds who somebody was or becomes", "[runtime]") {
  std::mt19937 random(20261123);
  std::size_t updates = 0, steps = 0, left_to_a_load = 0;
  for (int world = 0; world < 60; ++world) {
    People people;
    change(people, random, 120);
    Memory memory = built(people, random);
    // One after the other on the same memory: it is no longer what a build would make of it.
    for (int round = 0; round < 4; ++round) {
      People next = people;
      change(next, random, 12);
      const Memory wanted = built(next, random);
      const auto changes = address_changes(memory.tables(), images_of(wanted));
      if (!changes) {
        ++left_to_a_load;
        continue;
      }
      ++updates;
      steps += changes->steps.size();
      Asked asked;
      asked.add(people);
      asked.add(next);
      const Memory before = memory;
      Walk forth(asked, before, wanted);
      std::vector<Memory> moments{memory};
      for (const TableStep& step : changes->steps) {
        memory.apply(step, step.after);
        if (moments.size() == 4) moments.erase(moments.begin());
        moments.push_back(memory);
        forth.look(moments);
      }
      for (const std::uint32_t address : asked.v4) REQUIRE(identity4(memory, address) == identity4(wanted, address));
      for (const Host6& host : asked.v6) REQUIRE(identity6(memory, host) == identity6(wanted, host));
      REQUIRE(address_changes(memory.tables(), images_of(wanted))->steps.empty());

      Memory undone = memory;
      Walk back(asked, memory, before);
      for (auto step = changes->steps.rbegin(); step != changes->steps.rend(); ++step) {
        undone.apply(*step, step->before);
        back.look({undone});
      }
      REQUIRE(undone.globals == before.globals);
      REQUIRE(undone.maps == before.maps);
      people = std::move(next);
    }
  }
  // Most updates are done in place, and they are no trifles.
  CHECK(updates > 150);
  CHECK(left_to_a_load < updates / 2);
  CHECK(steps > 5 * updates);
}

TEST_CASE("an update in place is of addresses, and of nothing else", "[runtime]") {
  std::mt19937 random(7);
  People people;
  people.direct = {{1, 3}, {2, 5 | (WEFT_HOME_IS_NODE | 1) << 16}};
  people.hosts4[0xC0A80001] = 4;
  people.networks[{16, 0xC0A80000}] = 6;
  const Memory memory = built(people, random);

  SECTION("what differs is counted by addresses and networks") {
    people.direct[1] = 4;
    people.direct[7] = 3 | 2 << 16;  // a class and a home: one address
    people.hosts4.erase(0xC0A80001);
    people.networks[{24, 0xC0A80100}] = 2;
    const auto changes = address_changes(memory.tables(), images_of(built(people, random)));
    REQUIRE(changes.has_value());
    CHECK(changes->addresses == 3);
    CHECK(changes->networks == 1);
    CHECK(changes->steps.size() == 5);
  }
  SECTION("what is alike needs no step") {
    const auto changes = address_changes(memory.tables(), images_of(memory));
    REQUIRE(changes.has_value());
    CHECK(changes->steps.empty());
    CHECK(changes->addresses == 0);
  }
  SECTION("a table of rows is no table of addresses") {
    Memory other = memory;
    other.globals["weft_egress_own_rows"][5] = 0;
    CHECK_FALSE(address_changes(memory.tables(), images_of(other)).has_value());
  }
  SECTION("a node that gets another class and another number is two stores, which a packet could come between") {
    people.direct[2] = 6 | (WEFT_HOME_IS_NODE | 2) << 16;
    CHECK_FALSE(address_changes(memory.tables(), images_of(built(people, random))).has_value());
  }
  SECTION("a table of another size, and one that the program has not") {
    std::vector<MapImage> images = images_of(memory);
    images.front().value.push_back(0);
    CHECK_FALSE(address_changes(memory.tables(), images).has_value());
    images = images_of(memory);
    images.push_back({"weft_direct4_1", MapImage::Kind::Global, 2, Bytes(4), {}});
    CHECK_FALSE(address_changes(memory.tables(), images).has_value());
  }
  SECTION("entries that no build writes: out of order, twice, or of another size") {
    const auto refused = [&](const std::vector<bundle::MapEntry>& entries) {
      for (const std::string name : {"weft_exact4", "weft_exact6"}) {
        std::vector<MapImage> images = images_of(memory);
        std::ranges::find(images, name, &MapImage::name)->entries = entries;
        CHECK_FALSE(address_changes(memory.tables(), images).has_value());
      }
    };
    refused({{{9, 9, 9, 9, 9}, {4, 0, 0, 0}}});
    refused({{Bytes(16, 9), {4, 0}}, {{9, 9, 9, 9}, {4, 0}}});
    std::vector<MapImage> images = images_of(memory);
    std::vector<bundle::MapEntry>& hosts = std::ranges::find(images, "weft_exact4", &MapImage::name)->entries;
    REQUIRE(hosts.size() == 1);
    hosts.push_back(hosts.front());
    CHECK_FALSE(address_changes(memory.tables(), images).has_value());
    hosts.back().key = {0, 0, 0, 0};
    CHECK_FALSE(address_changes(memory.tables(), images).has_value());
  }
  SECTION("a map that is none of addresses") {
    Memory other = memory;
    other.maps["weft_others"][{1, 0, 0, 0}] = {1, 0, 0, 0};
    const Memory same = other;
    CHECK(address_changes(other.tables(), images_of(same)).has_value());
    other.maps["weft_others"][{1, 0, 0, 0}] = {2, 0, 0, 0};
    CHECK_FALSE(address_changes(other.tables(), images_of(same)).has_value());
  }
  SECTION("a host of IPv6 where nobody asks for it") {
    people.hosts6[{0xfd, 7}] = 5;
    const Memory wanted = built(people, random);
    const std::size_t asked[] = {weft_first_bucket6(0xfd, 7) % bucket_count,
                                 weft_second_bucket6(0xfd, 7) % bucket_count};
    Memory moved = wanted;
    for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
      const std::size_t from = asked[0] * sizeof(weft_bucket6), to = bucket * sizeof(weft_bucket6);
      moved.globals["weft_hosts6"] = wanted.globals.at("weft_hosts6");
      Bytes& buckets = moved.globals["weft_hosts6"];
      std::swap_ranges(buckets.begin() + static_cast<std::ptrdiff_t>(from),
                       buckets.begin() + static_cast<std::ptrdiff_t>(from + sizeof(weft_bucket6)),
                       buckets.begin() + static_cast<std::ptrdiff_t>(to));
      INFO("in bucket " << bucket);
      CHECK(address_changes(moved.tables(), images_of(wanted)).has_value() ==
            (bucket == asked[0] || bucket == asked[1]));
    }
  }
  SECTION("a map without room for all who come before others go") {
    Tables tables = memory.tables();
    tables.maps.at("weft_exact4").room = 1;
    people.hosts4 = {{0xC0A80002, 4}};
    CHECK_FALSE(address_changes(tables, images_of(built(people, random))).has_value());
  }
}
