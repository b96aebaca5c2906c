/* The decision: the first bit set in the rows of the own class, the peer's class and the atom.
 *
 * Global functions with plain numbers as arguments: the kernel's verifier walks each of them once, whoever calls, and a
 * proof about one holds for all callers. Every index is masked on the register that indexes.
 */
#ifndef WEFT_DATAPATH_DECIDE_H
#define WEFT_DATAPATH_DECIDE_H

#include "tables.h"

/* Position of the only bit that is set, by a de Bruijn sequence (Leiserson, Prokop, Randall 1998): no branches, while the
 * six tests of a binary search are mispredicted as soon as traffic is mixed. BPF has no instruction for it.
 */
#define DE_BRUIJN 0x03f79d71b4cb0a89ull
/* Not static: clang embeds the text of this file, which a program carries for its readers, only if the first definition it
 * writes out of it is no macro's. Without the text LLVM would look for the file where a policy is compiled.
 */
const weft_u8 weft_bit_positions[64] = {
	0,  1,  48, 2,  57, 49, 28, 3,  61, 58, 50, 42, 38, 29, 17, 4,  62, 55, 59, 36, 53, 51,
	43, 22, 45, 39, 33, 30, 24, 18, 12, 5,  63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21,
	44, 32, 23, 11, 46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,  13, 8,  7,  6,
};

INLINE weft_u32 first_bit(weft_u64 word)
{
	weft_u32 position = weft_bit_positions[(word & -word) * DE_BRUIJN >> 58];

	/* The compiler knows that the table holds no more than 63 and would drop masks the kernel's verifier needs. */
	asm("" : "+r"(position));
	return position;
}

/* What a scan answers: an entry, or the bit position from which to go on. */
#define FOUND 0x80000000u
#define WORD_BITS 64
#define GROUP_BITS (64 * WORD_BITS) /* what one summary word speaks for */

struct gate {
	const weft_u64 *own, *peer, *atom; /* rows */
	const weft_u64 *guarded;           /* by word: the conditions its entries have */
	weft_u32 words, word_mask, summary, summary_mask;
	int egress;
};

