/* The gates of a workload, as two programs at the node's end of its link (those of a cgroup are in cgroup.h). `weft_from_workload` goes to tc ingress: what
 * comes out of the workload passes its egress gate. `weft_to_workload` goes to tc egress: what is on its way to the
 * workload passes its ingress gate. Allowed is TC_ACT_OK, denied TC_ACT_SHOT; what cannot be judged is denied.
 */
#include "gate4.h"
#include "gate6.h"
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

INLINE weft_u32 judge(struct __sk_buff *skb, const int outbound)
{
	struct header4 header;

	if (UNLIKELY(!read_plain4(skb, &header))) {
		struct header4 read = { 0 };
		weft_u32 network, type;

		if (weft_uses_v6 && LIKELY(looks_plain6(skb)))
			return outbound ? weft_judge6_egress(skb) : weft_judge6_ingress(skb);
		network = weft_network(skb);
		type = network & 0xffff;
		if (!network)
			return DENIED(WEFT_ENTRY_MALFORMED);
		if (type == ETHERTYPE_IPV6) {
			if (!weft_uses_v6)
				return without_v6(skb->ifindex);
			return outbound ? weft_judge6_egress(skb) : weft_judge6_ingress(skb);
		}
		if (type != ETHERTYPE_IPV4)
			return type == ETHERTYPE_ARP ? ALLOWED(WEFT_ENTRY_LINK) : DENIED(WEFT_ENTRY_NON_IP);
		if (!weft_read4(skb, network >> 16, &read))
			return DENIED(WEFT_ENTRY_MALFORMED);
		header = read;
	}
	return judge4(skb, &header, skb->ifindex, outbound);
}

/* Without a branch: of decisions only allowing ones have the lowest bit. */
INLINE int verdict_of(weft_u32 decision)
{
	_Static_assert(WEFT_ACTION_ALLOW == 1 && WEFT_ACTION_DENY == 0 && TC_ACT_OK == 0 && TC_ACT_SHOT == 2, "one bit moves");
	return (int)((decision & WEFT_ACTION_ALLOW) ^ WEFT_ACTION_ALLOW) << 1;
}

SEC("tc") int weft_from_workload(struct __sk_buff *skb)
{
	weft_u32 decision = judge(skb, 1);

	count(decision, 1);
	if (is_told(decision))
		weft_tell(skb, decision, 1);
	return verdict_of(decision);
}

SEC("tc") int weft_to_workload(struct __sk_buff *skb)
{
	weft_u32 decision = judge(skb, 0);

	count(decision, 0);
	if (is_told(decision))
		weft_tell(skb, decision, 0);
	return verdict_of(decision);
}

#include "cgroup.h"

char weft_license[] SEC("license") = "Dual BSD/GPL";
