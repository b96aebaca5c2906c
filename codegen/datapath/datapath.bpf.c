/* The gates of a workload, as two programs at the node's end of its link (those of a cgroup are in cgroup.h). `weft_from_workload` goes to tc ingress: what
 * comes out of the workload passes its egress gate. `weft_to_workload` goes to tc egress: what is on its way to the
 * workload passes its ingress gate. Allowed is TC_ACT_OK, denied TC_ACT_SHOT; what cannot be judged is denied.
 */
#include "gate4.h"
#include "gate6.h"
#include "link.h"
#include "tell.h"

INLINE void count(weft_u32 decision, int outbound)
{
	weft_u32 entry = entry_of(decision);
	weft_u64 *packets;

	if (!weft_uses_counters)
		return;
	packets = outbound ? bpf_map_lookup_elem(&weft_counters_egress, &entry)
			   : bpf_map_lookup_elem(&weft_counters_ingress, &entry);
	if (packets)
		*packets += 1;
}

/* Denials, and new connections that somebody wants to hear of. */
INLINE int is_told(weft_u32 decision)
{
	weft_u32 asked = 0;

	if (!weft_uses_events)
		return 0;
	if (weft_uses_audit || weft_uses_log)
		asked = decision & WEFT_ACTION_OPENS && (weft_uses_audit || decision & WEFT_ACTION_LOG);
	return UNLIKELY(!(decision & WEFT_ACTION_ALLOW) || asked);
}

/* What is judged of a frame. The headers of both families are apart, so that those of plain packets need no place in memory. */
struct frame {
	int family;        /* 4, 6, or 0: no policy is asked, and `decision` is the answer */
	weft_u32 decision;
	struct header4 four;
	struct header6 six;
};

/* Any frame, on its way out of the workload or to it. */
INLINE void read_any(struct __sk_buff *skb, struct frame *out, const int outbound)
{
	weft_u32 network = weft_network(skb), type = network & 0xffff;

	out->family = 0;
	if (!network) {
		out->decision = DENIED(WEFT_ENTRY_MALFORMED);
	} else if (type == ETHERTYPE_IPV4) {
		struct header4 read = { 0 };
		weft_u32 found = weft_read4(skb, network >> 16, &read);

		if (found == READ_WHOLE)
			out->family = 4;
		out->four = read;
		out->decision = found == READ_FRAGMENT ? later_fragment4(&read, skb->ifindex, outbound, AT_INTERFACE)
						       : DENIED(WEFT_ENTRY_MALFORMED);
	} else if (type == ETHERTYPE_IPV6 && weft_uses_v6) {
		struct header6 read = { 0 };
		weft_u32 found = weft_read6(skb, network >> 16, outbound, &read);

		out->decision = DENIED(WEFT_ENTRY_MALFORMED);
		if (found == READ_FRAGMENT)
			out->decision = later_fragment6(&read, skb->ifindex, AT_INTERFACE);
		if (found == READ_LINK)
			out->decision = weft_judge_discovery(skb, &read, skb->ifindex, outbound);
		if (found == READ_WHOLE || (found == READ_LINK && out->decision == NO_LINK))
			out->family = 6;
		out->six = read;
	} else if (type == ETHERTYPE_IPV6) {
		out->decision = DENIED(WEFT_ENTRY_UNKNOWN);
	} else {
		out->decision = type == ETHERTYPE_ARP ? weft_judge_arp(skb, network >> 16, skb->ifindex, outbound)
						      : DENIED(WEFT_ENTRY_NON_IP);
	}
}

/* Both families are judged in the program itself: a call costs more than all that is asked of a plain packet's header.
 * Pairs are counted here, where both classes are at hand.
 */
INLINE weft_u32 judge(struct __sk_buff *skb, const int outbound)
{
	/* Zeros, because of what a way leaves unset LLVM saves whatever is in a register, and the kernel's verifier refuses that. */
	struct frame frame = { 0 };
	weft_u32 pair = 0, decision;

	if (LIKELY(read_plain4(skb, &frame.four)))
		frame.family = 4;
	else if (weft_uses_v6 && LIKELY(read_plain6(skb, &frame.six, outbound)))
		frame.family = 6;
	else
		read_any(skb, &frame, outbound);
	if (LIKELY(frame.family == 4))
		decision = judge4(skb, &frame.four, skb->ifindex, outbound, AT_INTERFACE, &pair);
	else if (weft_uses_v6 && frame.family == 6)
		decision = judge6(skb, &frame.six, skb->ifindex, outbound, AT_INTERFACE, &pair);
	else
		return frame.decision;
	count_pair(pair, decision, outbound);
	return decision;
}

/* Without a branch: of decisions only allowing ones have the lowest bit. */
INLINE int verdict_of(weft_u32 decision)
{
	_Static_assert(WEFT_ACTION_ALLOW == 1 && WEFT_ACTION_DENY == 0 && TC_ACT_OK == 0 && TC_ACT_SHOT == 2, "one bit moves");
	return (int)((decision & WEFT_ACTION_ALLOW) ^ WEFT_ACTION_ALLOW) << 1;
}

SEC("tc") int weft_from_workload(struct __sk_buff *skb)
{
	weft_u32 decision;

	if (UNLIKELY(weft_waiting))
		return TC_ACT_UNSPEC;
	decision = judge(skb, 1);
	count(decision, 1);
	if (is_told(decision))
		weft_tell(skb, decision, 1);
	return verdict_of(decision);
}

SEC("tc") int weft_to_workload(struct __sk_buff *skb)
{
	weft_u32 decision;

	if (UNLIKELY(weft_waiting))
		return TC_ACT_UNSPEC;
	decision = judge(skb, 0);
	count(decision, 0);
	if (is_told(decision))
		weft_tell(skb, decision, 0);
	return verdict_of(decision);
}

#include "cgroup.h"

char weft_license[] SEC("license") = "Dual BSD/GPL";
