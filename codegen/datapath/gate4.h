/* IPv4 at a gate. */
#ifndef WEFT_DATAPATH_GATE4_H
#define WEFT_DATAPATH_GATE4_H

#include "pairs.h"
#include "state.h"

/* A packet that no rule allows, on its way to the question whether it answers something. */
struct packet4 {
	struct weft_connection4 connection; /* as if the packet opened one */
	weft_u32 own;                       /* identity of the local end */
	weft_u32 transport;                 /* offset of the transport header */
	weft_u32 value;
	weft_u32 flags;
};

/* Is the connection remembered? Then this is an answer to it, or with NO_FLAGS an error about it. (Maps are asked with a copy:
 * before Linux 5.18 a key had to lie on the stack of the function that asks.)
 */
NOINLINE weft_u32 weft_is_remembered4(struct weft_connection4 *asked, weft_u32 flags)
{
	struct weft_connection *connection;
	struct weft_connection4 key;
	weft_u32 now = tick();

	if (!asked)
		return 0;
	key = *asked;
	connection = bpf_map_lookup_elem(&weft_connections4, &key);
	if (!connection)
		connection = bpf_map_lookup_elem(&weft_opening4, &key);
	if (!connection) {
		forget_recent4((word *)&key);
		return 0;
	}
	if (!is_alive(connection, key.protocol, now))
		return 0;
	if (flags == NO_FLAGS)
		return 1;
	if (answered(connection, key.protocol, flags, now))
		forget_recent4((word *)&key);
	/* The workload itself refuses: of that, unlike of what comes from outside, there is no doubt. */
	if (key.protocol == PROTOCOL_TCP && flags & TCP_RST && !key.outbound) {
		bpf_map_delete_elem(&weft_connections4, &key);
		bpf_map_delete_elem(&weft_opening4, &key);
		forget_recent4((word *)&key);
	}
	return 1;
}

/* Is the connection still allowed? */
INLINE int is_allowed4(const struct weft_connection4 *key, weft_u32 own, weft_u32 peer)
{
	weft_u32 service = service_of(key->protocol, key->outbound, key->local_port, key->remote_port);

	return weft_may_open(key->protocol, service, key->outbound, own, peer);
}

/* And remembered? What the other direction may not open either needs no table; that is most of what is denied. */
INLINE int is_of_allowed4(struct weft_connection4 *key, weft_u32 own, weft_u32 peer, weft_u32 flags)
{
	return is_allowed4(key, own, peer) && weft_is_remembered4(key, flags);
}

/* The same of an answer at a cgroup, whose socket is asked first. */
INLINE int is_answer_of_socket4(struct __sk_buff *skb, struct weft_connection4 *key, weft_u32 own, weft_u32 peer,
			       weft_u32 flags)
{
	const weft_u32 news = has_news(key->protocol, flags);

	if (!is_allowed4(key, own, peer))
		return 0;
	if (socket_knows(skb, (const word *)key, sizeof(*key) / sizeof(word), news))
		return 1;
	if (!weft_is_remembered4(key, flags))
		return 0;
	if (!news)
		weft_note_socket4(skb, key);
	return 1;
}

/* An allowed packet of a connection in the first table, whose time it brings up to date: 1. Else nothing has happened. */
NOINLINE weft_u32 weft_go_on4(struct weft_connection4 *asked, weft_u32 flags)
{
	struct weft_connection *connection;
	struct weft_connection4 key;
	weft_u32 now = tick();

	if (!asked)
		return 0;
	key = *asked;
	connection = bpf_map_lookup_elem(&weft_connections4, &key);
	if (!connection)
		return 0;
	go_on(connection, key.protocol, flags, now);
	if (!has_news(key.protocol, flags))
		note_recent4((word *)&key, now);
	return 1;
}

/* An allowed packet of no connection in the first table: it opens one, unless it answers one that the other end opened, and
 * moves one on that has been answered. 1 if it is the first of its connection. `answers` says that it may be an answer.
 */
NOINLINE weft_u32 weft_open4(struct weft_connection4 *asked, weft_u32 answers, weft_u32 flags)
{
	struct weft_connection fresh = { 0 }, *other;
	struct weft_connection4 key;

	if (!asked)
		return 0;
	key = *asked;
	fresh.tick = tick();
	fresh.seen = bpf_ktime_get_coarse_ns();
	if (answers) {
		key.outbound ^= 1;
		other = bpf_map_lookup_elem(&weft_connections4, &key);
		if (!other)
			other = bpf_map_lookup_elem(&weft_opening4, &key);
		key.outbound ^= 1;
		if (other && is_alive(other, key.protocol, fresh.tick)) {
			if (!has_news(key.protocol, flags))
				note_recent4((word *)&key, fresh.tick);
			return 0;
		}
	}
	other = bpf_map_lookup_elem(&weft_opening4, &key);
	if (other && is_alive(other, key.protocol, fresh.tick)) {
		if (other->what & WEFT_CONNECTION_ANSWERED && !(key.protocol == PROTOCOL_TCP && flags & TCP_SYN)) {
			fresh.what = other->what;
			go_on(&fresh, key.protocol, flags, fresh.tick);
			bpf_map_update_elem(&weft_connections4, &key, &fresh, BPF_ANY);
			bpf_map_delete_elem(&weft_opening4, &key);
		} else {
			go_on(other, key.protocol, flags, fresh.tick);
			if (!has_news(key.protocol, flags))
				note_recent4((word *)&key, fresh.tick);
		}
		return 0;
	}
	bpf_map_update_elem(&weft_opening4, &key, &fresh, BPF_ANY);
	return 1;
}

