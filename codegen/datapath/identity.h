/* Who is who: the workload at an interface, and the identity of an address (`class | home << 16`). */
#ifndef WEFT_DATAPATH_IDENTITY_H
#define WEFT_DATAPATH_IDENTITY_H

#include "tables.h"

struct prefix4 {
	weft_u32 length;
	weft_u32 address; /* network byte order */
};

struct prefix6 {
	weft_u32 length;
	weft_u32 address[4];
};

/* `address` in host byte order. */
INLINE weft_u32 identity4(weft_u32 address)
{
	weft_u64 direct = weft_direct4(address);
	weft_u32 *found;

	if (direct != WEFT_NOT_DIRECT)
		return (weft_u32)direct;
	if (weft_uses_exact4) {
		weft_u32 key = address;

		found = bpf_map_lookup_elem(&weft_exact4, &key);
		if (found)
			return *found;
	}
	if (weft_uses_prefixes4) {
		struct prefix4 key = { 32, bpf_htonl(address) };

		found = bpf_map_lookup_elem(&weft_prefixes4, &key);
		if (found)
			return *found;
	}
	return weft_otherwise4;
}

/* The identity of an address that is in this bucket, or WEFT_NOT_DIRECT. */
INLINE weft_u64 in_bucket6(weft_u64 number, weft_u64 high, weft_u64 low)
{
	const weft_u64 *bucket = &weft_hosts6[(number & weft_hosts6_mask) * 8];

	_Static_assert(sizeof(struct weft_bucket6) == 8 * sizeof(weft_u64) && WEFT_BUCKET6 == 3, "a bucket is a cache line");
	if (bucket[1] == low && bucket[0] == high)
		return (weft_u32)bucket[6];
	if (bucket[3] == low && bucket[2] == high)
		return bucket[6] >> 32;
	if (bucket[5] == low && bucket[4] == high)
		return (weft_u32)bucket[7];
	return WEFT_NOT_DIRECT;
}

/* `high` and `low` as in the packet. */
INLINE weft_u32 identity6(weft_u64 high, weft_u64 low)
{
	weft_u64 direct = weft_direct6(high, low);
	weft_u32 *found;

	if (direct != WEFT_NOT_DIRECT)
		return (weft_u32)direct;
	if (weft_uses_hosts6) {
		direct = in_bucket6(weft_first_bucket6(high, low), high, low);
		if (LIKELY(direct != WEFT_NOT_DIRECT))
			return (weft_u32)direct;
		direct = in_bucket6(weft_second_bucket6(high, low), high, low);
		if (direct != WEFT_NOT_DIRECT)
			return (weft_u32)direct;
	}
	if (weft_uses_exact6) {
		weft_u64 key[2] = { high, low };

		found = bpf_map_lookup_elem(&weft_exact6, key);
		if (found)
			return *found;
	}
	if (weft_uses_prefixes6) {
		struct prefix6 key = { 128, { (weft_u32)high, (weft_u32)(high >> 32), (weft_u32)low,
					      (weft_u32)(low >> 32) } };

		found = bpf_map_lookup_elem(&weft_prefixes6, &key);
		if (found)
			return *found;
	}
	return weft_otherwise6;
}

/* The endpoint at an interface, or null. Number 0 is nobody's: no interface has its index 0. */
INLINE const struct weft_endpoint *endpoint_of(weft_u32 interface)
{
	weft_u32 slot = weft_endpoint_slots[interface & (WEFT_ENDPOINT_SLOTS - 1)];
	const struct weft_endpoint *endpoint = &weft_endpoints[slot & (WEFT_ENDPOINTS - 1)];

	return LIKELY(endpoint->ifindex == interface) ? endpoint : 0;
}

/* The same in one register, which is null or not: off the short way LLVM would compare twice, and the kernel's verifier does not
 * see that it was the same question.
 */
INLINE const struct weft_endpoint *held_endpoint_of(weft_u32 interface)
{
	const struct weft_endpoint *endpoint = endpoint_of(interface);

	asm volatile("" : "+r"(endpoint));
	return endpoint;
}

/* Class of one of the addresses of the endpoint at an interface, NO_CLASS where it is none of them. */
#define NO_CLASS 0x10000u

