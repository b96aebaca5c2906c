/* Telling user space about single packets: what was denied, what a rule wants logged, what audited rules would have done.
 * All of it is worked out again from the packet once it is decided, so that packets nobody tells about pay for one branch.
 */
#ifndef WEFT_DATAPATH_TELL_H
#define WEFT_DATAPATH_TELL_H

#include "gate4.h"
#include "gate6.h"

/* Room in the buffer is taken from a budget that fills up again over a second, one of each kind on each processor: a flood
 * of denials costs the node what the budget allows and no more, and does not keep what is logged from being told.
 */
INLINE int may_tell(weft_u32 kind, weft_u64 now)
{
	struct weft_event_budget *budget = bpf_map_lookup_elem(&weft_event_budgets, &kind);
	weft_u64 passed, fresh;

	if (!budget)
		return 0;
	passed = now - budget->filled;
	if (passed >= SECOND) { /* also the first time */
		budget->filled = now;
		budget->left = weft_events_per_second;
	} else {
		fresh = passed * weft_events_per_second / SECOND;
		if (fresh) {
			fresh += budget->left;
			budget->left = fresh < weft_events_per_second ? fresh : weft_events_per_second;
			budget->filled = now;
		}
	}
	if (!budget->left) {
		budget->withheld++;
		return 0;
	}
	budget->left--;
	return 1;
}

INLINE void give_back(weft_u32 kind)
{
	struct weft_event_budget *budget = bpf_map_lookup_elem(&weft_event_budgets, &kind);

	if (budget)
		budget->left++;
}

INLINE void count_lost(weft_u32 kind)
{
	struct weft_event_budget *budget = bpf_map_lookup_elem(&weft_event_budgets, &kind);

	if (budget)
		budget->lost++;
}

/* The ports of a packet whose transport header is at offset `at`, as far as it has some. */
NOINLINE int weft_tell_ports(struct __sk_buff *skb, struct weft_event *event, weft_u32 at)
{
	weft_u32 protocol;
	weft_u8 bytes[4];

	if (!event || bpf_skb_load_bytes(skb, at, bytes, sizeof(bytes)))
		return 0;
	protocol = event->protocol;
	if (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP || protocol == PROTOCOL_SCTP) {
		weft_u16 source = (weft_u16)(bytes[0] << 8 | bytes[1]), destination = (weft_u16)(bytes[2] << 8 | bytes[3]);

		event->local_port = event->outbound ? source : destination;
		event->remote_port = event->outbound ? destination : source;
		event->service = destination;
	} else if (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMP6) {
		event->service = (weft_u16)(bytes[0] << 8 | bytes[1]);
	} else {
		return 0;
	}
	event->what |= WEFT_EVENT_SERVICE;
	return 0;
}

/* Identity of the local end of an event, NO_CLASS where it is none of the endpoint's addresses. */
INLINE weft_u32 with_home(const struct weft_endpoint *endpoint, weft_u32 own)
{
	return weft_uses_homes && own != NO_CLASS ? own | (weft_u32)endpoint->home << 16 : own;
}

NOINLINE int weft_tell4(struct __sk_buff *skb, struct weft_event *event, weft_u32 at)
{
	const int hook = at ? AT_INTERFACE : AT_CGROUP; /* there the packet begins with the IP header */
	const struct weft_endpoint *endpoint;
	struct ipv4_header ip;
	weft_u32 local, remote;

	if (!event || bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)))
		return 0;
	local = event->outbound ? ip.source : ip.destination;
	remote = event->outbound ? ip.destination : ip.source;
	event->family = 4;
	event->protocol = ip.protocol;
	event->local[0] = local;
	event->remote[0] = remote;
	endpoint = endpoint_of(event->ifindex);
	if (endpoint)
		event->own = with_home(endpoint, local_class4(endpoint, event->ifindex, bpf_ntohl(local), hook));
	event->peer = identity4(bpf_ntohl(remote));
	if (!(ip.fragment & bpf_htons(0x1fff)))
		weft_tell_ports(skb, event, at + (ip.version_length & 15) * 4);
	return 0;
}

NOINLINE int weft_tell6(struct __sk_buff *skb, struct weft_event *event, weft_u32 at)
{
	const int hook = at ? AT_INTERFACE : AT_CGROUP; /* there the packet begins with the IP header */
	const struct weft_endpoint *endpoint;
	struct ipv6_header ip;
	struct address6 local, remote;
	weft_u32 chain;

	if (!event || bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)))
		return 0;
	local = load_address6(event->outbound ? ip.source : ip.destination);
	remote = load_address6(event->outbound ? ip.destination : ip.source);
	event->family = 6;
	event->protocol = ip.next;
