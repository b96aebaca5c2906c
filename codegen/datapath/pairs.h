/* Packets by pair of classes, for bundles that were built to count them; of others nothing of this is left. */
#ifndef WEFT_DATAPATH_PAIRS_H
#define WEFT_DATAPATH_PAIRS_H

#include "tables.h"

/* The classes of a packet's two ends, its source in the lower half. 0: nobody was asked for them; nobody's class is never
 * that of a gate's own end.
 */
INLINE weft_u32 pair_of(weft_u32 own, weft_u32 peer, const int outbound)
{
	if (!weft_uses_pairs)
		return 0;
	return outbound ? (own & 0xffff) | peer << 16 : (peer & 0xffff) | own << 16;
}

/* A function of its own: what it puts on the stack is gone when it returns. */
NOINLINE int weft_count_pair(weft_u32 pair, weft_u32 decision, weft_u32 outbound)
{
	struct weft_pair key = { pair & 0xffff, pair >> 16, outbound != 0, decision & WEFT_ACTION_ALLOW, 0 };
	struct weft_pair_totals *totals;
	weft_u64 *packets, one = 1;
	weft_u32 all = 0;

	/* As in entry_of: flags may lie above the entry. */
	if ((decision & WEFT_ACTION_ENTRY) >> WEFT_ACTION_SHIFT == WEFT_ENTRY_REPLY)
		key.verdict = WEFT_PAIR_REPLY;
	packets = bpf_map_lookup_elem(&weft_pairs, &key);
	if (packets) {
		*packets += 1;
		return 0;
	}
	totals = bpf_map_lookup_elem(&weft_pair_totals, &all);
	if (!totals)
		return 0;
	if (!bpf_map_update_elem(&weft_pairs, &key, &one, BPF_NOEXIST)) {
		totals->begun++;
		return 0;
	}
	/* Another processor was faster, or there is no room at all. */
	packets = bpf_map_lookup_elem(&weft_pairs, &key);
	if (packets)
		*packets += 1;
	else
		totals->missed++;
	return 0;
}

INLINE void count_pair(weft_u32 pair, weft_u32 decision, const int outbound)
{
	if (weft_uses_pairs && pair)
		weft_count_pair(pair, decision, outbound);
}

#endif