/* The entries of a word that ask for a condition of which `missing` says that it does not hold. */
#define DEFINE_BLOCKED(name)                                                                                    \
	NOINLINE weft_u64 weft_blocked_##name(weft_u32 at, weft_u64 missing)                                    \
	{                                                                                                       \
		weft_u64 blocked = 0;                                                                           \
                                                                                                                \
		for (weft_u32 i = 0; i < weft_conditions && missing; i++) {                                     \
			weft_u32 condition = first_bit(missing) & weft_condition_mask;                          \
                                                                                                                \
			blocked |= weft_##name##_guards[(weft_u64)condition * (weft_##name##_word_mask + 1) +   \
							(at & weft_##name##_word_mask)];                        \
			missing &= missing - 1;                                                                 \
		}                                                                                               \
		return blocked;                                                                                 \
	}

DEFINE_BLOCKED(egress)
DEFINE_BLOCKED(ingress)

/* The entries of word `at` that match; `held` are the conditions that hold. */
INLINE weft_u64 word_at(struct gate g, weft_u32 at, weft_u32 position, weft_u64 held)
{
	weft_u64 word = g.own[g.summary + at] & g.peer[g.summary + at] & g.atom[g.summary + at];

	if (weft_uses_pass && at == position / WORD_BITS)
		word &= ~0ull << position % WORD_BITS;
	if (weft_conditions && word) {
		weft_u64 missing = g.guarded[at] & ~held;

		if (missing)
			word &= ~(g.egress ? weft_blocked_egress(at, missing) : weft_blocked_ingress(at, missing));
	}
	return word;
}

/* At most `most` words, from that of `position` on, that no summary excludes. The words of three rows may have no bit in
 * common although their summaries have: then the next one is looked at.
 */
INLINE weft_u32 scan_some(struct gate g, weft_u32 position, weft_u64 held, const weft_u32 most)
{
	weft_u32 group = position / GROUP_BITS & g.summary_mask, at = 0;
	weft_u64 candidates = g.own[group] & g.peer[group] & g.atom[group];

	candidates &= ~0ull << position / WORD_BITS % 64;
	for (weft_u32 i = 0; i < most && candidates; i++) {
		weft_u64 word;

		at = (group << 6 | first_bit(candidates)) & g.word_mask;
		word = word_at(g, at, position, held);
		if (word)
			return FOUND | at * WORD_BITS | first_bit(word);
		candidates &= candidates - 1;
	}
	return candidates ? (at + 1) * WORD_BITS : (group + 1) * GROUP_BITS;
}

/* Most decisions fall within the first word looked at; the others are sought eight words at a time. */
#define AT_ONCE 8

/* The word that a row and an atom lead to. */
INLINE weft_u32 first_word(const weft_u16 *table, weft_u32 row, weft_u32 atom)
{
	return table[(weft_u64)(row & weft_row_mask) * (weft_atom_mask + 1) + (atom & weft_atom_mask)];
}

INLINE weft_u32 scan_one(struct gate g, weft_u32 at, weft_u64 held)
{
	weft_u64 word;

	at &= g.word_mask;
	word = word_at(g, at, 0, held);
	return word ? FOUND | at * WORD_BITS | first_bit(word) : (at + 1) * WORD_BITS;
}

/* The row of a class: of those that differ only in what relations compare, there is one. */
INLINE weft_u32 row_of(weft_u32 class)
{
	return weft_uses_rows ? weft_rows[class & weft_class_mask] : class;
}

/* The peer is the node the subject runs on; both are identities. */
INLINE int is_own_node(weft_u32 own, weft_u32 peer)
{
	weft_u32 home = own >> 16;

	return home && !(home & WEFT_HOME_IS_NODE) && peer >> 16 == (home | WEFT_HOME_IS_NODE);
}

/* Which conditions hold between these identities now, a bit each. */
INLINE weft_u64 conditions(weft_u32 own, weft_u32 peer, const int egress)
{
	weft_u64 now = 0;

	if (!weft_conditions)
		return 0;
	if (weft_uses_clock)
		now = (weft_clock_is_tai ? bpf_ktime_get_tai_ns() : bpf_ktime_get_boot_ns()) + weft_clock_offset;
	return weft_held(egress ? own : peer, egress ? peer : own, now, weft_uses_homes && is_own_node(own, peer));
}

/* The entry number in a decision or a word of the action table. */
INLINE weft_u32 entry_of(weft_u32 decision)
{
	/* Flags are there only where somebody is told of them. */
	return (weft_uses_events ? decision & WEFT_ACTION_ENTRY : decision) >> WEFT_ACTION_SHIFT;
}

#define DEFINE_GATE(name, is_egress)                                                                                  \
	INLINE struct gate name##_rows(weft_u32 own, weft_u32 peer, weft_u32 atom)                                    \
	{                                                                                                             \
		return (struct gate){                                                                                 \
			weft_##name##_own_rows + (weft_u64)(own & weft_row_mask) * weft_##name##_stride,              \
			weft_##name##_peer_rows + (weft_u64)(peer & weft_row_mask) * weft_##name##_stride,            \
			weft_##name##_atom_rows + (weft_u64)(atom & weft_atom_mask) * weft_##name##_stride,           \
			weft_##name##_guarded,                                                                        \
			weft_##name##_words,                                                                          \
			weft_##name##_word_mask,                                                                      \
			weft_##name##_summary,                                                                        \
			weft_##name##_summary_mask,                                                                   \
			is_egress,                                                                                    \
		};                                                                                                    \
	}                                                                                                             \
                                                                                                                      \
	/* `rows` are the rows of both ends, the own one in the upper half: the kernel passes five arguments. */      \
	NOINLINE weft_u32 weft_some_##name(weft_u32 rows, weft_u32 atom, weft_u32 position, weft_u64 held)            \
	{                                                                                                             \
		return scan_some(name##_rows(rows >> 16, rows & 0xffff, atom), position, held, AT_ONCE);              \
	}                                                                                                             \
                                                                                                                      \
	/* Every turn goes on by eight words or to the end of a group: the bound is no cap. The loop is a function of \
	 * its own, because the kernel's verifier walks every turn of a loop but every function only once; and it is  \
	 * one for all groups, because every function that calls another takes its part of 512 bytes of stack.        \
	 */                                                                                                           \
	NOINLINE weft_u32 weft_search_##name(weft_u32 rows, weft_u32 atom, weft_u32 position, weft_u64 held)          \
	{                                                                                                             \
		for (weft_u32 i = 0; i < weft_##name##_summary * (64 / AT_ONCE + 1); i++) {                           \
			if (position & FOUND || position >= weft_##name##_words * WORD_BITS)                          \
				break;                                                                                \
			position = weft_some_##name(rows, atom, position, held);                                      \
		}                                                                                                     \
		return position;                                                                                      \
	}                                                                                                             \
                                                                                                                      \
	/* The decision of one gate between two identities. Nobody's class has empty rows: denied. */                 \
	INLINE weft_u32 name##_decision(weft_u32 own, weft_u32 peer, weft_u32 atom)                                   \
	{                                                                                                             \
		weft_u32 found = 0, action;                                                                           \
		weft_u64 held;                                                                                        \
                                                                                                                      \
		if (weft_uses_clock && !weft_clock_offset)                                                            \
			return DENIED(WEFT_ENTRY_UNKNOWN); /* whoever loaded it did not say what time it is */        \
		if (weft_##name##_uses_matrix)                                                                        \
			return weft_##name##_matrix[((weft_u64)(row_of(own & 0xffff) & weft_row_mask) *               \
						     (weft_row_mask + 1) +                                            \
						     (row_of(peer & 0xffff) & weft_row_mask)) *                       \
						    (weft_atom_mask + 1) + (atom & weft_atom_mask)];                  \
		held = conditions(own, peer, is_egress);                                                              \
		own = row_of(own & 0xffff);                                                                           \
		peer = row_of(peer & 0xffff);                                                                         \
		if (weft_##name##_uses_first) {                                                                       \
			weft_u32 of_own = first_word(weft_##name##_own_first, own, atom);                             \
			weft_u32 of_peer = first_word(weft_##name##_peer_first, peer, atom);                          \
                                                                                                                      \
			found = scan_one(name##_rows(own, peer, atom), of_own > of_peer ? of_own : of_peer, held);    \
		}                                                                                                     \
		if (UNLIKELY(!(found & FOUND)))                                                                       \
			found = weft_search_##name(own << 16 | peer, atom, found, held);                              \
		if (!(found & FOUND))                                                                                 \
			return DENIED(WEFT_ENTRY_UNKNOWN);                                                            \
		action = weft_##name##_actions[found & weft_##name##_action_mask];                                    \
		if (!weft_uses_pass)                                                                                  \
			return action;                                                                                \
		/* A pass goes on at a later tier, so there is at most one a tier. */                                 \
		for (weft_u32 i = 0; i <= weft_tiers; i++) {                                                          \
			if ((action & WEFT_ACTION_MASK) != WEFT_ACTION_PASS)                                          \
				return action;                                                                        \
			found = weft_search_##name(own << 16 | peer, atom, entry_of(action), held);                   \
			if (!(found & FOUND))                                                                         \
				break;                                                                                \
			action = weft_##name##_actions[found & weft_##name##_action_mask];                            \
		}                                                                                                     \
		return DENIED(WEFT_ENTRY_UNKNOWN);                                                                    \
	}                                                                                                             \
                                                                                                                      \
	NOINLINE weft_u32 weft_decide_##name(weft_u32 own, weft_u32 peer, weft_u32 atom)                              \
	{                                                                                                             \
		return name##_decision(own, peer, atom);                                                              \
	}

DEFINE_GATE(egress, 1)
DEFINE_GATE(ingress, 0)

/* The condition of audited rules, where there are some. */
INLINE weft_u64 audit_holds(void)
{
	return weft_audit_condition < 64 ? 1ull << (weft_audit_condition & 63) : 0;
}

/* What would have been, were everything audited in force: the entry that ends that walk and its verdict, with
 * WEFT_ACTION_AUDITED; 0 if nothing audited takes part in it.
 */
#define DEFINE_WOULD(name, is_egress)                                                                                 \
	NOINLINE weft_u32 weft_would_##name(weft_u32 own, weft_u32 peer, weft_u32 atom)                               \
	{                                                                                                             \
		weft_u64 held = conditions(own, peer, is_egress) | audit_holds();                                     \
		weft_u32 found, action, audited = 0, position = 0;                                                    \
		weft_u32 rows = row_of(own & 0xffff) << 16 | row_of(peer & 0xffff);                                   \
                                                                                                                      \
		for (weft_u32 i = 0; i <= weft_tiers; i++) {                                                          \
			found = weft_search_##name(rows, atom, position, held);                                       \
			if (!(found & FOUND))                                                                         \
				return 0;                                                                             \
			action = weft_##name##_actions[found & weft_##name##_action_mask];                            \
			audited |= action & WEFT_ACTION_AUDITED;                                                      \
			if ((action & WEFT_ACTION_MASK) != WEFT_ACTION_PASS) {                                        \
				if (!audited)                                                                         \
					return 0;                                                                     \
				if (action & WEFT_ACTION_WOULD_DENY)                                                  \
					action &= ~WEFT_ACTION_ALLOW;                                                 \
				return (action & ~WEFT_ACTION_FLAGS) | WEFT_ACTION_AUDITED;                           \
			}                                                                                             \
			position = (action & WEFT_ACTION_ENTRY) >> WEFT_ACTION_SHIFT;                                 \
		}                                                                                                     \
		return 0;                                                                                             \
	}

DEFINE_WOULD(egress, 1)
DEFINE_WOULD(ingress, 0)

/* The decision of the gate that `outbound` names; `own` and `peer` are identities. */
INLINE weft_u32 decide(int outbound, weft_u32 own, weft_u32 peer, weft_u32 atom)
{
	if (outbound)
		return weft_decide_egress(own, peer, atom);
	if (weft_uses_own_node && is_own_node(own, peer))
		return ALLOWED(WEFT_ENTRY_OWN_NODE);
	return weft_decide_ingress(own, peer, atom);
}

/* The same in place: where it is asked of every packet, a call would cost as much as the answer. Conditions take instructions
 * for each of them, and stay where they are.
 */
INLINE weft_u32 decide_here(int outbound, weft_u32 own, weft_u32 peer, weft_u32 atom)
{
	if (weft_conditions)
		return decide(outbound, own, peer, atom);
	if (outbound)
		return egress_decision(own, peer, atom);
	if (weft_uses_own_node && is_own_node(own, peer))
		return ALLOWED(WEFT_ENTRY_OWN_NODE);
	return ingress_decision(own, peer, atom);
}

#endif
