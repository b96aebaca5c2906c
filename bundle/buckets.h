/* Where hosts of IPv6 lie that are too far from each other for a direct table. Plain C, for the data path and the code
 * generator.
 */
#ifndef WEFT_BUNDLE_BUCKETS_H
#define WEFT_BUNDLE_BUCKETS_H

#include "bundle/abi.h"

/* They are in `weft_hosts6`: buckets of one cache line each, a power of two of them. A host is in one of two, which the
 * halves of its address name, as they are in the packet, once masked. What is not used holds :: and the identity of
 * that address. The few that find both full are in the hash `weft_exact6`.
 */
#define WEFT_BUCKET6 3

struct weft_bucket6 {
  weft_u64 address[WEFT_BUCKET6][2]; /* network byte order */
  weft_u32 identity[WEFT_BUCKET6];
  weft_u32 unused;
};

/* A product knows of high bits in high places only, and addresses differ in their last bytes, which are the high ones:
 * so each half is folded before it is multiplied, and the product too.
 */
static inline weft_u64 weft_mix6(weft_u64 one, weft_u64 other) {
  weft_u64 mixed = ((one ^ one >> 32) * 0x9e3779b97f4a7c15ull) ^ ((other ^ other >> 32) * 0xc2b2ae3d27d4eb4full);

  return ((mixed ^ mixed >> 32) * 0xd6e8feb86659fd93ull) >> 32;
}

static inline weft_u64 weft_first_bucket6(weft_u64 high, weft_u64 low) { return weft_mix6(low, high); }

static inline weft_u64 weft_second_bucket6(weft_u64 high, weft_u64 low) { return weft_mix6(high, low); }

#endif
