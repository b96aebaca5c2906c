#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/address.h"
#include "model/service.h"

namespace weft::test {

/// Frames are built from the inside out: `ethernet(0x0800, ipv4({.source = …}, tcp(1024, 443)))`. Checksums stay zero:
/// the data path does not look at them.
using Frame = std::vector<std::uint8_t>;

namespace flag {
inline constexpr std::uint8_t fin = 1, syn = 2, rst = 4, push = 8, ack = 16;
}

Frame operator+(Frame a, const Frame& b);

Frame tcp(std::uint16_t source, std::uint16_t destination, std::uint8_t flags = flag::ack, const Frame& payload = {});
Frame udp(std::uint16_t source, std::uint16_t destination, const Frame& payload = {});
/// One chunk of `type` after the common header.
Frame sctp(std::uint16_t source, std::uint16_t destination, std::uint8_t chunk = 0);
/// Eight bytes of header: of echo, `identifier` is the first half of the last four.
Frame icmp(std::uint8_t type, std::uint8_t code, std::uint16_t identifier = 0, const Frame& payload = {});

/// ARP of IPv4 over Ethernet: operation 1 asks, 2 answers.
Frame arp(std::uint16_t operation, const model::Address& sender, const model::Address& target);
/// Neighbour discovery (RFC 4861) in ICMPv6: header and target address, then options. `target` is left out of router
/// messages.
Frame discovery(std::uint8_t type, const model::Address& target, const Frame& options = {});

struct Ipv4 {
  model::Address source{}, destination{};
  std::uint8_t protocol = model::protocol::tcp;
  Frame options{};             ///< padded to a multiple of four by the caller
  std::uint16_t fragment = 0;  ///< the field as it is: 0x2000 more fragments, 0x1fff offset in units of eight
  int length = -1;             ///< the field; -1: what is true
  int version_length = -1;     ///< the byte; -1: what is true
};
Frame ipv4(const Ipv4& header, const Frame& payload);

struct Ipv6 {
  model::Address source{}, destination{};
  std::uint8_t next = model::protocol::tcp;
  std::uint8_t hops = 64;
  int length = -1;
  std::uint8_t version = 6;
};
Frame ipv6(const Ipv6& header, const Frame& payload);

/// An extension header of `units` times eight bytes that is followed by `next`.
Frame extension(std::uint8_t next, std::uint8_t units = 1, const Frame& body = {});
/// An authentication header of `words` times four bytes.
Frame authentication(std::uint8_t next, std::uint8_t words = 6);
/// A fragment header: `offset` in units of eight.
Frame fragment6(std::uint8_t next, std::uint16_t offset, bool more);

Frame ethernet(std::uint16_t type, const Frame& payload);
/// The tag that follows a type of 0x8100 or 0x88a8.
Frame tag(std::uint16_t type, const Frame& payload);

/// "10.0.0.1" or "fd00::1".
model::Address address(std::string_view text);

/// The plain frame of a flow: `service` as model::ServicePoint says, ephemeral source port, the shortest legal header.
Frame frame_of(const model::Address& source, const model::Address& destination, model::ServicePoint service,
               std::uint16_t source_port = 40'000, std::uint8_t tcp_flags = flag::ack);

}  // namespace weft::test
