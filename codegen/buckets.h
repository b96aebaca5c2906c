#pragma once

#include <cstdint>
#include <vector>

#include "bundle/bundle.h"
#include "plan/plan.h"

namespace weft::codegen {

/// An IPv6 address as the program reads it: each half eight bytes of the packet in one word.
struct Halves {
  std::uint64_t high = 0, low = 0;
};

Halves halves_of(const model::Address& address);

/// An identity as in the tables: `class | home << 16`.
std::uint32_t word_of(plan::Identity identity);

/// Hosts of IPv6 in buckets, as `struct weft_bucket6` has them.
struct Buckets {
  bundle::Bytes contents;
  std::vector<plan::IdentityLayout::Exact> left;  ///< found no room: about none, but addresses may be made to meet
};

/// How many buckets that many hosts get: a power of two, of which they fill a half at most.
std::uint32_t bucket_count(std::size_t hosts);

/// Places every host. Most are in the first of their two buckets. `nobody` is the identity of ::, which stands where no
/// host is.
Buckets in_buckets(const std::vector<plan::IdentityLayout::Exact>& hosts, plan::Identity nobody);

}  // namespace weft::codegen