#pragma unroll
	for (int i = 0; i < 4; i++) {
		event->local[i] = event->outbound ? ip.source[i] : ip.destination[i];
		event->remote[i] = event->outbound ? ip.destination[i] : ip.source[i];
	}
	endpoint = endpoint_of(event->ifindex);
	if (endpoint)
		event->own = with_home(endpoint, local_class6(endpoint, event->ifindex, local.high, local.low, hook));
	event->peer = weft_identity6(remote.high, remote.low);
	chain = weft_chain6(skb, ip.next, at + sizeof(ip));
	if (chain >= CHAIN_FRAGMENT)
		return 0;
	event->protocol = (weft_u8)chain;
	weft_tell_ports(skb, event, chain >> 8);
	return 0;
}

/* Wakes the reader when a quarter of the buffer is waiting; until then he comes by himself. A wake-up costs some
 * microseconds, so there are only as many as a reader who sleeps deeply may need.
 */
INLINE weft_u64 wake_up(void)
{
	weft_u64 waiting = bpf_ringbuf_query(&weft_events, BPF_RB_AVAIL_DATA);

	return waiting >= WEFT_EVENT_BYTES / 4 && waiting < WEFT_EVENT_BYTES / 4 + 4096 ? BPF_RB_FORCE_WAKEUP
											 : BPF_RB_NO_WAKEUP;
}

/* Begins the event of a packet of `length` bytes. 1: it may be told, and that is taken from the budget. */
INLINE int begin_event(struct weft_event *event, weft_u32 interface, weft_u32 length, weft_u32 decision,
		       weft_u32 outbound)
{
	const int denied = !(decision & WEFT_ACTION_ALLOW);
	weft_u64 now = bpf_ktime_get_coarse_ns();

	event->time = now;
	event->ifindex = interface;
	event->length = length;
	event->decision = decision & (WEFT_ACTION_ENTRY | WEFT_ACTION_MASK);
	event->outbound = outbound != 0;
	event->own = NO_CLASS;
	event->what = denied ? WEFT_EVENT_DENIED : 0;
	if (decision & WEFT_ACTION_LOG)
		event->what |= WEFT_EVENT_LOGGED;
	return may_tell(denied ? WEFT_EVENTS_DENIED : WEFT_EVENTS_ASKED_FOR, now);
}

/* What would have been is asked where policy was: of no packet that a fixed entry decides. It is counted whether it may be told or
 * not.
 */
INLINE void would(struct weft_event *event, weft_u32 decision)
{
	weft_u32 atom, entry;
	weft_u64 *packets;

	if (!weft_uses_audit || entry_of(decision) < WEFT_ENTRY_FIRST || event->own == NO_CLASS)
		return;
	atom = weft_atom(event->protocol, event->service);
	event->would_be = event->outbound ? weft_would_egress(event->own, event->peer, atom)
					  : weft_would_ingress(event->own, event->peer, atom);
	if (!event->would_be)
		return;
	event->what |= WEFT_EVENT_AUDITED;
	if (!weft_uses_counters)
		return;
	entry = entry_of(event->would_be);
	packets = event->outbound ? bpf_map_lookup_elem(&weft_audited_egress, &entry)
				  : bpf_map_lookup_elem(&weft_audited_ingress, &entry);
	if (packets)
		*packets += 1;
}

/* Off it goes, if it may. */
INLINE void end_event(struct weft_event *event, weft_u32 decision, int told)
{
	weft_u32 kind = decision & WEFT_ACTION_ALLOW ? WEFT_EVENTS_ASKED_FOR : WEFT_EVENTS_DENIED;

	would(event, decision);
	if (!told)
		return;
	/* Of a new connection nothing may be audited, and then nobody asked. */
	if (!(event->what & (WEFT_EVENT_DENIED | WEFT_EVENT_LOGGED | WEFT_EVENT_AUDITED)))
		give_back(kind);
	else if (bpf_ringbuf_output(&weft_events, event, sizeof(*event), wake_up()))
		count_lost(kind);
}

NOINLINE int weft_tell(struct __sk_buff *skb, weft_u32 decision, weft_u32 outbound)
{
	struct weft_event event = { 0 };
	weft_u32 network, type;
	int told;

	told = begin_event(&event, skb->ifindex, skb->len, decision, outbound);
	if (!told && !weft_uses_audit)
		return 0;
	network = weft_network(skb);
	type = network & 0xffff;
	event.ethertype = (weft_u16)type;
	if (type == ETHERTYPE_IPV4)
		weft_tell4(skb, &event, network >> 16);
	else if (weft_uses_v6 && type == ETHERTYPE_IPV6)
		weft_tell6(skb, &event, network >> 16);
	end_event(&event, decision, told);
	return 0;
}

#endif
