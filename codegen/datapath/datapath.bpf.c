/* The gates of a workload, as two programs at the node's end of its link. `weft_from_workload` goes to tc ingress: what
 * comes out of the workload passes its egress gate. `weft_to_workload` goes to tc egress: what is on its way to the
 * workload passes its ingress gate. Allowed is TC_ACT_OK, denied TC_ACT_SHOT; what cannot be judged is denied.
 */
#include "gate4.h"
#include "gate6.h"

INLINE void count(weft_u32 decision, int outbound)
{
	weft_u32 entry = decision >> WEFT_ACTION_SHIFT;
	weft_u64 *packets;

	if (!weft_uses_counters)
		return;
	packets = outbound ? bpf_map_lookup_elem(&weft_counters_egress, &entry)
			   : bpf_map_lookup_elem(&weft_counters_ingress, &entry);
	if (packets)
		*packets += 1;
}

INLINE weft_u32 judge(struct __sk_buff *skb, const int outbound)
{
	const void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	weft_u32 type, at = 14;

	/* Headers are linear almost always. A packet that merely is short must not be copied. */
	if (UNLIKELY(data + HEADERS > end) && UNLIKELY(skb->len > (weft_u64)(end - data))) {
		bpf_skb_pull_data(skb, skb->len < HEADERS ? skb->len : HEADERS);
	}
	/* Read again in any case: the kernel's verifier then has one state to go on with, not three. */
	asm volatile("" ::: "memory");
	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	if (data + 14 > end)
		return DENIED(WEFT_ENTRY_MALFORMED);
	type = bpf_ntohs(load16(data + 12));
	if (UNLIKELY(type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ)) {
		weft_u32 tags = weft_tags(skb);

		if (!tags)
			return DENIED(WEFT_ENTRY_MALFORMED);
		type = tags & 0xffff;
		at = tags >> 16 & 31;
	}
	if (LIKELY(type == ETHERTYPE_IPV4))
		return judge4(skb, at, outbound);
	if (type == ETHERTYPE_IPV6) {
		if (!weft_uses_v6)
			return DENIED(WEFT_ENTRY_UNKNOWN); /* no workload has such an address */
		return outbound ? weft_judge6_egress(skb, at) : weft_judge6_ingress(skb, at);
	}
	return type == ETHERTYPE_ARP ? ALLOWED(WEFT_ENTRY_LINK) : DENIED(WEFT_ENTRY_NON_IP);
}

SEC("tc") int weft_from_workload(struct __sk_buff *skb)
{
	weft_u32 decision = judge(skb, 1);

	count(decision, 1);
	return allows(decision) ? TC_ACT_OK : TC_ACT_SHOT;
}

SEC("tc") int weft_to_workload(struct __sk_buff *skb)
{
	weft_u32 decision = judge(skb, 0);

	count(decision, 0);
	return allows(decision) ? TC_ACT_OK : TC_ACT_SHOT;
}

char weft_license[] SEC("license") = "Dual BSD/GPL";
