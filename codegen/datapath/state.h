/* Connection state: only to recognise replies. Policy is judged on every forward packet, so a connection that policy no
 * longer allows ends at once; a reply passes while the connection it belongs to is remembered *and* still allowed.
 */
#ifndef WEFT_DATAPATH_STATE_H
#define WEFT_DATAPATH_STATE_H

#include "decide.h"
#include "identity.h"
#include "packet.h"
#include "recent.h"
#include "socket.h"

#define SECOND 1000000000ull
/* RFC 5382 REQ-5: an idle TCP connection is remembered for at least 2 h 4 min, one that is not yet or no longer
 * established for at least 4 min.
 */
#define TCP_IDLE (7440 * SECOND)
#define TCP_TRANSITORY_IDLE (240 * SECOND)
/* RFC 4787 REQ-5 asks for at least 2 min of UDP; everything without a handshake is treated alike. */
#define OTHER_IDLE (180 * SECOND)

/* What a packet that no rule allows may be. */
#define NO_ANSWER 0
#define ANSWER 1
#define RELATED 2

#define NO_FLAGS 0x100 /* in place of those of TCP: the packet is no answer */

INLINE int is_established(weft_u32 what)
{
	const weft_u32 both = WEFT_CONNECTION_ENDED | WEFT_CONNECTION_ENDED_BACK;

	return what & WEFT_CONNECTION_ANSWERED && !(what & WEFT_CONNECTION_RESET) && (what & both) != both;
}

INLINE int is_alive(const struct weft_connection *connection, weft_u32 protocol, weft_u32 now)
{
	weft_u64 limit = OTHER_IDLE;

	if (LIKELY(connection->tick == now))
		return 1;
	if (protocol == PROTOCOL_TCP)
		limit = is_established(connection->what) ? TCP_IDLE : TCP_TRANSITORY_IDLE;
	/* Signed: another processor's clock may have been a tick ahead when it wrote. */
	return (long long)(bpf_ktime_get_coarse_ns() - connection->seen) < (long long)limit;
}

/* Once a tick: writing on every packet would bounce the cache line between processors. */
INLINE void refresh(struct weft_connection *connection, weft_u32 now)
{
	if (LIKELY(connection->tick == now))
		return;
	connection->seen = bpf_ktime_get_coarse_ns();
	connection->tick = now;
}

/* What the flags of a TCP packet say about its connection. Two processors may do this at once: at worst a mark is lost, and
 * the connection is remembered until it has been idle for long.
 */
INLINE void note_flags(struct weft_connection *connection, weft_u32 flags, weft_u32 ended)
{
	if (flags & TCP_FIN)
		connection->what |= ended;
	if (flags & TCP_RST)
		connection->what |= WEFT_CONNECTION_RESET;
	else if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && !is_established(connection->what))
		connection->what = 0; /* the same ports begin anew */
}

/* Does the packet say of its connection more than that it goes on? */
INLINE int has_news(weft_u32 protocol, weft_u32 flags)
{
	return UNLIKELY(flags & (TCP_FIN | TCP_RST | TCP_SYN)) && protocol == PROTOCOL_TCP;
}

/* A packet of the end that opened the connection. */
INLINE void go_on(struct weft_connection *connection, weft_u32 protocol, weft_u32 flags, weft_u32 now)
{
	refresh(connection, now);
	if (has_news(protocol, flags))
		note_flags(connection, flags, WEFT_CONNECTION_ENDED);
}

/* An answer. A connection that is refused is not answered: nothing will follow. 1 if it is the first. */
INLINE int answered(struct weft_connection *connection, weft_u32 protocol, weft_u32 flags, weft_u32 now)
{
	refresh(connection, now);
	if (protocol == PROTOCOL_TCP && flags & (TCP_FIN | TCP_RST))
		note_flags(connection, flags & ~TCP_SYN, WEFT_CONNECTION_ENDED_BACK);
	if (connection->what & (WEFT_CONNECTION_ANSWERED | WEFT_CONNECTION_RESET))
		return 0;
	connection->what |= WEFT_CONNECTION_ANSWERED;
	return 1;
}

