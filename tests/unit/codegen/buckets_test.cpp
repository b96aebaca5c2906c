#include "codegen/buckets.h"

#include <cstring>
#include <optional>
#include <set>

#include <catch2/catch.hpp>

#include "bundle/buckets.h"
#include "tests/support/world.h"

using namespace weft;
using codegen::Buckets;
using plan::ClassId;
using plan::Identity;

namespace {

using Hosts = std::vector<plan::IdentityLayout::Exact>;

constexpr Identity nobody{ClassId{77}, 3};

Identity number(std::size_t i) {
  return {ClassId{static_cast<std::uint16_t>(1'000 + i % 50'000)}, static_cast<std::uint16_t>(i % 100)};
}

// As a program looks: in the first bucket, then in the second.
std::optional<std::uint32_t> found(const Buckets& buckets, const model::Address& address, int* looks = nullptr) {
  const std::size_t count = buckets.contents.size() / sizeof(weft_bucket6);
  const codegen::Halves halves = codegen::halves_of(address);
  for (const std::uint64_t place :
       {weft_first_bucket6(halves.high, halves.low), weft_second_bucket6(halves.high, halves.low)}) {
    if (looks) ++*looks;
    weft_bucket6 bucket{};
    std::memcpy(&bucket, buckets.contents.data() + (place & (count - 1)) * sizeof bucket, sizeof bucket);
    for (std::size_t slot = 0; slot < WEFT_BUCKET6; ++slot) {
      if (bucket.address[slot][0] == halves.high && bucket.address[slot][1] == halves.low) return bucket.identity[slot];
    }
  }
  return {};
}

model::Address random_address(test::Random& random) {
  model::Address out;
  out.family = model::Family::V6;
  for (std::uint8_t& byte : out.bytes) byte = static_cast<std::uint8_t>(random.below(256));
  return out;
}

}  // namespace

TEST_CASE("every host is in one of its two buckets, nearly all in the first", "[codegen]") {
  test::Random random(1);
  for (const std::size_t count : {1U, 2U, 3U, 7U, 100U, 1'000U, 30'000U}) {
    for (const bool random_ones : {true, false}) {
      Hosts hosts;
      for (std::size_t i = 0; i < count; ++i) {
        // Random ones; and such as nodes hand out: a network /64 for each, in which they count.
        model::Address address = random_address(random);
        if (!random_ones) {
          address = *model::parse_address("fd00:10:244::");
          address.bytes[6] = static_cast<std::uint8_t>(i >> 14U);
          address.bytes[7] = static_cast<std::uint8_t>(i >> 6U);
          address.bytes[15] = static_cast<std::uint8_t>(2 + i % 64);
        }
        hosts.push_back({address, number(i)});
      }
      const Buckets buckets = codegen::in_buckets(hosts, nobody);
      CHECK(buckets.left.empty());
      CHECK(buckets.contents.size() == codegen::bucket_count(count) * sizeof(weft_bucket6));
      CHECK(2 * count <= 3 * (buckets.contents.size() / sizeof(weft_bucket6)));
      int looks = 0;
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < count; ++i)
        wrong += found(buckets, hosts[i].address, &looks) != codegen::word_of(number(i));
      CHECK(wrong == 0);
      if (count >= 1'000) CHECK(static_cast<double>(looks) < 1.15 * static_cast<double>(count));
      // Nobody else is found.
      for (int i = 0; i < 1'000; ++i) wrong += found(buckets, random_address(random)).has_value();
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("what is not used answers for :: alone, and truly", "[codegen]") {
  const Hosts hosts{{*model::parse_address("fd00::1"), number(1)}};
  const auto nowhere = found(codegen::in_buckets(hosts, nobody), *model::parse_address("::"));
  if (nowhere) CHECK(*nowhere == codegen::word_of(nobody));
  Hosts with = hosts;
  with.push_back({*model::parse_address("::"), number(2)});
  CHECK(found(codegen::in_buckets(with, number(2)), *model::parse_address("::")) == codegen::word_of(number(2)));
}

TEST_CASE("addresses that are made to meet are left for the hash, and none is lost", "[codegen]") {
  test::Random random(2);
  Hosts hosts;
  const std::uint32_t mask = codegen::bucket_count(12) - 1;
  while (hosts.size() < 12) {
    const model::Address address = random_address(random);
    const codegen::Halves halves = codegen::halves_of(address);
    if ((weft_first_bucket6(halves.high, halves.low) & mask) != 0 ||
        (weft_second_bucket6(halves.high, halves.low) & mask) != 0) {
      continue;
    }
    hosts.push_back({address, number(hosts.size())});
  }
  const Buckets buckets = codegen::in_buckets(hosts, nobody);
  CHECK(buckets.left.size() == 9);
  std::set<model::Address> left;
  for (const auto& host : buckets.left) left.insert(host.address);
  for (const auto& host : hosts) {
    CHECK(found(buckets, host.address).has_value() != left.contains(host.address));
    if (const auto word = found(buckets, host.address)) CHECK(*word == codegen::word_of(host.identity));
  }
}
