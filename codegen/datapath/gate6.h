/* IPv6 at a gate. */
#ifndef WEFT_DATAPATH_GATE6_H
#define WEFT_DATAPATH_GATE6_H

#include "state.h"

/* A packet that no rule allows, on its way to the question whether it answers something. */
struct packet6 {
	struct weft_connection6 connection; /* as if the packet opened one */
	weft_u32 own;                       /* identity of the local end */
	weft_u32 transport;                 /* offset of the transport header */
	weft_u32 value;
	weft_u32 flags;
};

struct address6 {
	weft_u64 high, low; /* as in the packet */
};

/* An address of a header anywhere in a frame, two bytes past a multiple of four: it is read as words. */
INLINE struct address6 load_address6(const weft_u32 *words)
{
	return (struct address6){ (weft_u64)words[1] << 32 | words[0], (weft_u64)words[3] << 32 | words[2] };
}

/* An address of a header right behind that of Ethernet. There both lie at multiples of eight, as far as frames are aligned. */
INLINE struct address6 load_plain6(const weft_u32 *words)
{
	return (struct address6){ load64(words), load64(words + 2) };
}

INLINE int is_extension(weft_u32 next)
{
	return next == PROTOCOL_HOP_BY_HOP || next == PROTOCOL_ROUTING || next == PROTOCOL_FRAGMENT ||
	       next == PROTOCOL_AUTHENTICATION || next == PROTOCOL_DESTINATION;
}

#define MOST_EXTENSIONS 6
#define CHAIN_BROKEN (~0u)
#define CHAIN_FRAGMENT (~1u)

/* Follows extension headers (RFC 8200) from header `next` at offset `at`: `offset << 8 | protocol` of what comes after
 * them, CHAIN_FRAGMENT if there is none because it is in another fragment, or CHAIN_BROKEN. Broken are: more than six headers,
 * hop-by-hop options that do not come first, a source route that has not ended (the destination is not the one in the packet),
 * and the end of the packet.
 */
NOINLINE weft_u32 weft_chain6(struct __sk_buff *skb, weft_u32 next, weft_u32 at)
{
	weft_u32 first = at;

	for (int i = 0; i < MOST_EXTENSIONS; i++) {
		weft_u8 bytes[8];
		weft_u32 length;

		if (!is_extension(next))
			return at << 8 | (next & 0xff);
		if (bpf_skb_load_bytes(skb, at, bytes, sizeof(bytes)))
			return CHAIN_BROKEN;
		length = (bytes[1] + 1u) * 8;
		if (next == PROTOCOL_HOP_BY_HOP) {
			if (at != first)
				return CHAIN_BROKEN;
		} else if (next == PROTOCOL_ROUTING) {
			if (bytes[3])
				return CHAIN_BROKEN;
		} else if (next == PROTOCOL_FRAGMENT) {
			if (bytes[2] || bytes[3] & 0xf8)
				return CHAIN_FRAGMENT;
			length = 8;
		} else if (next == PROTOCOL_AUTHENTICATION) {
			length = (bytes[1] + 2u) * 4;
		}
		next = bytes[0];
		at += length;
	}
	return is_extension(next) ? CHAIN_BROKEN : at << 8 | (next & 0xff);
}

NOINLINE weft_u32 weft_identity6(weft_u64 high, weft_u64 low)
{
	return identity6(high, low);
}

/* Is the connection remembered? Then this is an answer to it, or with NO_FLAGS an error about it. (Maps are asked with a copy:
 * before Linux 5.18 a key had to lie on the stack of the function that asks.)
 */
NOINLINE weft_u32 weft_is_remembered6(struct weft_connection6 *asked, weft_u32 flags)
{
	struct weft_connection *connection;
	struct weft_connection6 key;
	weft_u32 now = tick();

	if (!asked)
		return 0;
	key = *asked;
	connection = bpf_map_lookup_elem(&weft_connections6, &key);
	if (!connection)
		connection = bpf_map_lookup_elem(&weft_opening6, &key);
	if (!connection) {
		forget_recent6((word *)&key);
		return 0;
	}
	if (!is_alive(connection, key.protocol, now))
		return 0;
	if (flags == NO_FLAGS)
		return 1;
	if (answered(connection, key.protocol, flags, now))
		forget_recent6((word *)&key);
	/* The workload itself refuses: of that, unlike of what comes from outside, there is no doubt. */
	if (key.protocol == PROTOCOL_TCP && flags & TCP_RST && !key.outbound) {
		bpf_map_delete_elem(&weft_connections6, &key);
		bpf_map_delete_elem(&weft_opening6, &key);
		forget_recent6((word *)&key);
	}
	return 1;
}

