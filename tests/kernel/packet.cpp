#include "tests/kernel/packet.h"

#include "base/assert.h"

namespace weft::test {
namespace {

void put16(Frame& out, std::uint32_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8U));
  out.push_back(static_cast<std::uint8_t>(value));
}

void put32(Frame& out, std::uint32_t value) {
  put16(out, value >> 16U);
  put16(out, value & 0xFFFFU);
}

void put(Frame& out, const model::Address& address) {
  out.insert(out.end(), address.bytes.begin(), address.bytes.begin() + bits(address.family) / 8);
}

}  // namespace

Frame operator+(Frame a, const Frame& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Frame tcp(std::uint16_t source, std::uint16_t destination, std::uint8_t flags, const Frame& payload) {
  Frame out;
  put16(out, source);
  put16(out, destination);
  put32(out, 1);
  put32(out, 1);
  out.push_back(5U << 4U);
  out.push_back(flags);
  put16(out, 1024);
  put32(out, 0);
  return out + payload;
}

Frame udp(std::uint16_t source, std::uint16_t destination, const Frame& payload) {
  Frame out;
  put16(out, source);
  put16(out, destination);
  put16(out, static_cast<std::uint32_t>(8 + payload.size()));
  put16(out, 0);
  return out + payload;
}

Frame sctp(std::uint16_t source, std::uint16_t destination, std::uint8_t chunk) {
  Frame out;
  put16(out, source);
  put16(out, destination);
  put32(out, 1);
  put32(out, 0);
  return out + Frame{chunk, 0, 0, 4};
}

Frame icmp(std::uint8_t type, std::uint8_t code, std::uint16_t identifier, const Frame& payload) {
  Frame out{type, code, 0, 0};
  put16(out, identifier);
  put16(out, 1);
  return out + payload;
}

Frame arp(std::uint16_t operation, const model::Address& sender, const model::Address& target) {
  Frame out{0, 1, 8, 0, 6, 4};
  put16(out, operation);
  out = out + Frame{2, 0, 0, 0, 0, 2};
  put(out, sender);
  out = out + Frame(6);
  put(out, target);
  return out;
}

Frame discovery(std::uint8_t type, const model::Address& target, const Frame& options) {
  constexpr std::uint8_t router_advertisement = 134, redirect = 137;
  Frame out{type, 0, 0, 0, 0, 0, 0, 0};
  if (type == router_advertisement) out.resize(16);
  if (type > router_advertisement) put(out, target);
  if (type == redirect) put(out, target);
  return out + options;
}

Frame ipv4(const Ipv4& header, const Frame& payload) {
  const std::size_t length = 20 + header.options.size();
  Frame out;
  out.push_back(static_cast<std::uint8_t>(header.version_length < 0 ? static_cast<int>(0x40U | length / 4)
                                                                    : header.version_length));
  out.push_back(0);
  put16(out, header.length < 0 ? static_cast<std::uint32_t>(length + payload.size())
                               : static_cast<std::uint32_t>(header.length));
  put16(out, 1);
  put16(out, header.fragment);
  out.push_back(64);
  out.push_back(header.protocol);
  put16(out, 0);
  put(out, header.source);
  put(out, header.destination);
  return out + header.options + payload;
}

Frame ipv6(const Ipv6& header, const Frame& payload) {
  Frame out;
  put32(out, std::uint32_t{header.version} << 28U);
  put16(out,
        header.length < 0 ? static_cast<std::uint32_t>(payload.size()) : static_cast<std::uint32_t>(header.length));
  out.push_back(header.next);
  out.push_back(header.hops);
  put(out, header.source);
  put(out, header.destination);
  return out + payload;
}

Frame extension(std::uint8_t next, std::uint8_t units, const Frame& body) {
  Frame out{next, static_cast<std::uint8_t>(units - 1)};
  out = std::move(out) + body;
  out.resize(std::size_t{units} * 8);
  return out;
}

Frame authentication(std::uint8_t next, std::uint8_t words) {
  Frame out{next, static_cast<std::uint8_t>(words - 2)};
  out.resize(std::size_t{words} * 4);
  return out;
}

Frame fragment6(std::uint8_t next, std::uint16_t offset, bool more) {
  Frame out{next, 0};
  put16(out, static_cast<std::uint32_t>(offset << 3U) | (more ? 1U : 0U));
  put32(out, 7);
  return out;
}

Frame ethernet(std::uint16_t type, const Frame& payload) {
  Frame out{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
  put16(out, type);
  return out + payload;
}

Frame tag(std::uint16_t type, const Frame& payload) {
  Frame out;
  put16(out, 42);
  put16(out, type);
  return out + payload;
}

model::Address address(std::string_view text) {
  const auto out = model::parse_address(text);
  WEFT_ASSERT(out.has_value(), "tests name addresses that are addresses");
  return *out;
}

Frame frame_of(const model::Address& source, const model::Address& destination, model::ServicePoint service,
               std::uint16_t source_port, std::uint8_t tcp_flags) {
  const std::uint8_t protocol = model::protocol_of(service);
  const std::uint16_t value = model::value_of(service);
  Frame payload;
  if (protocol == model::protocol::tcp) {
    payload = tcp(source_port, value, tcp_flags);
  } else if (protocol == model::protocol::udp) {
    payload = udp(source_port, value);
  } else if (protocol == model::protocol::sctp) {
    payload = sctp(source_port, value);
  } else if (model::has_types(protocol)) {
    payload = icmp(static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value), source_port);
  } else {
    payload = Frame(8);
  }
  if (source.family == model::Family::V4) {
    return ethernet(0x0800, ipv4({.source = source, .destination = destination, .protocol = protocol}, payload));
  }
  return ethernet(0x86DD, ipv6({.source = source, .destination = destination, .next = protocol}, payload));
}

}  // namespace weft::test