/* The connection an ICMP error is about: that of the packet it carries, which the receiver of the error had sent, to open
 * the connection or in answer.
 */
NOINLINE weft_u32 weft_relates4(struct __sk_buff *skb, struct packet4 *packet)
{
	struct weft_connection4 *key;
	struct ipv4_header ip;
	weft_u16 source, destination;
	weft_u32 at, header;

	if (!packet)
		return NO_ANSWER;
	at = packet->transport + 8;
	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)))
		return NO_ANSWER;
	header = (ip.version_length & 15) * 4;
	if (ip.version_length >> 4 != 4 || header < sizeof(ip) || ip.fragment & bpf_htons(0x1fff))
		return NO_ANSWER;
	if (read_carried_ports(skb, at + header, ip.protocol, &source, &destination))
		return NO_ANSWER;

	key = &packet->connection;
	key->protocol = ip.protocol;
	if (key->outbound) { /* the local end complains about what the remote end sent */
		if (ip.source != bpf_htonl(key->remote) || ip.destination != bpf_htonl(key->local))
			return NO_ANSWER;
		key->local_port = destination;
		key->remote_port = source;
	} else { /* anyone on the way complains about what the local end sent */
		if (ip.source != bpf_htonl(key->local))
			return NO_ANSWER;
		key->remote = bpf_ntohl(ip.destination);
		key->local_port = source;
		key->remote_port = destination;
	}
	return RELATED;
}

/* What the packet may answer: NO_ANSWER, or `packet->connection` is the connection to ask for, of RELATED in one of both
 * directions. (The asking is left to the caller: calls in calls add up their stacks, and the kernel grants 512 bytes.)
 */
INLINE weft_u32 answers4(struct __sk_buff *skb, struct packet4 *packet)
{
	const weft_u32 protocol = packet->connection.protocol;

	if (is_error(protocol, packet->value))
		return weft_relates4(skb, packet);
	if (!can_answer(protocol, packet->flags, packet->value))
		return NO_ANSWER;
	packet->connection.outbound ^= 1;
	return ANSWER;
}

/* What of an IPv4 packet is judged. Addresses are in host byte order. */
struct header4 {
	weft_u32 source;
	weft_u32 destination;
	weft_u32 protocol;
	weft_u32 at; /* offset of the transport header */
	struct transport transport;
};

/* Nearly every packet: untagged, no options, not a later fragment, TCP or UDP, headers in one piece. One test of the
 * length of all, and everything lies at a fixed place. 1 if it is such a packet and sound; of others nothing is said.
 */
INLINE int read_plain4(struct __sk_buff *skb, struct header4 *out)
{
	const void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const struct ipv4_header *ip = data + 14;
	weft_u32 word, length;

	if (data + 54 > end)
		return 0;
	/* Ethertype, version and length of the header in one word; fragment, hops and protocol in another. */
	if ((load32(data + 12) & bpf_htonl(0xffffff00)) != bpf_htonl(ETHERTYPE_IPV4 << 16 | 0x4500))
		return 0;
	word = load32(&ip->fragment);
	if (word & bpf_htonl(0x1fff0000))
		return 0;
	length = bpf_ntohs(ip->length);
	if (length < 40 || length + 14 > skb->len)
		return 0;
	out->protocol = word >> 24;
	if (UNLIKELY(out->protocol != PROTOCOL_TCP)) {
		if (out->protocol != PROTOCOL_UDP)
			return 0;
	}
	out->source = bpf_ntohl(ip->source);
	out->destination = bpf_ntohl(ip->destination);
	out->at = 34;
	out->transport.source_port = load16(data + 34);
	out->transport.destination_port = load16(data + 36);
	out->transport.value = bpf_ntohs(out->transport.destination_port);
	out->transport.flags = *(const weft_u8 *)(data + 47); /* of no other protocol than TCP does anyone ask */
	return 1;
}

/* Any IPv4 packet, whose header is at offset `at`. */
NOINLINE weft_u32 weft_read4(struct __sk_buff *skb, weft_u32 at, struct header4 *out)
{
	const void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const struct ipv4_header *ip = data + (at & 31);
	weft_u32 header, length, available;

	if (!out)
		return READ_BROKEN;
	if ((const void *)(ip + 1) > end)
		return READ_BROKEN;
	header = (ip->version_length & 15) * 4;
	if (ip->version_length >> 4 != 4 || header < sizeof(*ip))
		return READ_BROKEN;
	length = bpf_ntohs(ip->length);
	available = skb->len - at;
	if (UNLIKELY(!length && available > 0xffff))
		length = available; /* the kernel's "big TCP": segments of one connection, longer than the field can say */
	if (length < header || length > available)
		return READ_BROKEN;
	out->source = bpf_ntohl(ip->source);
	out->destination = bpf_ntohl(ip->destination);
	if (ip->fragment & bpf_htons(0x1fff))
		return READ_FRAGMENT;
	out->protocol = ip->protocol;
	out->at = at + header;
	return read_transport((const void *)ip + header, end, length - header, ip->protocol, &out->transport) ? READ_BROKEN
														: READ_WHOLE;
}

