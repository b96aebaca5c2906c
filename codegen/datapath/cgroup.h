/* The gates of a workload that is a cgroup: a bare process, a unit of systemd. Its packets pass the same judgement as at an
 * interface, at cgroup_skb, where they begin with the IP header. Beyond that, what policy denies is denied when a
 * process asks for it (connect, or sendmsg of an unconnected UDP socket), so that it is told EPERM at once and not left to time out;
 * and a socket that is bound to no address speaks with the first address of its workload.
 *
 * What the kernel sends of itself (a reset of a closed port, an ICMP error) belongs to no socket, and so to no cgroup.
 */
#ifndef WEFT_DATAPATH_CGROUP_H
#define WEFT_DATAPATH_CGROUP_H

#include "gate4.h"
#include "gate6.h"
#include "tell.h"

#define AF_INET 2
#define AF_INET6 10
#define PROTOCOL_MPTCP 262

/* The key of the endpoint whose gate hangs at this cgroup, as an interface's index is elsewhere: of each cgroup that a program is
 * attached to, the kernel keeps one element. 0 is nobody.
 */
extern weft_u8 weft_places[];

INLINE weft_u32 place_of_cgroup(void)
{
	const weft_u32 *place = bpf_get_local_storage(&weft_places, 0);

	return *place;
}

/* As much of a transport header as there is, at most 20 bytes: of a packet here nothing may be made linear. */
INLINE int load_transport(struct __sk_buff *skb, weft_u32 at, weft_u32 room, weft_u32 protocol, struct transport *out)
{
	weft_u8 bytes[20] __attribute__((aligned(8))) = { 0 };
	long missing = 0;

	if (room >= 20)
		missing = bpf_skb_load_bytes(skb, at, bytes, 20);
	else if (room >= 13)
		missing = bpf_skb_load_bytes(skb, at, bytes, 13);
	else if (room >= 12)
		missing = bpf_skb_load_bytes(skb, at, bytes, 12);
	else if (room >= 8)
		missing = bpf_skb_load_bytes(skb, at, bytes, 8);
	return missing ? -1 : read_transport(bytes, bytes + sizeof(bytes), room, protocol, out);
}

/* The IPv4 packet that `skb` begins with. */
NOINLINE weft_u32 weft_cgroup_read4(struct __sk_buff *skb, struct header4 *out)
{
	struct ipv4_header ip;
	weft_u32 header, length;

	if (!out || bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)))
		return READ_BROKEN;
	header = (ip.version_length & 15) * 4;
	if (ip.version_length >> 4 != 4 || header < sizeof(ip))
		return READ_BROKEN;
	length = bpf_ntohs(ip.length);
	if (!length && skb->len > 0xffff)
		length = skb->len;
	if (length < header || length > skb->len)
		return READ_BROKEN;
	out->source = bpf_ntohl(ip.source);
	out->destination = bpf_ntohl(ip.destination);
	if (ip.fragment & bpf_htons(0x1fff))
		return READ_FRAGMENT;
	out->protocol = ip.protocol;
	out->at = header;
	return load_transport(skb, header, length - header, ip.protocol, &out->transport) ? READ_BROKEN : READ_WHOLE;
}

/* The IPv6 packet that `skb` begins with, on its way out of the workload or to it. */
NOINLINE weft_u32 weft_cgroup_read6(struct __sk_buff *skb, weft_u32 outbound, struct header6 *out)
{
	struct ipv6_header ip;
	weft_u32 length, chain, skipped;

	if (!out || bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)))
		return READ_BROKEN;
	length = bpf_ntohs(ip.length);
	if (!length && skb->len > 0xffff)
		length = skb->len - sizeof(ip);
	if (length > skb->len - sizeof(ip))
		return READ_BROKEN;
	out->local = load_address6(outbound ? ip.source : ip.destination);
	out->remote = load_address6(outbound ? ip.destination : ip.source);
	chain = weft_chain6(skb, ip.next, sizeof(ip));
	if (chain == CHAIN_FRAGMENT)
		return READ_FRAGMENT;
	if (chain == CHAIN_BROKEN)
		return READ_BROKEN;
	out->next = chain & 0xff;
	out->at = chain >> 8;
	skipped = out->at - sizeof(ip);
	if (skipped > length || load_transport(skb, out->at, length - skipped, out->next, &out->transport))
		return READ_BROKEN;
	return READ_WHOLE;
}