INLINE weft_u64 key_end(weft_u32 local_port, weft_u32 remote_port, weft_u32 protocol, weft_u32 outbound)
{
	return local_port | remote_port << 16 | (weft_u64)(protocol | outbound << 8) << 32;
}

/* An allowed packet of no connection that is remembered, which is told about where somebody asked for it. */
INLINE weft_u32 opens(weft_u32 decision)
{
	return weft_uses_log || weft_uses_audit ? decision | WEFT_ACTION_OPENS : decision;
}

/* Can the packet begin a connection? Without state (after a restart) one is also picked up in the middle, but never from
 * what only an answer or an end looks like.
 */
INLINE int can_open(weft_u32 protocol, weft_u32 flags, weft_u32 value)
{
	if (protocol == PROTOCOL_TCP) {
		flags &= TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN;
		return flags == TCP_SYN || flags == TCP_ACK;
	}
	if (protocol == PROTOCOL_SCTP)
		return flags == SCTP_DATA || flags == SCTP_INIT || flags == SCTP_COOKIE_ECHO;
	if (protocol == PROTOCOL_ICMP)
		return value >> 8 == ICMP_ECHO;
	if (protocol == PROTOCOL_ICMP6)
		return value >> 8 == ICMP6_ECHO;
	return 1;
}

/* Can the packet be an answer? What only opens a connection never is. */
INLINE int can_answer(weft_u32 protocol, weft_u32 flags, weft_u32 value)
{
	if (protocol == PROTOCOL_TCP)
		return (flags & (TCP_SYN | TCP_ACK)) != TCP_SYN;
	if (protocol == PROTOCOL_SCTP)
		return flags != SCTP_INIT && flags != SCTP_COOKIE_ECHO;
	if (protocol == PROTOCOL_ICMP)
		return value >> 8 == ICMP_ECHO_REPLY;
	if (protocol == PROTOCOL_ICMP6)
		return value >> 8 == ICMP6_ECHO_REPLY;
	return 1;
}

/* The service a connection asked for: the port of the end that did not open it. */
INLINE weft_u32 service_of(weft_u32 protocol, int outbound, weft_u16 local_port, weft_u16 remote_port)
{
	if (protocol == PROTOCOL_ICMP)
		return ICMP_ECHO << 8;
	if (protocol == PROTOCOL_ICMP6)
		return ICMP6_ECHO << 8;
	return bpf_ntohs(outbound ? remote_port : local_port);
}

/* Does policy allow connections of this service between these identities, which the local end opens if `outbound`? It is asked
 * before a table is, by whoever wants to know: calls in calls add up their stacks, and the kernel grants 512 bytes.
 */
NOINLINE weft_u32 weft_may_open(weft_u32 protocol, weft_u32 service, weft_u32 outbound, weft_u32 own, weft_u32 peer)
{
	return allows(decide_here(outbound, own, peer, weft_atom(protocol, service)));
}

/* ICMP messages about a packet that was sent, which they carry. */
INLINE int is_error(weft_u32 protocol, weft_u32 value)
{
	weft_u32 type = value >> 8;

	if (protocol == PROTOCOL_ICMP)
		return type == ICMP_UNREACHABLE || type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER_PROBLEM;
	if (protocol == PROTOCOL_ICMP6)
		return type >= ICMP6_ERROR_FIRST && type <= ICMP6_ERROR_LAST;
	return 0;
}

/* The ports of the packet that an ICMP error carries: eight bytes of its transport header. 0 if there are some. */
INLINE int read_carried_ports(struct __sk_buff *skb, weft_u32 at, weft_u32 protocol, weft_u16 *source,
			      weft_u16 *destination)
{
	weft_u16 bytes[4];

	*source = *destination = 0;
	if (protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP && protocol != PROTOCOL_SCTP &&
	    protocol != PROTOCOL_ICMP && protocol != PROTOCOL_ICMP6)
		return 0;
	if (bpf_skb_load_bytes(skb, at, bytes, sizeof(bytes)))
		return -1;
	if (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMP6) {
		if (!has_echo_identifier(protocol, bytes[0] & 0xff))
			return -1;
		*source = *destination = bytes[2];
	} else {
		*source = bytes[0];
		*destination = bytes[1];
	}
	return 0;
}

#endif