/* The decision of the gate that `outbound` names on a packet with this header; `interface` is the key of the endpoint, `hook`
 * AT_INTERFACE or AT_CGROUP. `pair` is set where the classes of both ends are known.
 */
INLINE weft_u32 judge4(struct __sk_buff *skb, const struct header4 *header, const weft_u32 interface,
		       const int outbound, const int hook, weft_u32 *pair)
{
	const weft_u32 local = outbound ? header->source : header->destination;
	const weft_u32 remote = outbound ? header->destination : header->source;
	const struct transport transport = header->transport;
	const weft_u32 protocol = header->protocol;
	const struct weft_endpoint *endpoint = endpoint_of(interface);
	weft_u32 own, peer, decision, answer, flags;

	if (!endpoint)
		return DENIED(WEFT_ENTRY_UNKNOWN);
	/* Almost every workload has one address a family. Where it has none, 0.0.0.0 finds class 0, which is nobody. */
	own = endpoint->class4[0];
	if (UNLIKELY(endpoint->address4[0] != local)) {
		own = local_class4(endpoint, interface, local, hook);
		if (own == NO_CLASS)
			return not_own(endpoint);
	}
	if (UNLIKELY(remote == local))
		return own ? of_itself(hook) : DENIED(WEFT_ENTRY_UNKNOWN);
	if (UNLIKELY(endpoint->count4 > 1) && weft_own_class4(interface, remote) != NO_CLASS)
		return of_itself(hook);
	if (weft_uses_homes)
		own |= (weft_u32)endpoint->home << 16;
	peer = identity4(remote);
	*pair = pair_of(own, peer, outbound);
	decision = decide_here(outbound, own, peer, weft_atom(protocol, transport.value));
	if (!weft_uses_state)
		return opens(decision);

	struct packet4 packet;
	word *key = (word *)&packet.connection;

	_Static_assert(sizeof(packet.connection) == 3 * sizeof(word), "a key is whole words");
	key[0] = interface | (weft_u64)local << 32;
	key[1] = remote | (weft_u64)(outbound ? transport.source_port : transport.destination_port) << 32 |
		 (weft_u64)(outbound ? transport.destination_port : transport.source_port) << 48;
	key[2] = protocol | (weft_u32)outbound << 8;
	if (LIKELY(allows(decision))) {
		const struct recent4 *place = recent4(key);

		if (LIKELY(is_of4(place, key) && place->tick == tick()) && !has_news(protocol, transport.flags))
			return decision;
		if (weft_go_on4(&packet.connection, transport.flags))
			return decision;
		if (can_open(protocol, transport.flags, transport.value)) {
			answer = can_answer(protocol, transport.flags, transport.value);
			return weft_open4(&packet.connection, answer, transport.flags) ? opens(decision) : decision;
		}
		return can_answer(protocol, transport.flags, transport.value) ? decision : opens(decision);
	}
	packet.own = own;
	packet.transport = header->at;
	packet.value = transport.value;
	packet.flags = transport.flags;
	answer = answers4(skb, &packet);
	if (answer == NO_ANSWER)
		return decision;
	if (hook == AT_CGROUP && answer == ANSWER)
		return is_answer_of_socket4(skb, &packet.connection, own, peer, transport.flags)
			       ? ALLOWED(WEFT_ENTRY_REPLY)
			       : decision;
	if (answer == RELATED)
		peer = identity4(packet.connection.remote);
	/* An error about a connection is no answer of it. */
	flags = answer == RELATED ? NO_FLAGS : transport.flags;
	if (is_of_allowed4(&packet.connection, own, peer, flags))
		return ALLOWED(WEFT_ENTRY_REPLY);
	if (answer == RELATED) {
		packet.connection.outbound ^= 1;
		if (is_of_allowed4(&packet.connection, own, peer, flags))
			return ALLOWED(WEFT_ENTRY_REPLY);
	}
	return decision;
}

/* A later fragment has no ports to be judged by: it is denied, but where a node forwards it. */
INLINE weft_u32 later_fragment4(const struct header4 *header, weft_u32 interface, const int outbound, const int hook)
{
	const struct weft_endpoint *endpoint = held_endpoint_of(interface);

	if (!endpoint)
		return DENIED(WEFT_ENTRY_UNKNOWN);
	if (local_class4(endpoint, interface, outbound ? header->source : header->destination, hook) == NO_CLASS)
		return not_own(endpoint);
	return DENIED(WEFT_ENTRY_FRAGMENT);
}

#endif
