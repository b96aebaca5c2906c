/* What keeps a link alive, and no policy is asked about: ARP, and IPv6 neighbour discovery (RFC 4861). It passes as far as it can be
 * no more than that: a workload speaks of its own addresses, and to its neighbours. Whatever else looks like it is judged like
 * any other packet, or denied like any other with a borrowed address.
 */
#ifndef WEFT_DATAPATH_LINK_H
#define WEFT_DATAPATH_LINK_H

#include "gate6.h"

#define ARP_OF_IPV4 0x08000604 /* protocol, and how long the addresses of both kinds are */

/* ARP at offset `at`. Who asks and who answers names an address of his: his own, or none while he still asks whether it is
 * taken (RFC 5227).
 */
NOINLINE weft_u32 weft_judge_arp(struct __sk_buff *skb, weft_u32 at, weft_u32 interface, weft_u32 outbound)
{
	const struct weft_endpoint *endpoint = held_endpoint_of(interface);
	weft_u8 bytes[24] __attribute__((aligned(8))) = { 0 }; /* from the third on, so that words lie where words do */
	weft_u32 sender;

	if (!outbound)
		return ALLOWED(WEFT_ENTRY_LINK);
	if (!endpoint)
		return DENIED(WEFT_ENTRY_UNKNOWN);
	if (bpf_skb_load_bytes(skb, at, bytes + 2, 18) || load32(bytes + 4) != bpf_htonl(ARP_OF_IPV4))
		return DENIED(WEFT_ENTRY_MALFORMED);
	sender = bpf_ntohl(load32(bytes + 16));
	if (!sender || weft_own_class4(interface, sender) != NO_CLASS)
		return ALLOWED(WEFT_ENTRY_LINK);
	return not_own(endpoint);
}

/* Who spoke to the endpoint at an interface over the link, and not through a router, is its neighbour: the connection of no local address. */
INLINE struct weft_connection6 neighbour_at(weft_u32 interface, struct address6 address)
{
	struct weft_connection6 key = { 0 };

	key.ifindex = interface;
	key.remote[0] = address.high;
	key.remote[1] = address.low;
	key.protocol = PROTOCOL_ICMP6;
	return key;
}

NOINLINE weft_u32 weft_note_neighbour(weft_u32 interface, weft_u64 high, weft_u64 low)
{
	struct weft_connection6 key = neighbour_at(interface, (struct address6){ high, low });
	struct weft_connection now = { 0 };

	now.tick = tick();
	now.seen = bpf_ktime_get_coarse_ns();
	bpf_map_update_elem(&weft_opening6, &key, &now, BPF_ANY);
	return 0;
}

NOINLINE weft_u32 weft_is_neighbour(weft_u32 interface, weft_u64 high, weft_u64 low)
{
	struct weft_connection6 key = neighbour_at(interface, (struct address6){ high, low });
	struct weft_connection *known = bpf_map_lookup_elem(&weft_opening6, &key);

	return known && is_alive(known, PROTOCOL_ICMP6, tick());
}

INLINE int is_own6(weft_u32 interface, struct address6 address)
{
	return weft_own_class6(interface, address.high, address.low) != NO_CLASS;
}

/* A message of neighbour discovery: its decision, or NO_LINK where it is a matter of policy. That its hop limit is still 255
 * says that no router passed it on to here, but not that none will pass it on from here. None does if it comes from a link-local
 * address, or goes to one or to a group of the link (RFC 4291); from another address it goes to whom is known to be a neighbour.
 */
NOINLINE weft_u32 weft_judge_discovery(struct __sk_buff *skb, struct header6 *header, weft_u32 interface, weft_u32 outbound)
{
	const struct weft_endpoint *endpoint;
	struct address6 local, remote, target;
	weft_u32 type, words[4];

	if (!header)
		return DENIED(WEFT_ENTRY_UNKNOWN);
	endpoint = held_endpoint_of(interface);
	if (!endpoint)
		return DENIED(WEFT_ENTRY_UNKNOWN);
	local = header->local;
	remote = header->remote;
	type = header->transport.value >> 8;
	if (!outbound) {
		if (!is_own6(interface, local) && !is_link_local6(local.high) && !is_group_of_link6(local.high))
			return not_own(endpoint);
		if (weft_uses_state && !is_link_local6(remote.high) && !is_unspecified6(remote.high, remote.low))
			weft_note_neighbour(interface, remote.high, remote.low);
		return ALLOWED(WEFT_ENTRY_LINK);
	}
	/* A workload is no router: it asks and answers, but does not advertise routes or redirect its neighbours. */
	if ((type == ICMP6_ROUTER_ADVERTISEMENT || type == ICMP6_REDIRECT) && !endpoint->is_node)
		return NO_LINK;
	if (!is_own6(interface, local) && !is_link_local6(local.high) &&
	    !(is_unspecified6(local.high, local.low) && is_group_of_link6(remote.high)))
		return not_own(endpoint);
	if (type == ICMP6_NEIGHBOUR_ADVERTISEMENT) {
		if (bpf_skb_load_bytes(skb, header->at + 8, words, sizeof(words)))
			return DENIED(WEFT_ENTRY_MALFORMED);
		target = load_address6(words);
		if (!is_own6(interface, target) && !is_link_local6(target.high))
			return not_own(endpoint);
	}
	if (is_link_local6(remote.high) || is_group_of_link6(remote.high) ||
	    (is_link_local6(local.high) && !is_group6(remote.high)))
		return ALLOWED(WEFT_ENTRY_LINK);
	if (weft_uses_state && weft_is_neighbour(interface, remote.high, remote.low))
		return ALLOWED(WEFT_ENTRY_LINK);
	return NO_LINK;
}

#endif