NOINLINE weft_u32 weft_own_class4(weft_u32 interface, weft_u32 address)
{
	const struct weft_endpoint *endpoint = endpoint_of(interface);

	if (!endpoint)
		return NO_CLASS;
#pragma unroll
	for (int i = 0; i < WEFT_ENDPOINT_ADDRESSES; i++) {
		if (i < endpoint->count4 && endpoint->address4[i] == address)
			return endpoint->class4[i];
	}
	return NO_CLASS;
}

NOINLINE weft_u32 weft_own_class6(weft_u32 interface, weft_u64 high, weft_u64 low)
{
	const struct weft_endpoint *endpoint = endpoint_of(interface);

	if (!endpoint)
		return NO_CLASS;
#pragma unroll
	for (int i = 0; i < WEFT_ENDPOINT_ADDRESSES; i++) {
		if (i < endpoint->count6 && endpoint->address6[i][0] == high && endpoint->address6[i][1] == low)
			return endpoint->class6[i];
	}
	return NO_CLASS;
}

/* Where a gate hangs. */
#define AT_CGROUP 0
#define AT_INTERFACE 1

/* Addresses that no router passes on, in host byte order: this network, link-local, multicast, broadcast. */
INLINE int stays_on_link4(weft_u32 address)
{
	return !(address >> 24) || address >> 16 == 0xa9fe || address >> 28 == 0xe || address == 0xffffffff;
}

INLINE int is_loopback4(weft_u32 address)
{
	return address >> 24 == 127;
}

/* The same of IPv6, as in the packet. */
INLINE int is_link_local6(weft_u64 high)
{
	return (bpf_ntohl((weft_u32)high) >> 22) == 0xfe80 >> 6;
}

INLINE int is_group6(weft_u64 high)
{
	return (high & 0xff) == 0xff;
}

INLINE int is_group_of_link6(weft_u64 high)
{
	return (high & 0x0fff) == 0x02ff;
}

INLINE int is_unspecified6(weft_u64 high, weft_u64 low)
{
	return !(high | low);
}

INLINE int is_loopback6(weft_u64 high, weft_u64 low)
{
	return !high && bpf_be64_to_cpu(low) == 1;
}

/* Class of the local end of a packet, NO_CLASS where the address is none of the endpoint's. A node's are besides those that only
 * itself can mean, whatever its first address is judged by: nobody reaches round its gate by another name. (127.0.0.1 and
 * ::1 come past a cgroup all the time, and past an interface only from who should not send them.)
 */
INLINE weft_u32 local_class4(const struct weft_endpoint *endpoint, weft_u32 interface, weft_u32 address, const int hook)
{
	weft_u32 own = weft_own_class4(interface, address);

	if (own == NO_CLASS && endpoint->is_node &&
	    (stays_on_link4(address) || (hook == AT_INTERFACE && is_loopback4(address))))
		own = endpoint->class4[0];
	return own;
}

INLINE weft_u32 local_class6(const struct weft_endpoint *endpoint, weft_u32 interface, weft_u64 high, weft_u64 low,
			     const int hook)
{
	weft_u32 own = weft_own_class6(interface, high, low);

	if (own == NO_CLASS && endpoint->is_node &&
	    (is_link_local6(high) || is_group6(high) || is_unspecified6(high, low) ||
	     (hook == AT_INTERFACE && is_loopback6(high, low))))
		own = endpoint->class6[0];
	return own;
}

/* What becomes of a packet whose local address is none of the endpoint's. A workload does not speak with a borrowed address; a
 * node forwards, and its gates are for its own addresses.
 */
INLINE weft_u32 not_own(const struct weft_endpoint *endpoint)
{
	return endpoint->is_node ? ALLOWED(WEFT_ENTRY_FORWARDED) : DENIED(WEFT_ENTRY_UNKNOWN);
}

/* An instance talks to itself. What it says so never leaves it, so at an interface somebody else says it, or says it to somebody
 * else.
 */
INLINE weft_u32 of_itself(const int hook)
{
	return hook == AT_CGROUP ? ALLOWED(WEFT_ENTRY_SELF) : DENIED(WEFT_ENTRY_UNKNOWN);
}

#endif
