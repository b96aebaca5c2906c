/* Connection state: only to recognise replies. Policy is judged on every forward packet, so a connection that policy no
 * longer allows ends at once; a reply passes while the connection it belongs to is remembered *and* still allowed.
 */
#ifndef WEFT_DATAPATH_STATE_H
#define WEFT_DATAPATH_STATE_H

#include "decide.h"
#include "identity.h"
#include "packet.h"

#define SECOND 1000000000ull
/* RFC 5382 REQ-5: an idle TCP connection is remembered for at least 2 h 4 min. */
#define TCP_IDLE (7440 * SECOND)
/* RFC 4787 REQ-5 asks for at least 2 min of UDP; everything without a handshake is treated alike. */
#define OTHER_IDLE (180 * SECOND)

/* What a packet that no rule allows may be. */
#define NO_ANSWER 0
#define ANSWER 1
#define RELATED 2

INLINE int is_alive(const struct weft_connection *connection, weft_u32 protocol, weft_u64 now)
{
	/* Signed: another processor's clock may have been a tick ahead when it wrote. */
	return (long long)(now - connection->seen) < (long long)(protocol == PROTOCOL_TCP ? TCP_IDLE : OTHER_IDLE);
}

/* Writing on every packet would bounce the cache line between processors. */
INLINE void refresh(struct weft_connection *connection, weft_u64 now)
{
	if ((long long)(now - connection->seen) > (long long)SECOND)
		connection->seen = now;
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
