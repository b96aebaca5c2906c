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

/* A workload on this node, or the node itself: the key is its interface, which `ifindex` confirms (slots may alias). An endpoint whose
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
	weft_u32 is_node; /* 1: packets of other addresses are forwarded, and no matter of this gate */
	weft_u32 unused[5]; /* two cache lines: a power of two is a shift */
};

/* An identity as the look-up functions return it: `class | home << 16`. For the own-node rule the `home` of a node is its
 * own number with WEFT_HOME_IS_NODE set, that of a workload the number of its node, and 0 is unknown.
 */
#define WEFT_HOME_IS_NODE 0x8000u

/* Numbers of the entries that need no rule; entry numbers from WEFT_ENTRY_FIRST on are the bits of the gate's rows. */
#define WEFT_ENTRY_MALFORMED 0 /* deny: truncated or lying packet, unsupported chain */
#define WEFT_ENTRY_UNKNOWN 1   /* deny: no such endpoint, or an address that is not the sender's */
#define WEFT_ENTRY_LINK 2      /* allow: ARP and IPv6 neighbour discovery between neighbours, without which no link works */
#define WEFT_ENTRY_SELF 3      /* allow: an instance talks to itself, at a cgroup: such packets never cross its interface */
#define WEFT_ENTRY_REPLY 4     /* allow: reply of, or ICMP error about, a connection the gate allows */
#define WEFT_ENTRY_OWN_NODE 5  /* allow: the profile lets a workload's own node in */
#define WEFT_ENTRY_NON_IP 6    /* deny: neither IP nor ARP */
#define WEFT_ENTRY_FORWARDED 7 /* allow: at a gate of a node, a packet that is not its own */
#define WEFT_ENTRY_FRAGMENT 8  /* deny: a later fragment, which has no ports */
#define WEFT_ENTRY_FIRST 9

/* One word of the action table: what entry `n` of a gate does. The low two bits are the action; the rest is `n` itself, so
 * that the word is the decision, but of a pass it is the entry at which the walk goes on.
 */
#define WEFT_ACTION_DENY 0u
#define WEFT_ACTION_ALLOW 1u
#define WEFT_ACTION_PASS 2u
#define WEFT_ACTION_MASK 3u
#define WEFT_ACTION_SHIFT 2
#define WEFT_ACTION_ENTRY 0x003ffffcu /* the entry number in its place: entries are fewer than 2^20 */

/* Above that, what whoever tells about packets wants to know of an entry. */
#define WEFT_ACTION_WOULD_DENY 0x10000000u /* an audited isolation: it allows, and would deny */
#define WEFT_ACTION_AUDITED 0x20000000u    /* an audited rule or isolation */
#define WEFT_ACTION_LOG 0x40000000u        /* a rule with `log` */
#define WEFT_ACTION_OPENS 0x80000000u      /* of a decision: the packet belongs to no connection that is remembered */
#define WEFT_ACTION_FLAGS 0xf0000000u

/* Keys of the connection tables: a connection that the gate of one endpoint allowed, seen from that endpoint. Every byte
 * is set, padding included. Ports are in network byte order; of ICMP both are the echo identifier. The program writes keys
 * in words of eight bytes. A bundle takes over the tables of the one before if key and value have the same sizes: what
 * changes their meaning changes their name.
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
	weft_u32 zero2;
} __attribute__((aligned(8)));

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

/* A connection begins in `weft_opening4` or `weft_opening6` and comes to `weft_connections4` or `weft_connections6` with the
 * first packet after an answer: who only begins connections forgets only such.
 */
struct weft_connection {
	weft_u64 seen; /* bpf_ktime_get_coarse_ns() of the first packet, in either direction, of the tick it was last seen in */
	weft_u32 what; /* WEFT_CONNECTION_* */
	weft_u32 tick; /* that tick: bpf_jiffies64() / 128 */
};

#define WEFT_CONNECTION_ANSWERED 1u   /* the other end has answered */
#define WEFT_CONNECTION_ENDED 2u      /* TCP: the end that opened it has sent a FIN */
#define WEFT_CONNECTION_ENDED_BACK 4u /* the other end has */
#define WEFT_CONNECTION_RESET 8u      /* one of them has sent a RST */

/* At a cgroup, what a socket remembers (`weft_sockets`): the connection of the last answer that the tables knew, its key as in
 * the tables, of IPv4 followed by zeros; and a hash of that and of the tick, by which a key that two processors wrote at once is
 * none. It is good for that tick.
 */
