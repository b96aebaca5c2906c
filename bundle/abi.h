/* What the loaded program and user space agree on. Plain C: the data path, the code generator, the loader and whoever
 * embeds a bundle read this one file. All numbers are little-endian host order unless a comment says otherwise.
 */
#ifndef WEFT_BUNDLE_ABI_H
#define WEFT_BUNDLE_ABI_H

#ifdef __cplusplus
#include <cstdint>
typedef std::uint8_t weft_u8;
typedef std::uint16_t weft_u16;
typedef std::uint32_t weft_u32;
typedef std::uint64_t weft_u64;
#else
typedef unsigned char weft_u8;
typedef unsigned short weft_u16;
typedef unsigned int weft_u32;
typedef unsigned long long weft_u64;
#endif

/* Workloads whose gates live on one node, and addresses of one workload per family. Kubernetes allows 110 pods a node by
 * default and two addresses a pod.
 */
#define WEFT_ENDPOINTS 1024
#define WEFT_ENDPOINT_ADDRESSES 4

/* `weft_endpoint_slots[ifindex & (WEFT_ENDPOINT_SLOTS - 1)]` is the number of the endpoint; 0 is nobody. */
#define WEFT_ENDPOINT_SLOTS 65536

/* A workload on this node: the key is its interface, which `ifindex` confirms (slots may alias). An endpoint whose
 * addresses do not hold the local address of a packet denies it: nobody speaks with a borrowed address. What is not used
 * is zero: 0.0.0.0 and :: are class 0, nobody. The first cache line is all that IPv4 needs.
 */
struct weft_endpoint {
	weft_u32 ifindex; /* 0: unused */
	weft_u16 home;    /* number of its node for the own-node rule, 0 unknown */
	weft_u8 count4;
	weft_u8 count6;
	weft_u32 address4[WEFT_ENDPOINT_ADDRESSES]; /* host byte order */
	weft_u16 class4[WEFT_ENDPOINT_ADDRESSES];
	weft_u64 address6[WEFT_ENDPOINT_ADDRESSES][2]; /* network byte order, as in the packet */
	weft_u16 class6[WEFT_ENDPOINT_ADDRESSES];
	weft_u64 unused[3]; /* two cache lines: a power of two is a shift */
};

/* An identity as the look-up functions return it: `class | home << 16`. For the own-node rule the `home` of a node is its
 * own number with WEFT_HOME_IS_NODE set, that of a workload the number of its node, and 0 is unknown.
 */
#define WEFT_HOME_IS_NODE 0x8000u

/* Numbers of the entries that need no rule; entry numbers from WEFT_ENTRY_FIRST on are the bits of the gate's rows. */
#define WEFT_ENTRY_MALFORMED 0 /* deny: truncated or lying packet, unsupported chain, fragment without ports */
#define WEFT_ENTRY_UNKNOWN 1   /* deny: no such endpoint, or an address that is not the endpoint's */
#define WEFT_ENTRY_LINK 2      /* allow: ARP and IPv6 neighbour discovery, without which no link works */
#define WEFT_ENTRY_SELF 3      /* allow: an instance talks to itself */
#define WEFT_ENTRY_REPLY 4     /* allow: reply of, or ICMP error about, a connection the gate allows */
#define WEFT_ENTRY_OWN_NODE 5  /* allow: the profile lets a workload's own node in */
#define WEFT_ENTRY_NON_IP 6    /* deny: neither IP nor ARP */
#define WEFT_ENTRY_FIRST 8

/* One word of the action table: what entry `n` of a gate does. The low two bits are the action; the rest is `n` itself, so
 * that the word is the decision, but of a pass it is the entry at which the walk goes on.
 */
#define WEFT_ACTION_DENY 0u
#define WEFT_ACTION_ALLOW 1u
#define WEFT_ACTION_PASS 2u
#define WEFT_ACTION_MASK 3u
#define WEFT_ACTION_SHIFT 2

/* Keys of the connection tables: a connection that the gate of one endpoint allowed, seen from that endpoint. Every byte
 * is set, padding included. Ports are in network byte order; of ICMP both are the echo identifier.
 */
struct weft_connection4 {
	weft_u32 ifindex;
	weft_u32 local;
	weft_u32 remote;
	weft_u16 local_port;
	weft_u16 remote_port;
	weft_u8 protocol;
	weft_u8 outbound; /* 1: the endpoint opened it (egress gate), 0: it was opened to the endpoint */
	weft_u16 zero;
};

struct weft_connection6 {
	weft_u32 ifindex;
	weft_u32 zero;
	weft_u64 local[2];
	weft_u64 remote[2];
	weft_u16 local_port;
	weft_u16 remote_port;
	weft_u8 protocol;
	weft_u8 outbound;
	weft_u16 zero2;
};

struct weft_connection {
	weft_u64 seen; /* bpf_ktime_get_coarse_ns() of the last packet in either direction */
};

#endif /* WEFT_BUNDLE_ABI_H */