/* Is the connection still allowed? */
INLINE int is_allowed6(const struct weft_connection6 *key, weft_u32 own, weft_u32 peer)
{
	weft_u32 service = service_of(key->protocol, key->outbound, key->local_port, key->remote_port);

	return weft_may_open(key->protocol, service, key->outbound, own, peer);
}

/* And remembered? What the other direction may not open either needs no table; that is most of what is denied. */
INLINE int is_of_allowed6(struct weft_connection6 *key, weft_u32 own, weft_u32 peer, weft_u32 flags)
{
	return is_allowed6(key, own, peer) && weft_is_remembered6(key, flags);
}

/* The same of an answer at a cgroup, whose socket is asked first. */
INLINE int is_answer_of_socket6(struct __sk_buff *skb, struct weft_connection6 *key, weft_u32 own, weft_u32 peer,
			       weft_u32 flags)
{
	const weft_u32 news = has_news(key->protocol, flags);

	if (!is_allowed6(key, own, peer))
		return 0;
	if (socket_knows(skb, (const word *)key, sizeof(*key) / sizeof(word), news))
		return 1;
	if (!weft_is_remembered6(key, flags))
		return 0;
	if (!news)
		weft_note_socket6(skb, key);
	return 1;
}

/* An allowed packet of a connection in the first table, whose time it brings up to date: 1. Else nothing has happened. */
NOINLINE weft_u32 weft_go_on6(struct weft_connection6 *asked, weft_u32 flags)
{
	struct weft_connection *connection;
	struct weft_connection6 key;
	weft_u32 now = tick();

	if (!asked)
		return 0;
	key = *asked;
	connection = bpf_map_lookup_elem(&weft_connections6, &key);
	if (!connection)
		return 0;
	go_on(connection, key.protocol, flags, now);
	if (!has_news(key.protocol, flags))
		note_recent6((word *)&key, now);
	return 1;
}

/* An allowed packet of no connection in the first table: it opens one, unless it answers one that the other end opened, and
 * moves one on that has been answered. 1 if it is the first of its connection. `answers` says that it may be an answer.
 */
NOINLINE weft_u32 weft_open6(struct weft_connection6 *asked, weft_u32 answers, weft_u32 flags)
{
	struct weft_connection fresh = { 0 }, *other;
	struct weft_connection6 key;

	if (!asked)
		return 0;
	key = *asked;
	fresh.tick = tick();
	fresh.seen = bpf_ktime_get_coarse_ns();
	if (answers) {
		key.outbound ^= 1;
		other = bpf_map_lookup_elem(&weft_connections6, &key);
		if (!other)
			other = bpf_map_lookup_elem(&weft_opening6, &key);
		key.outbound ^= 1;
		if (other && is_alive(other, key.protocol, fresh.tick)) {
			if (!has_news(key.protocol, flags))
				note_recent6((word *)&key, fresh.tick);
			return 0;
		}
	}
	other = bpf_map_lookup_elem(&weft_opening6, &key);
	if (other && is_alive(other, key.protocol, fresh.tick)) {
		if (other->what & WEFT_CONNECTION_ANSWERED && !(key.protocol == PROTOCOL_TCP && flags & TCP_SYN)) {
			fresh.what = other->what;
			go_on(&fresh, key.protocol, flags, fresh.tick);
			bpf_map_update_elem(&weft_connections6, &key, &fresh, BPF_ANY);
			bpf_map_delete_elem(&weft_opening6, &key);
		} else {
			go_on(other, key.protocol, flags, fresh.tick);
			if (!has_news(key.protocol, flags))
				note_recent6((word *)&key, fresh.tick);
		}
		return 0;
	}
	bpf_map_update_elem(&weft_opening6, &key, &fresh, BPF_ANY);
	return 1;
}

/* The connection an ICMPv6 error is about, as for IPv4. */
NOINLINE weft_u32 weft_relates6(struct __sk_buff *skb, struct packet6 *packet)
{
	struct weft_connection6 *key;
	struct ipv6_header ip;
	struct address6 from, to;
	weft_u16 source, destination;
	weft_u32 at, chain;

	if (!packet)
		return NO_ANSWER;
	at = packet->transport + 8;
	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)))
		return NO_ANSWER;
	if ((ip.version_class_flow & bpf_htonl(0xf0000000)) != bpf_htonl(0x60000000))
		return NO_ANSWER;
	chain = weft_chain6(skb, ip.next, at + sizeof(ip));
	if (chain >= CHAIN_FRAGMENT || read_carried_ports(skb, chain >> 8, chain & 0xff, &source, &destination))
		return NO_ANSWER;

	from = load_address6(ip.source);
	to = load_address6(ip.destination);
	key = &packet->connection;
	key->protocol = (weft_u8)chain;
	if (key->outbound) { /* the local end complains about what the remote end sent */
		if (from.high != key->remote[0] || from.low != key->remote[1] || to.high != key->local[0] ||
		    to.low != key->local[1])
			return NO_ANSWER;
		key->local_port = destination;
		key->remote_port = source;
	} else { /* anyone on the way complains about what the local end sent */
		if (from.high != key->local[0] || from.low != key->local[1])
			return NO_ANSWER;
		key->remote[0] = to.high;
		key->remote[1] = to.low;
		key->local_port = source;
		key->remote_port = destination;
	}
	return RELATED;
}