struct weft_socket {
	weft_u64 key[6];
	weft_u64 seal;
};

/* Key of `weft_pairs`, which a program has that counts packets by the classes of their two ends (`weft build --count-pairs`).
 * A packet between two workloads of a node counts at the gates of both.
 */
#define WEFT_PAIR_DENIED 0
#define WEFT_PAIR_ALLOWED 1
#define WEFT_PAIR_REPLY 2 /* allowed because the other way is: of these `source` is who answers */

struct weft_pair {
	weft_u16 source; /* classes */
	weft_u16 destination;
	weft_u8 outbound; /* 1: judged at the egress gate of the source, 0: at the ingress gate of the destination */
	weft_u8 verdict;  /* WEFT_PAIR_* */
	weft_u16 zero;
};

/* Its value is the number of packets. When the table is full, who was seen least recently is forgotten: the pairs that were
 * begun and are not there. The one element of `weft_pair_totals`, on each processor:
 */
struct weft_pair_totals {
	weft_u64 begun;  /* pairs put into the table */
	weft_u64 missed; /* packets there was no room for */
};

/* What a program tells about a packet through the ring buffer `weft_events`. Numbers are in host byte order, addresses as
 * in the packet; what could not be read is zero.
 */
#define WEFT_EVENT_DENIED 1  /* the packet was denied */
#define WEFT_EVENT_LOGGED 2  /* a rule with `log` decided */
#define WEFT_EVENT_AUDITED 4 /* something audited would have taken part: `would_be` */
#define WEFT_EVENT_SERVICE 8 /* ports, or type and code of ICMP, could be read */

#define WEFT_EVENT_BYTES 262144 /* of the ring buffer */

struct weft_event {
	weft_u64 time; /* bpf_ktime_get_coarse_ns() */
	weft_u32 ifindex;
	weft_u32 length;   /* of the frame */
	weft_u32 decision; /* entry and action */
	weft_u32 would_be; /* the same, were everything audited in force; with WEFT_ACTION_AUDITED */
	weft_u32 own;      /* identity of the workload, class | home << 16; 0x10000: an address that is not its own */
	weft_u32 peer;     /* identity of the other end */
	weft_u32 local[4]; /* address of the workload's end, IPv4 in the first word */
	weft_u32 remote[4];
	weft_u16 local_port;
	weft_u16 remote_port;
	weft_u16 service;   /* destination port, or type << 8 | code of ICMP */
	weft_u16 ethertype; /* behind tags */
	weft_u8 protocol;   /* of IPv6: behind the extension headers */
	weft_u8 family;     /* 4, 6, or 0 */
	weft_u8 outbound;   /* 1: the egress gate, 0: the ingress gate */
	weft_u8 what;       /* WEFT_EVENT_* */
	weft_u32 unused;
};

/* How much one processor may still tell: elements of `weft_event_budgets`, denials apart from what was asked for. */
#define WEFT_EVENTS_DENIED 0u
#define WEFT_EVENTS_ASKED_FOR 1u

struct weft_event_budget {
	weft_u64 filled;   /* when it was filled last */
	weft_u64 left;     /* events */
	weft_u64 withheld; /* events there was no budget for */
	weft_u64 lost;     /* events there was no room for in the buffer */
};

/* `maps.bin`, what the tables and maps of the program are to hold: a header, and for each table or map its description, its
 * name, and the table as it lies in memory, or the entries, each its key and then its value.
 */
#define WEFT_MAPS_MAGIC "WEFTMAPS"
#define WEFT_MAPS_VERSION 1u

struct weft_maps_header {
	weft_u8 magic[8]; /* WEFT_MAPS_MAGIC */
	weft_u32 version;
	weft_u32 images; /* how many tables and maps follow */
};

#define WEFT_IMAGE_GLOBAL 0 /* a variable of the program */
#define WEFT_IMAGE_HASH 1   /* a map, BPF_MAP_TYPE_HASH */
#define WEFT_IMAGE_LPM 2    /* a map, BPF_MAP_TYPE_LPM_TRIE */

struct weft_maps_image {
	weft_u8 kind;          /* WEFT_IMAGE_* */
	weft_u8 element_bytes; /* of a table */
	weft_u16 name_bytes;
	weft_u32 key_bytes; /* of a map */
	weft_u32 value_bytes;
	weft_u32 size[2]; /* low and high word: bytes of a table, entries of a map */
};

#endif /* WEFT_BUNDLE_ABI_H */