/* Each family is judged in a function of its own, and read in another: what they keep on the stack is not there together. */
INLINE weft_u32 judge_cgroup4(struct __sk_buff *skb, weft_u32 place, const int outbound)
{
	struct header4 read = { 0 }, header;
	weft_u32 found = weft_cgroup_read4(skb, &read), pair = 0, decision;

	if (found == READ_BROKEN)
		return DENIED(WEFT_ENTRY_MALFORMED);
	header = read;
	if (found == READ_FRAGMENT)
		return later_fragment4(&header, place, outbound, AT_CGROUP);
	decision = judge4(skb, &header, place, outbound, AT_CGROUP, &pair);
	count_pair(pair, decision, outbound);
	return decision;
}

INLINE weft_u32 judge_cgroup6(struct __sk_buff *skb, weft_u32 place, const int outbound)
{
	struct header6 read = { 0 }, header;
	weft_u32 found = weft_cgroup_read6(skb, outbound, &read), pair = 0, decision;

	if (found == READ_BROKEN)
		return DENIED(WEFT_ENTRY_MALFORMED);
	header = read;
	if (found == READ_FRAGMENT)
		return later_fragment6(&header, place, AT_CGROUP);
	decision = judge6(skb, &header, place, outbound, AT_CGROUP, &pair);
	count_pair(pair, decision, outbound);
	return decision;
}

NOINLINE weft_u32 weft_cgroup4_egress(struct __sk_buff *skb, weft_u32 place)
{
	return judge_cgroup4(skb, place, 1);
}

NOINLINE weft_u32 weft_cgroup4_ingress(struct __sk_buff *skb, weft_u32 place)
{
	return judge_cgroup4(skb, place, 0);
}

NOINLINE weft_u32 weft_cgroup6_egress(struct __sk_buff *skb, weft_u32 place)
{
	return judge_cgroup6(skb, place, 1);
}

NOINLINE weft_u32 weft_cgroup6_ingress(struct __sk_buff *skb, weft_u32 place)
{
	return judge_cgroup6(skb, place, 0);
}

INLINE weft_u32 judge_cgroup(struct __sk_buff *skb, weft_u32 place, const int outbound)
{
	weft_u8 version;

	if (bpf_skb_load_bytes(skb, 0, &version, sizeof(version)))
		return DENIED(WEFT_ENTRY_MALFORMED);
	if (version >> 4 == 6) {
		if (!weft_uses_v6)
			return DENIED(WEFT_ENTRY_UNKNOWN);
		return outbound ? weft_cgroup6_egress(skb, place) : weft_cgroup6_ingress(skb, place);
	}
	return outbound ? weft_cgroup4_egress(skb, place) : weft_cgroup4_ingress(skb, place);
}

NOINLINE int weft_cgroup_tell(struct __sk_buff *skb, weft_u32 decision, weft_u32 place, weft_u32 outbound)
{
	struct weft_event event = { 0 };
	weft_u8 version;
	int told;

	if (bpf_skb_load_bytes(skb, 0, &version, sizeof(version)))
		return 0;
	told = begin_event(&event, place, skb->len, decision, outbound);
	if (!told && !weft_uses_audit)
		return 0;
	if (version >> 4 == 4) {
		event.ethertype = ETHERTYPE_IPV4;
		weft_tell4(skb, &event, 0);
	} else if (weft_uses_v6 && version >> 4 == 6) {
		event.ethertype = ETHERTYPE_IPV6;
		weft_tell6(skb, &event, 0);
	}
	end_event(&event, decision, told);
	return 0;
}

INLINE int gate_of_cgroup(struct __sk_buff *skb, const int outbound)
{
	weft_u32 place = place_of_cgroup(), decision = judge_cgroup(skb, place, outbound);

	count(decision, outbound);
	if (is_told(decision))
		weft_cgroup_tell(skb, decision, place, outbound);
	return decision & WEFT_ACTION_ALLOW;
}

SEC("cgroup_skb/egress") int weft_cgroup_egress(struct __sk_buff *skb)
{
	return weft_waiting || gate_of_cgroup(skb, 1);
}

SEC("cgroup_skb/ingress") int weft_cgroup_ingress(struct __sk_buff *skb)
{
	return weft_waiting || gate_of_cgroup(skb, 0);
}

/* Lets everything pass. It is attached before the gates, so that the kernel makes the element of weft_places, which then is
 * filled before a gate asks for it.
 */
SEC("cgroup_skb/egress") int weft_cgroup_prepare(struct __sk_buff *skb)
{
	(void)skb;
	place_of_cgroup();
	return 1;
}

