/* What the code generator supplies: the numbers that shape the program for one policy, and its tables. Every constant is
 * folded and every table has its exact size before the program is optimised, so what a policy does not need is gone.
 */
#ifndef WEFT_DATAPATH_TABLES_H
#define WEFT_DATAPATH_TABLES_H

/* The packet's context under its own name, without the members that point to further structures: LLVM 19 writes what
 * they point to into BTF in an order that differs from run to run. The offsets are those of linux/bpf.h.
 */
#define __sk_buff weft_unused_sk_buff
#include <linux/bpf.h>
#undef __sk_buff
struct __sk_buff {
	__u32 len;
	__u32 before_ifindex[9];
	__u32 ifindex;
	__u32 before_data[8];
	__u32 data;
	__u32 data_end;
	__u32 before_sk[21];
	__u64 sk; /* struct bpf_sock *, or 0 */
};
_Static_assert(__builtin_offsetof(struct __sk_buff, ifindex) == __builtin_offsetof(struct weft_unused_sk_buff, ifindex) &&
		       __builtin_offsetof(struct __sk_buff, data) == __builtin_offsetof(struct weft_unused_sk_buff, data) &&
		       __builtin_offsetof(struct __sk_buff, data_end) ==
			       __builtin_offsetof(struct weft_unused_sk_buff, data_end) &&
		       __builtin_offsetof(struct __sk_buff, sk) == __builtin_offsetof(struct weft_unused_sk_buff, sk),
	       "the context is the kernel's");

#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bundle/abi.h"
#include "bundle/buckets.h"

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Options of the policy: 0 or 1. */
extern const weft_u32 weft_uses_v6;
extern const weft_u32 weft_uses_state;
extern const weft_u32 weft_uses_own_node;
extern const weft_u32 weft_uses_homes;
extern const weft_u32 weft_uses_pass;
extern const weft_u32 weft_uses_counters;
extern const weft_u32 weft_uses_pairs; /* packets are counted by pair of classes */
extern const weft_u32 weft_uses_rows;
extern const weft_u32 weft_uses_clock;
extern const weft_u32 weft_uses_events;
extern const weft_u32 weft_uses_log;   /* some rule has `log` */
extern const weft_u32 weft_uses_audit; /* something is audited */
extern const weft_u32 weft_events_per_second;
extern const weft_u32 weft_uses_exact4;
extern const weft_u32 weft_uses_prefixes4;
extern const weft_u32 weft_uses_hosts6;
extern const weft_u32 weft_uses_exact6;
extern const weft_u32 weft_uses_prefixes6;

extern const weft_u32 weft_tiers;
extern const weft_u32 weft_otherwise4; /* identity of addresses in no table */
extern const weft_u32 weft_otherwise6;

/* Buckets of hosts, see struct weft_bucket6. */
extern const weft_u32 weft_hosts6_mask;
extern weft_u64 weft_hosts6[];

/* Conditions: what an entry may ask besides its bits, numbered from 0; at most 64. `guarded` says for each word which
 * of them its entries have, `guards` for each condition and word which entries have it. A class finds its row in `rows`
 * where several classes share one.
 */
extern const weft_u32 weft_conditions;
extern const weft_u32 weft_condition_mask;
extern const weft_u32 weft_audit_condition; /* number of the one that audited rules have: it never holds */
extern weft_u16 weft_rows[];

/* Rows of a gate. A row is `summary` words (bit w: word w of the row is not zero) followed by the words of its entries;
 * the next row begins `stride` words later.
 *
 * Where `uses_first` is set, `own_first` and `peer_first` say for each row and atom the first word in which both have an
 * entry. The deciding entry is in no earlier word than either says, and nearly always in the later of the two: a rule names
 * whom it lets reach what. So the search begins where it ends, however many rules there are.
 *
 * Where `uses_matrix` is set, there are no rows: `matrix` has the decision by own row, peer's row and atom.
 */
