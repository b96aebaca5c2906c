/* The headers on the wire, and what a policy wants to know of them. */
#ifndef WEFT_DATAPATH_PACKET_H
#define WEFT_DATAPATH_PACKET_H

#include "tables.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_QINQ 0x88a8

#define PROTOCOL_HOP_BY_HOP 0
#define PROTOCOL_ICMP 1
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_ROUTING 43
#define PROTOCOL_FRAGMENT 44
#define PROTOCOL_AUTHENTICATION 51
#define PROTOCOL_ICMP6 58
#define PROTOCOL_DESTINATION 60
#define PROTOCOL_SCTP 132

#define ICMP_ECHO_REPLY 0
#define ICMP_UNREACHABLE 3
#define ICMP_ECHO 8
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETER_PROBLEM 12
#define ICMP6_ERROR_FIRST 1
#define ICMP6_ERROR_LAST 4
#define ICMP6_ECHO 128
#define ICMP6_ECHO_REPLY 129
#define ICMP6_ROUTER_SOLICITATION 133
#define ICMP6_ROUTER_ADVERTISEMENT 134
#define ICMP6_NEIGHBOUR_SOLICITATION 135
#define ICMP6_NEIGHBOUR_ADVERTISEMENT 136
#define ICMP6_REDIRECT 137

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

#define SCTP_DATA 0
#define SCTP_INIT 1
#define SCTP_COOKIE_ECHO 10

struct ipv4_header {
	weft_u8 version_length;
	weft_u8 service;
	weft_u16 length;
	weft_u16 identification;
	weft_u16 fragment;
	weft_u8 hops;
	weft_u8 protocol;
	weft_u16 checksum;
	weft_u32 source;
	weft_u32 destination;
};

struct ipv6_header {
	weft_u32 version_class_flow;
	weft_u16 length;
	weft_u8 next;
	weft_u8 hops;
	weft_u32 source[4];
	weft_u32 destination[4];
};

/* Ethernet, two tags, the longest IPv4 header, TCP: what a plain packet needs in one piece. */
#define HEADERS 102

/* What a look at a packet found. */
#define READ_BROKEN 0
#define READ_WHOLE 1
#define READ_LINK 2     /* neighbour discovery: see link.h */
#define READ_FRAGMENT 3 /* a later fragment: addresses, and nothing that a policy could be asked about */

/* What the transport header says. Ports are in network byte order; of ICMP echo both are the identifier. */
struct transport {
	weft_u16 source_port;
	weft_u16 destination_port;
	weft_u16 value; /* host byte order: destination port, or type << 8 | code */
	weft_u8 flags;  /* of TCP; of SCTP the type of the first chunk */
};

INLINE weft_u16 load16(const void *at)
{
	return *(const weft_u16 *)at;
}

INLINE weft_u32 load32(const void *at)
{
	return *(const weft_u32 *)at;
}

INLINE weft_u64 load64(const void *at)
{
	return *(const weft_u64 *)at;
}

INLINE int has_echo_identifier(weft_u32 protocol, weft_u32 type)
{
	return protocol == PROTOCOL_ICMP ? type == ICMP_ECHO || type == ICMP_ECHO_REPLY
					 : type == ICMP6_ECHO || type == ICMP6_ECHO_REPLY;
}

/* Reads the transport header at `header`; `room` is what the IP header leaves for it. 0 if it is whole. */
INLINE int read_transport(const void *header, const void *end, weft_u32 room, weft_u32 protocol, struct transport *out)
{
	const weft_u8 *bytes = header;

	*out = (struct transport){ 0 };
	if (LIKELY(protocol == PROTOCOL_TCP)) {
		if (header + 20 > end || room < 20)
			return -1;
		out->flags = bytes[13];
	} else if (protocol == PROTOCOL_UDP) {
		if (header + 8 > end || room < 8)
			return -1;
	} else if (protocol == PROTOCOL_SCTP) {
		if (header + 12 > end || room < 12)
			return -1;
		if (header + 13 <= end && room >= 13)
			out->flags = bytes[12];
	} else if (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMP6) {
		if (header + 8 > end || room < 8)
			return -1;
		out->value = (weft_u16)(bytes[0] << 8 | bytes[1]);
		if (has_echo_identifier(protocol, bytes[0]))
			out->source_port = out->destination_port = load16(header + 4);
		return 0;
	} else {
		return 0;
	}
	out->source_port = load16(header);
	out->destination_port = load16(header + 2);
	out->value = bpf_ntohs(out->destination_port);
	return 0;
}

/* What a frame carries, behind its tags: `offset of the network header << 16 | ethertype`, 0 if it is truncated. Headers
 * are in one piece from here on. (Packet pointers of the caller are no longer any good.)
 */
NOINLINE weft_u32 weft_network(struct __sk_buff *skb)
{
	const void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	weft_u32 type, at = 14;

	/* A packet that merely is short must not be copied. */
	if (data + HEADERS > end && skb->len > (weft_u64)(end - data))
		bpf_skb_pull_data(skb, skb->len < HEADERS ? skb->len : HEADERS);
	/* Read again in any case: the kernel's verifier then has one state to go on with, not three. */
	asm volatile("" ::: "memory");
	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	if (data + 14 > end)
		return 0;
	type = bpf_ntohs(load16(data + 12));
	if (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ) {
		if (data + 18 > end)
			return 0;
		at = 18;
		type = bpf_ntohs(load16(data + 16));
		if (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ) {
			if (data + 22 > end)
				return 0;
			at = 22;
			type = bpf_ntohs(load16(data + 20));
		}
	}
	return at << 16 | type;
}

/* Is this type and code of ICMPv6, with so many bytes of message, one of neighbour discovery (RFC 4861)? */
INLINE int is_discovery(weft_u32 value, weft_u32 length)
{
	switch (value) {
	case ICMP6_ROUTER_SOLICITATION << 8:
		return length >= 8;
	case ICMP6_ROUTER_ADVERTISEMENT << 8:
		return length >= 16;
	case ICMP6_NEIGHBOUR_SOLICITATION << 8:
	case ICMP6_NEIGHBOUR_ADVERTISEMENT << 8:
		return length >= 24;
	case ICMP6_REDIRECT << 8:
		return length >= 40;
	default:
		return 0;
	}
}

#endif