/* What a process asks for. Addresses as in linux/bpf.h, whose own structure points to further ones (see tables.h). */
struct weft_sock_addr {
	weft_u32 user_family;
	weft_u32 user_ip4;
	weft_u32 user_ip6[4];
	weft_u32 user_port;
	weft_u32 family;
	weft_u32 type;
	weft_u32 protocol;
	weft_u32 msg_src_ip4;
	weft_u32 msg_src_ip6[4];
	weft_u32 unused;
	weft_u64 socket;
};
#define SAME_PLACE(ours, theirs)                                                                                      \
	_Static_assert(__builtin_offsetof(struct weft_sock_addr, ours) == __builtin_offsetof(struct bpf_sock_addr, theirs), \
		       "the context is the kernel's")
SAME_PLACE(user_ip6, user_ip6);
SAME_PLACE(user_port, user_port);
SAME_PLACE(protocol, protocol);
SAME_PLACE(msg_src_ip4, msg_src_ip4);
SAME_PLACE(msg_src_ip6, msg_src_ip6);
SAME_PLACE(socket, sk);

struct weft_address_to_bind4 {
	weft_u16 family;
	weft_u16 port;
	weft_u32 address;
	weft_u8 zero[8];
};

struct weft_address_to_bind6 {
	weft_u16 family;
	weft_u16 port;
	weft_u32 flow;
	weft_u32 address[4];
	weft_u32 scope;
};

/* What is asked for, on its way to the judgement. */
struct asked {
	weft_u32 place;
	weft_u32 protocol;
	weft_u16 remote_port; /* network byte order */
	weft_u16 local_port;  /* network byte order, 0: not yet known */
	weft_u32 family;      /* 4 or 6 */
	weft_u32 own;         /* filled by the judgement */
	weft_u32 peer;
	weft_u32 zero;
	struct address6 local, remote; /* as in the packet; IPv4 in the lower half of `high` */
};

/* The answer to a datagram is sent by the workload too, and no rule need allow it. */
INLINE int is_answer4(const struct asked *asked)
{
	struct weft_connection4 key = { 0 };

	key.ifindex = asked->place;
	key.local = bpf_ntohl((weft_u32)asked->local.high);
	key.remote = bpf_ntohl((weft_u32)asked->remote.high);
	key.local_port = asked->local_port;
	key.remote_port = asked->remote_port;
	key.protocol = (weft_u8)asked->protocol;
	return is_of_allowed4(&key, asked->own, asked->peer, NO_FLAGS);
}

INLINE int is_answer6(const struct asked *asked)
{
	struct weft_connection6 key = { 0 };

	key.ifindex = asked->place;
	key.local[0] = asked->local.high;
	key.local[1] = asked->local.low;
	key.remote[0] = asked->remote.high;
	key.remote[1] = asked->remote.low;
	key.local_port = asked->local_port;
	key.remote_port = asked->remote_port;
	key.protocol = (weft_u8)asked->protocol;
	return is_of_allowed6(&key, asked->own, asked->peer, NO_FLAGS);
}

/* The decision of the egress gate on what is asked for. Fills in identities, and the local address where there is none: the
 * first of the workload.
 */
NOINLINE weft_u32 weft_judge_asked(struct asked *asked)
{
	const struct weft_endpoint *endpoint;
	weft_u32 own, peer, decision, answers;

	if (!asked)
		return DENIED(WEFT_ENTRY_UNKNOWN);
	endpoint = endpoint_of(asked->place);
	if (!endpoint)
		return DENIED(WEFT_ENTRY_UNKNOWN);
	if (asked->family == 4) {
		if (!asked->local.high && endpoint->count4)
			asked->local.high = bpf_htonl(endpoint->address4[0]);
		own = weft_own_class4(asked->place, bpf_ntohl((weft_u32)asked->local.high));
		if (own == NO_CLASS)
			return DENIED(WEFT_ENTRY_UNKNOWN);
		/* 0.0.0.0 stands for whoever asks. */
		if (!asked->remote.high ||
		    weft_own_class4(asked->place, bpf_ntohl((weft_u32)asked->remote.high)) != NO_CLASS)
			return ALLOWED(WEFT_ENTRY_SELF);
		peer = identity4(bpf_ntohl((weft_u32)asked->remote.high));
	} else {
		if (!weft_uses_v6)
			return DENIED(WEFT_ENTRY_UNKNOWN);
		if (!(asked->local.high | asked->local.low) && endpoint->count6) {
			asked->local.high = endpoint->address6[0][0];
			asked->local.low = endpoint->address6[0][1];
		}
		own = weft_own_class6(asked->place, asked->local.high, asked->local.low);
		if (own == NO_CLASS)
			return DENIED(WEFT_ENTRY_UNKNOWN);
		if (weft_own_class6(asked->place, asked->remote.high, asked->remote.low) != NO_CLASS)
			return ALLOWED(WEFT_ENTRY_SELF);
		peer = weft_identity6(asked->remote.high, asked->remote.low);
	}
	if (weft_uses_homes)
		own |= (weft_u32)endpoint->home << 16;
	asked->own = own;
	asked->peer = peer;
	decision = weft_decide_egress(own, peer, weft_atom(asked->protocol, bpf_ntohs(asked->remote_port)));
	if (allows(decision) || !weft_uses_state || asked->protocol != PROTOCOL_UDP)
		return decision;
	/* The tables of a family that no endpoint has are not there. */
	answers = weft_uses_v6 && asked->family == 6 ? is_answer6(asked) : is_answer4(asked);
	return answers ? ALLOWED(WEFT_ENTRY_REPLY) : decision;
}