#define DECLARE_GATE(gate)                                                                     \
	extern const weft_u32 weft_##gate##_words;                                             \
	extern const weft_u32 weft_##gate##_word_mask;                                         \
	extern const weft_u32 weft_##gate##_summary;                                           \
	extern const weft_u32 weft_##gate##_summary_mask;                                      \
	extern const weft_u32 weft_##gate##_stride;                                            \
	extern const weft_u32 weft_##gate##_action_mask;                                       \
	extern const weft_u32 weft_##gate##_uses_first;                                        \
	extern const weft_u32 weft_##gate##_uses_matrix;                                       \
	extern weft_u32 weft_##gate##_matrix[];                                                \
	extern weft_u16 weft_##gate##_own_first[];                                             \
	extern weft_u16 weft_##gate##_peer_first[];                                            \
	extern weft_u64 weft_##gate##_own_rows[];                                              \
	extern weft_u64 weft_##gate##_peer_rows[];                                             \
	extern weft_u64 weft_##gate##_atom_rows[];                                             \
	extern weft_u64 weft_##gate##_guarded[];                                               \
	extern weft_u64 weft_##gate##_guards[];                                                \
	extern weft_u32 weft_##gate##_actions[];

extern const weft_u32 weft_class_mask;
extern const weft_u32 weft_row_mask;
extern const weft_u32 weft_atom_mask;

DECLARE_GATE(egress)
DECLARE_GATE(ingress)

/* Maps, of their exact sizes; declared as bytes because only their address is used. */
extern weft_u8 weft_counters_egress[];
extern weft_u8 weft_counters_ingress[];
extern weft_u8 weft_audited_egress[]; /* by the entry that would have decided */
extern weft_u8 weft_audited_ingress[];
extern weft_u8 weft_pairs[];
extern weft_u8 weft_pair_totals[];
extern weft_u8 weft_connections4[];
extern weft_u8 weft_connections6[];
extern weft_u8 weft_opening4[];
extern weft_u8 weft_opening6[];
extern weft_u8 weft_sockets[];
extern weft_u8 weft_exact4[];
extern weft_u8 weft_prefixes4[];
extern weft_u8 weft_exact6[];
extern weft_u8 weft_prefixes6[];
extern weft_u8 weft_events[];
extern weft_u8 weft_event_budgets[];

/* Generated functions: the identity of an address in a direct table, or WEFT_NOT_DIRECT; the atom of a service point. */
#define WEFT_NOT_DIRECT (~0ull)
extern weft_u64 weft_direct4(weft_u32 address);
extern weft_u64 weft_direct6(weft_u64 high, weft_u64 low); /* as in the packet */
extern weft_u32 weft_atom(weft_u32 protocol, weft_u32 value);
/* And the conditions that hold between two classes at that time (nanoseconds since 1970), a bit each; `own_node` says
 * whether the peer is the node the subject runs on.
 */
extern weft_u64 weft_held(weft_u32 source, weft_u32 destination, weft_u64 now, weft_u32 own_node);

/* 1: deadlines are kept by the clock of bpf_ktime_get_tai_ns() (Linux 6.1), which goes along when the time of day is set;
 * 0: by that of bpf_ktime_get_boot_ns(). Stated by the loader before the kernel sees the program: of what is not used the
 * kernel needs to know nothing.
 */
const volatile weft_u32 weft_clock_is_tai = 0;

/* What is to be added to that clock for the time since 1970, filled by the loader, and again by whoever sees that it is no
 * longer right; 0: unknown, and a program with deadlines denies everything. (Where nothing is to be added, it is 1.)
 */
weft_u64 weft_clock_offset;

/* 1: the gate waits, and leaves what it is asked about to the gate behind it. A load puts all its gates, of all its
 * objects, into force by one store; whoever loads a program by other means finds 0, and gates that judge. A section of its
 * own, so that objects can share it.
 */
weft_u32 weft_waiting __attribute__((section(".data.waiting")));

/* The workloads of this node, filled by the loader. */
weft_u16 weft_endpoint_slots[WEFT_ENDPOINT_SLOTS];
struct weft_endpoint weft_endpoints[WEFT_ENDPOINTS] __attribute__((aligned(64)));

/* A decision: `entry << WEFT_ACTION_SHIFT | action`. */
#define DECISION(entry, action) ((weft_u32)(entry) << WEFT_ACTION_SHIFT | (action))
#define DENIED(entry) DECISION(entry, WEFT_ACTION_DENY)
#define ALLOWED(entry) DECISION(entry, WEFT_ACTION_ALLOW)

INLINE int allows(weft_u32 decision)
{
	return (decision & WEFT_ACTION_MASK) == WEFT_ACTION_ALLOW;
}

#endif