/* What the packet may answer: NO_ANSWER, or `packet->connection` is the connection to ask for, of RELATED in one of both
 * directions. (The asking is left to the caller: calls in calls add up their stacks, and the kernel grants 512 bytes.)
 */
INLINE weft_u32 answers6(struct __sk_buff *skb, struct packet6 *packet)
{
	const weft_u32 protocol = packet->connection.protocol;

	if (is_error(protocol, packet->value))
		return weft_relates6(skb, packet);
	if (!can_answer(protocol, packet->flags, packet->value))
		return NO_ANSWER;
	packet->connection.outbound ^= 1;
	return ANSWER;
}

/* What of an IPv6 packet is judged. */
struct header6 {
	struct address6 local, remote;
	weft_u32 next; /* protocol behind the extension headers */
	weft_u32 at;   /* offset of the transport header */
	struct transport transport;
};

/* The plain packet, as read_plain4 has it: untagged, no extension headers, TCP or UDP, headers in one piece. 1 if it is such
 * a packet and sound; of others nothing is said.
 */
INLINE int read_plain6(struct __sk_buff *skb, struct header6 *out, const int outbound)
{
	const void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const struct ipv6_header *ip = data + 14;
	weft_u32 length;

	if (data + 74 > end)
		return 0;
	/* Ethertype and version in one word. */
	if ((load32(data + 12) & bpf_htonl(0xfffff000)) != bpf_htonl(0x86dd6000))
		return 0;
	length = bpf_ntohs(ip->length);
	if (length < 20 || length + 54 > skb->len)
		return 0;
	out->next = ip->next;
	if (UNLIKELY(out->next != PROTOCOL_TCP)) {
		if (out->next != PROTOCOL_UDP)
			return 0;
	}
	out->local = load_plain6(outbound ? ip->source : ip->destination);
	out->remote = load_plain6(outbound ? ip->destination : ip->source);
	out->at = 54;
	out->transport.source_port = load16(data + 54);
	out->transport.destination_port = load16(data + 56);
	out->transport.value = bpf_ntohs(out->transport.destination_port);
	out->transport.flags = *(const weft_u8 *)(data + 67); /* of no other protocol than TCP does anyone ask */
	return 1;
}

#define NO_LINK (~0u)
weft_u32 weft_judge_discovery(struct __sk_buff *skb, struct header6 *header, weft_u32 interface, weft_u32 outbound);

/* Any IPv6 packet, whose header is at offset `at`, on its way out of the workload or to it. */
NOINLINE weft_u32 weft_read6(struct __sk_buff *skb, weft_u32 at, weft_u32 outbound, struct header6 *out)
{
	const void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const struct ipv6_header *ip = data + (at & 31);
	struct address6 source, destination;
	weft_u32 length, available, next, offset, hops;

	if (!out)
		return READ_BROKEN;
	if ((const void *)(ip + 1) > end)
		return READ_BROKEN;
	if ((ip->version_class_flow & bpf_htonl(0xf0000000)) != bpf_htonl(0x60000000))
		return READ_BROKEN;
	length = bpf_ntohs(ip->length);
	available = skb->len - at - sizeof(*ip);
	if (UNLIKELY(!length && available > 0xffff))
		length = available; /* the kernel's "big TCP" */
	if (length > available)
		return READ_BROKEN;
	source = load_address6(ip->source);
	destination = load_address6(ip->destination);
	out->local = outbound ? source : destination;
	out->remote = outbound ? destination : source;
	next = ip->next;
	hops = ip->hops;
	offset = at + sizeof(*ip);
	if (UNLIKELY(is_extension(next))) {
		weft_u32 chain = weft_chain6(skb, next, offset), skipped;

		if (chain >= CHAIN_FRAGMENT)
			return chain == CHAIN_FRAGMENT ? READ_FRAGMENT : READ_BROKEN;
		next = chain & 0xff;
		skipped = (chain >> 8) - offset;
		if (skipped > length)
			return READ_BROKEN;
		length -= skipped;
		offset += skipped;
		hops = 0; /* discovery never has extensions (RFC 6980) */
		/* What follows may lie outside the linear part. */
		if (skb->len > (weft_u64)(end - data)) {
			weft_u32 wanted = offset + 20;

			bpf_skb_pull_data(skb, wanted < skb->len ? wanted : skb->len);
		}
		data = (void *)(long)skb->data;
		end = (void *)(long)skb->data_end;
	}
	out->next = next;
	out->at = offset;
	if (read_transport(data + (offset & 0x3fff), end, length, next, &out->transport))
		return READ_BROKEN;
	return next == PROTOCOL_ICMP6 && hops == 255 && is_discovery(out->transport.value, length) ? READ_LINK : READ_WHOLE;
}