NOINLINE int weft_tell_asked(struct asked *asked, weft_u32 decision)
{
	struct weft_event event = { 0 };
	int told;

	if (!asked)
		return 0;
	told = begin_event(&event, asked->place, 0, decision, 1);
	if (!told && !weft_uses_audit)
		return 0;
	event.family = (weft_u8)asked->family;
	event.ethertype = asked->family == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
	event.protocol = (weft_u8)asked->protocol;
	event.local[0] = (weft_u32)asked->local.high;
	event.remote[0] = (weft_u32)asked->remote.high;
	if (asked->family == 6) {
		event.local[1] = (weft_u32)(asked->local.high >> 32);
		event.local[2] = (weft_u32)asked->local.low;
		event.local[3] = (weft_u32)(asked->local.low >> 32);
		event.remote[1] = (weft_u32)(asked->remote.high >> 32);
		event.remote[2] = (weft_u32)asked->remote.low;
		event.remote[3] = (weft_u32)(asked->remote.low >> 32);
	}
	event.own = asked->own;
	event.peer = asked->peer;
	event.local_port = bpf_ntohs(asked->local_port);
	event.remote_port = event.service = bpf_ntohs(asked->remote_port);
	event.what |= WEFT_EVENT_SERVICE;
	end_event(&event, decision, told);
	return 0;
}

/* What is allowed is counted and told packet by packet, what is denied never comes to that. */
INLINE int answer_of(struct asked *asked, weft_u32 decision)
{
	if (decision & WEFT_ACTION_ALLOW)
		return 1;
	count(decision, 1);
	if (entry_of(decision) >= WEFT_ENTRY_FIRST)
		count_pair(pair_of(asked->own, asked->peer, 1), decision, 1);
	if (is_told(decision))
		weft_tell_asked(asked, decision);
	return 0;
}

/* Connections over several paths are made of such over one; what has no ports is judged packet by packet. */
INLINE weft_u32 protocol_of(struct weft_sock_addr *context)
{
	weft_u32 protocol = context->protocol;

	if (protocol == PROTOCOL_MPTCP)
		return PROTOCOL_TCP;
	return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP ? protocol : 0;
}

INLINE const struct bpf_sock *socket_of(struct weft_sock_addr *context)
{
	return (const struct bpf_sock *)(unsigned long)context->socket;
}

/* A socket that has a port cannot be bound again: its packets are judged with the address that the kernel chooses. */
INLINE int is_bound(struct weft_sock_addr *context)
{
	return socket_of(context)->src_port != 0;
}

/* Is it a node that hangs here? Its processes choose among its addresses, and those of its workloads may run below: what
 * is the node's is told by packets alone.
 */
INLINE int is_of_node(void)
{
	const struct weft_endpoint *endpoint = endpoint_of(place_of_cgroup());

	return endpoint && endpoint->is_node;
}

INLINE int ask4(struct weft_sock_addr *context, struct asked *asked, weft_u32 local, weft_u32 remote)
{
	asked->place = place_of_cgroup();
	asked->family = 4;
	asked->own = NO_CLASS;
	asked->remote_port = (weft_u16)context->user_port;
	asked->local_port = bpf_htons((weft_u16)socket_of(context)->src_port);
	asked->local.high = local ? local : socket_of(context)->src_ip4;
	asked->remote.high = remote;
	return answer_of(asked, weft_judge_asked(asked));
}

