// SPDX-License-Identifier: Dual BSD/GPL
/* The yardsticks of the verdict benchmark, written by hand: the least a program can do for the same answer, the usual peer
 * shape, and the program that feeds all of them fresh packets. Nothing here is used by Weft itself.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define INLINE static __attribute__((always_inline)) inline

#define ADDRESSES (1u << 17) /* one packed range, as the inventory of the benchmark has it */
#define CLASSES 256
#define ATOMS 64
#define WORDS 16    /* 1,024 rules */
#define WORDS_LONG 160 /* 10,240 rules */
#define SUMMARY 3

/* ---- the feeder -------------------------------------------------------------------------------------------------------
 * Writes another address into the packet, and another source port where that is asked for, and jumps to the program under
 * test, which therefore cannot tell it from traffic. Its own cost is measured with `empty` behind it and subtracted.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} feed_target SEC(".maps");

__u32 feed_base;       /* first address, host byte order */
__u32 feed_hosts = 1;  /* addresses in use from there on */
__u32 feed_active = 1; /* how many of them take part, evenly spread; 1: always the first */
__u32 feed_stride = 1; /* from one address in use to the next */
__u32 feed_in_turn;    /* 1: one after the other, from `feed_seed` on; 0: as it comes */
__u32 feed_seed = 12345;
__u32 feed_at = 30;    /* where in the frame the last four bytes of the address lie */
__u32 feed_port_at;    /* where the source port lies that every packet has a new one of; 0: nowhere */
__u32 feed_port;

SEC("tc")
int feed(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u32 at = feed_at & 63, port_at = feed_port_at & 63, index = 0;

	if (data + at + 4 > end || data + port_at + 2 > end)
		return TC_ACT_SHOT;
	if (feed_in_turn) {
		index = feed_seed++ % feed_active * (feed_hosts / feed_active);
	} else if (feed_active > 1) {
		feed_seed = feed_seed * 1664525u + 1013904223u;
		index = (__u32)(((__u64)feed_seed * feed_active) >> 32) * (feed_hosts / feed_active);
	}
	*(__be32 *)(data + at) = bpf_htonl(feed_base + index * feed_stride);
	if (port_at)
		*(__be16 *)(data + port_at) = bpf_htons((__u16)feed_port++);
	bpf_tail_call_static(skb, &feed_target, 0);
	return TC_ACT_SHOT;
}

SEC("tc")
int empty(struct __sk_buff *skb)
{
	return TC_ACT_OK;
}

/* ---- the floor: parse, two direct look-ups, bit vectors that name the rule ------------------------------------------ */

__u32 floor_base;
__u32 floor_rule; /* the deciding rule of the last packet: what makes the answer an attributed one */
__u16 floor_class[ADDRESSES] SEC(".data.floor_class");
__u8 floor_atom[1 << 17] SEC(".data.floor_atom");
__u64 floor_rows[2 * CLASSES + ATOMS][WORDS] SEC(".data.floor_rows");
__u64 floor_long[2 * CLASSES + ATOMS][WORDS_LONG] SEC(".data.floor_long");
__u64 floor_summary[2 * CLASSES + ATOMS][SUMMARY] SEC(".data.floor_summary");

struct packet {
	__u32 source, destination;
	__u32 port_key;
};

INLINE int parse(struct __sk_buff *skb, struct packet *out)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	__be16 *ports;
	__u32 length;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return -1;
	if (ip->frag_off & bpf_htons(0x3fff))
		return -1;
	length = ip->ihl * 4;
	if (length < 20)
		return -1;
	ports = (void *)ip + length;
	if ((void *)(ports + 2) > end)
		return -1;
	if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)
		return -1;
	out->source = bpf_ntohl(ip->saddr);
	out->destination = bpf_ntohl(ip->daddr);
	out->port_key = (bpf_ntohs(ports[1]) | (ip->protocol == IPPROTO_UDP ? 0x10000 : 0)) & 0x1ffff;
	return 0;
}

INLINE __u32 class_of(__u32 address)
{
	return floor_class[(address - floor_base) & (ADDRESSES - 1)] & (CLASSES - 1);
}

INLINE __u32 first_bit(__u64 w)
{
	__u32 r = 0;

	w &= -w;
	if (w & 0xffffffff00000000ull) r += 32;
	if (w & 0xffff0000ffff0000ull) r += 16;
	if (w & 0xff00ff00ff00ff00ull) r += 8;
	if (w & 0xf0f0f0f0f0f0f0f0ull) r += 4;
	if (w & 0xccccccccccccccccull) r += 2;
	if (w & 0xaaaaaaaaaaaaaaaaull) r += 1;
	return r;
}