/* The decision of the gate that `outbound` names on a packet with this header; `interface` is the key of the endpoint, `hook`
 * AT_INTERFACE or AT_CGROUP. `pair` as in judge4.
 */
INLINE weft_u32 judge6(struct __sk_buff *skb, const struct header6 *header, const weft_u32 interface,
		       const int outbound, const int hook, weft_u32 *pair)
{
	const struct address6 local = header->local, remote = header->remote;
	const struct transport transport = header->transport;
	const struct weft_endpoint *endpoint = endpoint_of(interface);
	const weft_u32 next = header->next;
	weft_u32 own, peer, decision, answer, flags;

	if (!endpoint)
		return DENIED(WEFT_ENTRY_UNKNOWN);
	/* Almost every workload has one address a family. Where it has none, :: finds class 0, which is nobody. */
	own = endpoint->class6[0];
	if (UNLIKELY(endpoint->address6[0][1] != local.low || endpoint->address6[0][0] != local.high)) {
		own = local_class6(endpoint, interface, local.high, local.low, hook);
		if (own == NO_CLASS)
			return not_own(endpoint);
	}
	if (UNLIKELY(remote.low == local.low && remote.high == local.high))
		return own ? of_itself(hook) : DENIED(WEFT_ENTRY_UNKNOWN);
	if (UNLIKELY(endpoint->count6 > 1) && weft_own_class6(interface, remote.high, remote.low) != NO_CLASS)
		return of_itself(hook);
	if (weft_uses_homes)
		own |= (weft_u32)endpoint->home << 16;
	peer = identity6(remote.high, remote.low);
	*pair = pair_of(own, peer, outbound);
	decision = decide_here(outbound, own, peer, weft_atom(next, transport.value));
	if (!weft_uses_state)
		return opens(decision);

	struct packet6 packet;
	word *key = (word *)&packet.connection;

	_Static_assert(sizeof(packet.connection) == 6 * sizeof(word), "a key is whole words");
	key[0] = interface;
	key[1] = local.high;
	key[2] = local.low;
	key[3] = remote.high;
	key[4] = remote.low;
	key[5] = key_end(outbound ? transport.source_port : transport.destination_port,
			 outbound ? transport.destination_port : transport.source_port, next, outbound);
	if (LIKELY(allows(decision))) {
		const struct recent6 *place = recent6(key);

		if (LIKELY(is_of6(place, key) && place->tick == tick()) && !has_news(next, transport.flags))
			return decision;
		if (weft_go_on6(&packet.connection, transport.flags))
			return decision;
		if (can_open(next, transport.flags, transport.value)) {
			answer = can_answer(next, transport.flags, transport.value);
			return weft_open6(&packet.connection, answer, transport.flags) ? opens(decision) : decision;
		}
		return can_answer(next, transport.flags, transport.value) ? decision : opens(decision);
	}
	packet.own = own;
	packet.transport = header->at;
	packet.value = transport.value;
	packet.flags = transport.flags;
	answer = answers6(skb, &packet);
	if (answer == NO_ANSWER)
		return decision;
	if (hook == AT_CGROUP && answer == ANSWER)
		return is_answer_of_socket6(skb, &packet.connection, own, peer, transport.flags)
			       ? ALLOWED(WEFT_ENTRY_REPLY)
			       : decision;
	if (answer == RELATED)
		peer = weft_identity6(packet.connection.remote[0], packet.connection.remote[1]);
	/* An error about a connection is no answer of it. */
	flags = answer == RELATED ? NO_FLAGS : transport.flags;
	if (is_of_allowed6(&packet.connection, own, peer, flags))
		return ALLOWED(WEFT_ENTRY_REPLY);
	if (answer == RELATED) {
		packet.connection.outbound ^= 1;
		if (is_of_allowed6(&packet.connection, own, peer, flags))
			return ALLOWED(WEFT_ENTRY_REPLY);
	}
	return decision;
}

/* A later fragment has no ports to be judged by: it is denied, but where a node forwards it. */
INLINE weft_u32 later_fragment6(const struct header6 *header, weft_u32 interface, const int hook)
{
	const struct weft_endpoint *endpoint = held_endpoint_of(interface);

	if (!endpoint)
		return DENIED(WEFT_ENTRY_UNKNOWN);
	if (local_class6(endpoint, interface, header->local.high, header->local.low, hook) == NO_CLASS)
		return not_own(endpoint);
	return DENIED(WEFT_ENTRY_FRAGMENT);
}

#endif