INLINE int ask6(struct weft_sock_addr *context, struct asked *asked, const weft_u32 *local)
{
	asked->place = place_of_cgroup();
	asked->family = 6;
	asked->own = NO_CLASS;
	asked->remote_port = (weft_u16)context->user_port;
	asked->local_port = bpf_htons((weft_u16)socket_of(context)->src_port);
	asked->local.high = (weft_u64)local[1] << 32 | local[0];
	asked->local.low = (weft_u64)local[3] << 32 | local[2];
	asked->remote.high = (weft_u64)context->user_ip6[1] << 32 | context->user_ip6[0];
	asked->remote.low = (weft_u64)context->user_ip6[3] << 32 | context->user_ip6[2];
	return answer_of(asked, weft_judge_asked(asked));
}

SEC("cgroup/connect4") int weft_connect4(struct weft_sock_addr *context)
{
	struct weft_address_to_bind4 from = { AF_INET, 0, 0, { 0 } };
	struct asked asked = { 0 };

	if (UNLIKELY(weft_waiting))
		return 1;
	asked.protocol = protocol_of(context);
	if (!asked.protocol || is_of_node())
		return 1;
	if (!ask4(context, &asked, 0, context->user_ip4))
		return 0;
	if (is_bound(context) || socket_of(context)->src_ip4)
		return 1;
	from.address = (weft_u32)asked.local.high;
	return !bpf_bind((void *)context, (void *)&from, sizeof(from));
}

/* Of IPv4 by a socket of IPv6: its own addresses say so too. */
INLINE int connect_mapped(struct weft_sock_addr *context, struct asked *asked)
{
	struct weft_address_to_bind6 from = { AF_INET6, 0, 0, { 0, 0, bpf_htonl(0xffff), 0 }, 0 };

	if (!ask4(context, asked, 0, context->user_ip6[3]))
		return 0;
	if (is_bound(context) || socket_of(context)->src_ip4)
		return 1;
	from.address[3] = (weft_u32)asked->local.high;
	return !bpf_bind((void *)context, (void *)&from, sizeof(from));
}

SEC("cgroup/connect6") int weft_connect6(struct weft_sock_addr *context)
{
	struct weft_address_to_bind6 from = { AF_INET6, 0, 0, { 0 }, 0 };
	struct asked asked = { 0 };
	weft_u32 local[4];

	if (UNLIKELY(weft_waiting))
		return 1;
	asked.protocol = protocol_of(context);
	if (!asked.protocol || is_of_node())
		return 1;
	if (!context->user_ip6[0] && !context->user_ip6[1] && context->user_ip6[2] == bpf_htonl(0xffff))
		return connect_mapped(context, &asked);
	local[0] = socket_of(context)->src_ip6[0];
	local[1] = socket_of(context)->src_ip6[1];
	local[2] = socket_of(context)->src_ip6[2];
	local[3] = socket_of(context)->src_ip6[3];
	if (!ask6(context, &asked, local))
		return 0;
	if (is_bound(context) || local[0] | local[1] | local[2] | local[3])
		return 1;
	from.address[0] = (weft_u32)asked.local.high;
	from.address[1] = (weft_u32)(asked.local.high >> 32);
	from.address[2] = (weft_u32)asked.local.low;
	from.address[3] = (weft_u32)(asked.local.low >> 32);
	return !bpf_bind((void *)context, (void *)&from, sizeof(from));
}

SEC("cgroup/sendmsg4") int weft_sendmsg4(struct weft_sock_addr *context)
{
	struct asked asked = { 0 };

	if (weft_waiting || is_of_node())
		return 1;
	asked.protocol = PROTOCOL_UDP;
	if (!ask4(context, &asked, context->msg_src_ip4, context->user_ip4))
		return 0;
	context->msg_src_ip4 = (weft_u32)asked.local.high;
	return 1;
}

SEC("cgroup/sendmsg6") int weft_sendmsg6(struct weft_sock_addr *context)
{
	struct asked asked = { 0 };
	weft_u32 local[4];

	if (weft_waiting || is_of_node())
		return 1;
	asked.protocol = PROTOCOL_UDP;
	local[0] = context->msg_src_ip6[0];
	local[1] = context->msg_src_ip6[1];
	local[2] = context->msg_src_ip6[2];
	local[3] = context->msg_src_ip6[3];
	if (!ask6(context, &asked, local))
		return 0;
	context->msg_src_ip6[0] = (weft_u32)asked.local.high;
	context->msg_src_ip6[1] = (weft_u32)(asked.local.high >> 32);
	context->msg_src_ip6[2] = (weft_u32)asked.local.low;
	context->msg_src_ip6[3] = (weft_u32)(asked.local.low >> 32);
	return 1;
}

#endif
