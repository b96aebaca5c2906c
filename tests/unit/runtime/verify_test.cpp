// What is in the kernel, compared with the bundle it came from: whatever was changed behind Weft's back is named.
#include <bpf/bpf.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <map>

#include "bundle/abi.h"
#include "bundle/buckets.h"
#include "runtime/kernel_object.h"
#include "runtime/table_differences.h"
#include "runtime/verify.h"
#include "tests/unit/runtime/world.h"

using namespace weft;
using namespace weft::runtime;
using namespace weft::runtime::test;
using bundle::Bytes;
using bundle::MapImage;

namespace {

using Lines = std::vector<std::string>;

bundle::Bundle with_addresses(unsigned workloads) {
  bundle::Bundle out = gate_bundle(workloads, 80);
  out.images.push_back({"weft_direct4_0", MapImage::Kind::Global, 2, Bytes(2 * 65536), {}});
  out.images.push_back(
      {"weft_exact4", MapImage::Kind::Hash, 0, {}, {{{10, 0, 7, 1}, {9, 0, 0, 0}}, {{10, 0, 8, 1}, {4, 0, 2, 0}}}});
  out.images.push_back({"weft_prefixes4", MapImage::Kind::Lpm, 0, {}, {{{24, 0, 0, 0, 10, 0, 9, 0}, {10, 0, 0, 0}}}});
  return out;
}

Lines differences(const bundle::Bundle& bundle, const World& world) {
  const auto verified = verify(bundle, bundle::identity(bundle), {.state_directory = world.state()});
  if (!verified) FAIL(verified.error().message);
  return verified->differences;
}

/// Changes a map of a program as anybody with the privilege could.
class Meddler {
 public:
  explicit Meddler(std::uint32_t program) : maps_(maps_of(program).value()) {}

  void set(const std::string& map, const Bytes& key, const Bytes& value) const {
    REQUIRE(bpf_map_update_elem(maps_.at(map).get(), key.data(), value.data(), BPF_ANY) == 0);
  }
  void remove(const std::string& map, const Bytes& key) const {
    REQUIRE(bpf_map_delete_elem(maps_.at(map).get(), key.data()) == 0);
  }
  /// Changes the contents of a data section.
  void change(const std::string& section, std::size_t size, const std::function<void(Bytes&)>& work) const {
    const std::uint32_t element = 0;
    Bytes contents(size);
    REQUIRE(bpf_map_lookup_elem(maps_.at(section).get(), &element, contents.data()) == 0);
    work(contents);
    REQUIRE(bpf_map_update_elem(maps_.at(section).get(), &element, contents.data(), BPF_ANY) == 0);
  }

 private:
  std::map<std::string, Descriptor> maps_;
};

}  // namespace

TEST_CASE("what is loaded is compared with its bundle, entry by entry", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(2);
  const bundle::Bundle bundle = with_addresses(2);
  const auto verified_before = verify(bundle, bundle::identity(bundle), {.state_directory = world.state()});
  REQUIRE(verified_before.has_value());
  CHECK(verified_before->differences == Lines{"the bundle is not loaded"});

  REQUIRE(load(bundle, world.options()).has_value());
  const auto verified = verify(bundle, bundle::identity(bundle), {.state_directory = world.state()});
  REQUIRE(verified.has_value());
  CHECK(verified->differences == Lines{});
  CHECK(verified->programs == 1);
  CHECK(verified->tables == bundle.images.size() + 2);  // and those of endpoints
  CHECK(verified->entries == 3);

  const Meddler meddler(world.status()->attached.at(0).from_workload.id);
  SECTION("a host that is somebody else") {
    meddler.set("weft_exact4", {10, 0, 7, 1}, {4, 0, 0, 0});
    meddler.set("weft_exact4", {10, 0, 8, 1}, {4, 0, 3, 0x80});
    CHECK(differences(bundle, world) ==
          Lines{"weft1, weft2: `10.0.7.1` is class 4 in `weft_exact4`, not class 9",
                "weft1, weft2: `10.0.8.1` is class 4, node 3 in `weft_exact4`, not class 4 on node 2"});
  }
  SECTION("a host too many, and one that is gone") {
    meddler.remove("weft_exact4", {10, 0, 7, 1});
    meddler.set("weft_exact4", {10, 0, 6, 1}, {4, 0, 0, 0});
    CHECK(differences(bundle, world) ==
          Lines{"weft1, weft2: `10.0.6.1` is class 4 in `weft_exact4`, and not in the bundle",
                "weft1, weft2: `10.0.7.1` is not in `weft_exact4`, and class 9 in the bundle"});
  }
  SECTION("a network") {
    meddler.set("weft_prefixes4", {16, 0, 0, 0, 10, 0, 0, 0}, {1, 0, 0, 0});
    CHECK(differences(bundle, world) ==
          Lines{"weft1, weft2: `10.0.0.0/16` is class 1 in `weft_prefixes4`, and not in the bundle"});
  }
  SECTION("an element of a table of addresses") {
    meddler.change(".bss.direct", 2 * 65536, [](Bytes& contents) { contents[2 * 259] = 9; });
    CHECK(differences(bundle, world) == Lines{"weft1, weft2: element 259 of `weft_direct4_0` is 9, not 0"});
  }
  SECTION("rows of decisions, of which some are named and the others counted") {
    meddler.change(".data.tables", 65536, [](Bytes& contents) { std::memset(contents.data() + 90, 1, 8); });
    const Lines found = differences(bundle, world);
    REQUIRE(found.size() == 6);
    CHECK(found[0] == "weft1, weft2: element 90 of `test_ports` is 1, not 0");
    CHECK(found[5] == "weft1, weft2: and 3 more in `test_ports`");
  }
  SECTION("who is at an interface") {
    constexpr std::size_t slots = sizeof(weft_u16) * WEFT_ENDPOINT_SLOTS;
    constexpr std::size_t endpoints = sizeof(weft_endpoint) * WEFT_ENDPOINTS;
    meddler.change(".bss.endpoints", slots + endpoints, [&](Bytes& contents) {
      // Which of the two comes first is the compiler's business.
      for (std::size_t at = 0; at + 4 <= contents.size(); at += 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, contents.data() + at, sizeof word);
        const std::uint32_t other = 0x0A000207;
        if (word == 0x0A000202) std::memcpy(contents.data() + at, &other, sizeof other);
      }
    });
    CHECK(differences(bundle, world) ==
          Lines{"weft1, weft2: what `weft_endpoints` says of shop/w2 is not what the bundle says"});
  }
  SECTION("another bundle, with the same tables") {
    bundle::Bundle other = bundle;
    other.manifest.profile = "another";
    const Lines found = differences(other, world);
    REQUIRE(found.size() == 1);
    CHECK(found[0] == "bundle " + bundle::identity(bundle) + " is loaded, not " + bundle::identity(other));
  }
  SECTION("what was changed where it is, is what is compared") {
    bundle::Bundle next = bundle;
    next.images.back().entries.front().value[0] = 11;
    REQUIRE(load(next, world.options())->updated.has_value());
    CHECK(differences(next, world) == Lines{});
    CHECK(differences(bundle, world).size() == 1);
  }
  // Whatever it was, a load sets it right, in place or not.
  REQUIRE(load(bundle, world.options()).has_value());
  CHECK(differences(bundle, world) == Lines{});
}

