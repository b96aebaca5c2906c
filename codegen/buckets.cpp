#include "codegen/buckets.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "bundle/buckets.h"

namespace weft::codegen {
namespace {

constexpr std::size_t slots = WEFT_BUCKET6;
constexpr std::uint32_t nobody_here = ~std::uint32_t{0};
// Of tables half full, nearly none makes a host wait for more than two others to move.
constexpr int most_moves = 64;

/// Which host is where.
class Places {
 public:
  explicit Places(const std::vector<plan::IdentityLayout::Exact>& hosts)
      : mask_(bucket_count(hosts.size()) - 1), hosts_(hosts), taken_((std::size_t{mask_} + 1) * slots, nobody_here) {}

  /// The host that is left without a place, or nobody: another than `host`, it may be.
  std::uint32_t put(std::uint32_t host) {
    if (put_into(first(host), host) || put_into(second(host), host)) return nobody_here;
    // Whoever is in the way goes to the other of his buckets, by turns.
    std::size_t bucket = first(host);
    for (int move = 0; move < most_moves; ++move) {
      std::swap(host, taken_[bucket * slots + static_cast<std::size_t>(move) % slots]);
      bucket = bucket == first(host) ? second(host) : first(host);
      if (put_into(bucket, host)) return nobody_here;
    }
    return host;
  }

  std::size_t buckets() const { return taken_.size() / slots; }
  std::uint32_t at(std::size_t bucket, std::size_t slot) const { return taken_[bucket * slots + slot]; }

 private:
  std::size_t first(std::uint32_t host) const {
    const Halves halves = halves_of(hosts_[host].address);
    return weft_first_bucket6(halves.high, halves.low) & mask_;
  }
  std::size_t second(std::uint32_t host) const {
    const Halves halves = halves_of(hosts_[host].address);
    return weft_second_bucket6(halves.high, halves.low) & mask_;
  }

  bool put_into(std::size_t bucket, std::uint32_t host) {
    for (std::size_t slot = 0; slot < slots; ++slot) {
      if (taken_[bucket * slots + slot] != nobody_here) continue;
      taken_[bucket * slots + slot] = host;
      return true;
    }
    return false;
  }

  std::uint32_t mask_;
  const std::vector<plan::IdentityLayout::Exact>& hosts_;
  std::vector<std::uint32_t> taken_;
};

}  // namespace

Halves halves_of(const model::Address& address) {
  static_assert(std::endian::native == std::endian::little, "halves are what a little-endian load makes of the packet");
  Halves out;
  std::memcpy(&out.high, address.bytes.data(), 8);
  std::memcpy(&out.low, address.bytes.data() + 8, 8);
  return out;
}

std::uint32_t word_of(plan::Identity identity) {
  return static_cast<std::uint32_t>(identity.class_id) | static_cast<std::uint32_t>(identity.home) << 16U;
}

std::uint32_t bucket_count(std::size_t hosts) {
  return static_cast<std::uint32_t>(std::bit_ceil(std::max<std::size_t>((2 * hosts + slots - 1) / slots, 2)));
}

Buckets in_buckets(const std::vector<plan::IdentityLayout::Exact>& hosts, plan::Identity nobody) {
  Places places(hosts);
  std::vector<std::uint32_t> left;
  for (std::uint32_t host = 0; host < hosts.size(); ++host) {
    if (const std::uint32_t homeless = places.put(host); homeless != nobody_here) left.push_back(homeless);
  }
  Buckets out;
  std::ranges::sort(left);
  for (const std::uint32_t host : left) out.left.push_back(hosts[host]);
  out.contents.resize(places.buckets() * sizeof(weft_bucket6));
  for (std::size_t bucket = 0; bucket < places.buckets(); ++bucket) {
    weft_bucket6 image{};
    for (std::size_t slot = 0; slot < slots; ++slot) {
      const std::uint32_t host = places.at(bucket, slot);
      const Halves halves = host == nobody_here ? Halves{} : halves_of(hosts[host].address);
      image.address[slot][0] = halves.high;
      image.address[slot][1] = halves.low;
      image.identity[slot] = word_of(host == nobody_here ? nobody : hosts[host].identity);
    }
    std::memcpy(out.contents.data() + bucket * sizeof image, &image, sizeof image);
  }
  return out;
}

}  // namespace weft::codegen