SEC("tc")
int floor_1k(struct __sk_buff *skb)
{
	struct packet p;
	__u32 s, d;

	if (parse(skb, &p))
		return TC_ACT_SHOT;
	s = class_of(p.source);
	d = class_of(p.destination);
	if (!s || !d)
		return TC_ACT_SHOT;

	const __u64 *a = floor_rows[s], *b = floor_rows[CLASSES + d];
	const __u64 *c = floor_rows[2 * CLASSES + (floor_atom[p.port_key] & (ATOMS - 1))];

	for (int i = 0; i < WORDS; i++) {
		__u64 w = a[i] & b[i] & c[i];

		if (w) {
			floor_rule = i * 64 + first_bit(w);
			return TC_ACT_OK;
		}
	}
	return TC_ACT_SHOT;
}

__attribute__((noinline)) int floor_word(__u32 s, __u32 d, __u32 atom, __u32 i)
{
	__u64 w;

	if (i >= WORDS_LONG)
		return 0;
	w = floor_long[s & (CLASSES - 1)][i] & floor_long[CLASSES + (d & (CLASSES - 1))][i] &
	    floor_long[2 * CLASSES + (atom & (ATOMS - 1))][i];
	if (!w)
		return 0;
	floor_rule = i * 64 + first_bit(w);
	return 1;
}

SEC("tc")
int floor_10k(struct __sk_buff *skb)
{
	struct packet p;
	__u32 s, d, atom;

	if (parse(skb, &p))
		return TC_ACT_SHOT;
	s = class_of(p.source);
	d = class_of(p.destination);
	if (!s || !d)
		return TC_ACT_SHOT;
	atom = floor_atom[p.port_key] & (ATOMS - 1);
	for (int i = 0; i < SUMMARY; i++) {
		__u64 w = floor_summary[s][i] & floor_summary[CLASSES + d][i] & floor_summary[2 * CLASSES + atom][i];

		for (int n = 0; n < 64 && w; n++, w &= w - 1)
			if (floor_word(s, d, atom, i * 64 + first_bit(w)))
				return TC_ACT_OK;
	}
	return TC_ACT_SHOT;
}

/* ---- the usual peer shape: identity by longest prefix, policy by two longest-prefix look-ups -------------------------- */

struct identity_key {
	__u32 bits;
	__u32 pad[4];   /* of IPv6 the address */
	__be32 address; /* of IPv4; FAMILY6 */
};

#define FAMILY6 bpf_htonl(6)

struct policy_key {
	__u32 bits;
	__u32 identity;
	__u8 direction;
	__u8 protocol;
	__be16 port;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, ADDRESSES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct identity_key);
	__type(value, __u32);
} peer_identity SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct policy_key);
	__type(value, __u32);
} peer_policy SEC(".maps");

INLINE int decide_as_peers(const struct identity_key *who, __u32 port_key)
{
	struct policy_key what = { .bits = 64, .protocol = IPPROTO_TCP };
	__u32 *identity, *exact, *any;

	identity = bpf_map_lookup_elem(&peer_identity, who);
	if (!identity)
		return TC_ACT_SHOT;
	what.identity = *identity;
	what.port = bpf_htons(port_key & 0xffff);
	exact = bpf_map_lookup_elem(&peer_policy, &what);
	what.identity = 0;
	any = bpf_map_lookup_elem(&peer_policy, &what);
	if (any && (!exact || *any > *exact))
		exact = any;
	if (!exact)
		return TC_ACT_SHOT;
	floor_rule = *exact;
	return TC_ACT_OK;
}

SEC("tc")
int peer_shape(struct __sk_buff *skb)
{
	struct identity_key who = { .bits = 160 };
	struct packet p;

	if (parse(skb, &p))
		return TC_ACT_SHOT;
	who.address = bpf_htonl(p.destination);
	return decide_as_peers(&who, p.port_key);
}

/* The same of a plain packet of IPv6. */
SEC("tc")
int peer_shape6(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	struct ipv6hdr *ip = (void *)(eth + 1);
	__be16 *ports = (void *)(ip + 1);
	struct identity_key who = { .bits = 160, .address = FAMILY6 };

	if ((void *)(ports + 2) > end || eth->h_proto != bpf_htons(ETH_P_IPV6))
		return TC_ACT_SHOT;
	if (ip->nexthdr != IPPROTO_TCP && ip->nexthdr != IPPROTO_UDP)
		return TC_ACT_SHOT;
	__builtin_memcpy(who.pad, &ip->daddr, sizeof(who.pad));
	return decide_as_peers(&who, bpf_ntohs(ports[1]));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