TEST_CASE("each namespace of a load has tables of its own to compare", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(2);
  bundle::Bundle bundle = with_addresses(2);
  const std::string inside = world.inside(2);
  bundle.manifest.endpoints[1].interface = inside;
  bundle.manifest.endpoints[1].addresses[0].address = "10.0.2.1";
  REQUIRE(load(bundle, world.options()).has_value());
  CHECK(differences(bundle, world) == Lines{});
  const auto status = world.status();
  REQUIRE(status->attached.size() == 2);
  REQUIRE(status->attached[1].interface == inside);
  Meddler(status->attached[1].from_workload.id).remove("weft_exact4", {10, 0, 7, 1});
  CHECK(differences(bundle, world) ==
        Lines{inside + ": `10.0.7.1` is not in `weft_exact4`, and class 9 in the bundle"});
}

TEST_CASE("hosts of IPv6 are compared wherever they lie", "[runtime]") {
  constexpr std::size_t count = 4;
  const auto table = [](const std::function<void(std::vector<weft_bucket6>&)>& work) {
    std::vector<weft_bucket6> buckets(count);
    work(buckets);
    Bytes out(count * sizeof(weft_bucket6));
    std::memcpy(out.data(), buckets.data(), out.size());
    return out;
  };
  const std::uint64_t high = std::uint64_t{0xfd}, low = std::uint64_t{7} << 56;  // fd00::7
  const std::size_t first = weft_first_bucket6(high, low) & (count - 1);
  const std::size_t second = weft_second_bucket6(high, low) & (count - 1);
  const auto put = [&](std::size_t bucket, std::size_t slot, std::uint32_t identity) {
    return table([&](std::vector<weft_bucket6>& buckets) {
      buckets[bucket].address[slot][0] = high;
      buckets[bucket].address[slot][1] = low;
      buckets[bucket].identity[slot] = identity;
    });
  };
  const MapImage wanted{"weft_hosts6", MapImage::Kind::Global, 4, put(first, 0, 5), {}};
  const MapImage hash{"weft_exact6", MapImage::Kind::Hash, 0, {}, {}};
  Tables::Entries none;
  none.key_bytes = 16;
  none.value_bytes = 4;
  const auto found = [&](const Bytes& now, const Tables::Entries& in_hash) {
    return host6_differences(wanted, now, &hash, in_hash);
  };
  CHECK(found(wanted.value, none) == Lines{});
  CHECK(found(put(second, 1, 5), none) == Lines{});
  CHECK(found(put(first, 2, 6), none) == Lines{"`fd00::7` is class 6 in `weft_hosts6`, not class 5"});
  CHECK(found(Bytes(wanted.value.size()), none) ==
        Lines{"`fd00::7` is not in `weft_hosts6`, and class 5 in the bundle"});
  std::size_t elsewhere = 0;
  while (elsewhere == first || elsewhere == second) ++elsewhere;
  // No packet finds it there.
  CHECK(found(put(elsewhere, 0, 5), none).size() == 1);
  Tables::Entries also_in_hash;
  also_in_hash.key_bytes = 16;
  also_in_hash.value_bytes = 4;
  const Bytes key{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8}, value{6, 0, 0, 0};
  also_in_hash.entries.push_back({key, value});
  CHECK(found(wanted.value, also_in_hash) == Lines{"`fd00::8` is class 6 in `weft_hosts6`, and not in the bundle"});
  CHECK(found(Bytes(16), none).size() == 1);
}
