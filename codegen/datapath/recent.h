/* Connections seen a moment ago, by a direct index in front of the tables: most packets belong to one, and a table costs
 * them several calls. Only packets that policy allows by itself ask here, and only whether there is something to write
 * down; an answer passes by the tables alone. So the worst that a wrong place can do is that a connection is not written down
 * for a tick.
 */
#ifndef WEFT_DATAPATH_RECENT_H
#define WEFT_DATAPATH_RECENT_H

#include "tables.h"

/* 128 of the kernel's timer interrupts: 0.13 to 1.3 seconds, as it was built. To read them is a load, to read a clock a
 * call. Never 0 on a running node.
 */
INLINE weft_u32 tick(void)
{
	return (weft_u32)(bpf_jiffies64() >> 7);
}

/* Words of keys: bytes that are written one by one and read together cost a dozen cycles. */
typedef weft_u64 __attribute__((may_alias)) word;

#define RECENT_BITS 12
#define RECENT (1u << RECENT_BITS)

/* A key as in the tables, and the tick in which all that its packets can say was written down. Places are shared by all
 * processors without a lock. Two that write one at once may leave a mixture: no key, or one whose connection waits for the
 * next tick.
 */
struct recent4 {
	word key[3];
	weft_u64 tick;
};

struct recent6 {
	word key[6];
	weft_u64 tick;
	weft_u64 unused; /* a cache line */
};

static struct recent4 weft_recent4[RECENT] __attribute__((aligned(64)));
static struct recent6 weft_recent6[RECENT] __attribute__((aligned(64)));

/* Whoever finds keys that meet in one place makes his own packets ask the tables. */
INLINE weft_u32 place_of(weft_u64 one, weft_u64 other)
{
	return (one ^ other * 0x9e3779b97f4a7c15ull) * 0xd6e8feb86659fd93ull >> (64 - RECENT_BITS);
}

INLINE struct recent4 *recent4(const word *key)
{
	return &weft_recent4[place_of(key[0] + key[2], key[1]) & (RECENT - 1)];
}

INLINE struct recent6 *recent6(const word *key)
{
	return &weft_recent6[place_of(key[0] + key[2] + key[3], key[4] + key[5]) & (RECENT - 1)];
}

INLINE int is_of4(const struct recent4 *place, const word *key)
{
	return !((place->key[0] ^ key[0]) | (place->key[1] ^ key[1]) | (place->key[2] ^ key[2]));
}

INLINE int is_of6(const struct recent6 *place, const word *key)
{
	return !((place->key[0] ^ key[0]) | (place->key[1] ^ key[1]) | (place->key[2] ^ key[2]) |
		 (place->key[3] ^ key[3]) | (place->key[4] ^ key[4]) | (place->key[5] ^ key[5]));
}

/* Who comes first in a tick keeps the place until the next: two connections do not take it from each other at every packet. */
INLINE void note_recent4(const word *key, weft_u32 now)
{
	struct recent4 *place = recent4(key);

	if (place->tick != now)
		*place = (struct recent4){ { key[0], key[1], key[2] }, now };
}

INLINE void note_recent6(const word *key, weft_u32 now)
{
	struct recent6 *place = recent6(key);

	if (place->tick != now)
		*place = (struct recent6){ { key[0], key[1], key[2], key[3], key[4], key[5] }, now, 0 };
}

/* The next packet of the connection has something to write down. */
INLINE void forget_recent4(const word *key)
{
	struct recent4 *place = recent4(key);

	if (is_of4(place, key))
		place->tick = 0;
}

INLINE void forget_recent6(const word *key)
{
	struct recent6 *place = recent6(key);

	if (is_of6(place, key))
		place->tick = 0;
}

#endif
