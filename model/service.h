#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace weft::model {

/// IP protocol numbers that carry a port or a type (IANA assigned numbers).
namespace protocol {
inline constexpr std::uint8_t icmp = 1;
inline constexpr std::uint8_t tcp = 6;
inline constexpr std::uint8_t udp = 17;
inline constexpr std::uint8_t icmp6 = 58;
inline constexpr std::uint8_t sctp = 132;
}  // namespace protocol

/// True of TCP, UDP and SCTP.
bool has_ports(std::uint8_t protocol);
/// True of ICMP and ICMPv6.
bool has_types(std::uint8_t protocol);

/// What a flow asks for: an IP protocol and a 16-bit value, packed as `protocol << 16 | value`. The value is the
/// destination port of TCP, UDP and SCTP, `type << 8 | code` of ICMP and ICMPv6, and 0 of every other protocol.
enum class ServicePoint : std::uint32_t {};

constexpr ServicePoint service_point(std::uint8_t protocol, std::uint16_t value) {
  return static_cast<ServicePoint>((std::uint32_t{protocol} << 16) | value);
}
constexpr std::uint8_t protocol_of(ServicePoint point) {
  return static_cast<std::uint8_t>(static_cast<std::uint32_t>(point) >> 16);
}
constexpr std::uint16_t value_of(ServicePoint point) {
  return static_cast<std::uint16_t>(static_cast<std::uint32_t>(point));
}
/// "tcp/443", "icmp/8/0", "ip/47".
std::string to_string(ServicePoint point);

/// All points from `first` to `last`, both included; a range may span protocols (`any` is one range).
struct ServiceRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;

  auto operator<=>(const ServiceRange&) const = default;
};

inline constexpr std::uint32_t last_service_point = 0xFF'FFFF;

/// A set of points: disjoint ranges in ascending order with gaps between them.
class PointSet {
 public:
  static PointSet any();
  /// Every value of one protocol.
  static PointSet of_protocol(std::uint8_t protocol);
  /// The values `first` to `last` of one protocol.
  static PointSet of_range(std::uint8_t protocol, std::uint16_t first, std::uint16_t last);
  static PointSet of_point(ServicePoint point);

  void add(const PointSet& other);
  void remove(const PointSet& other);
  bool contains(ServicePoint point) const;
  bool contains(const PointSet& other) const;
  bool intersects(const PointSet& other) const;
  bool empty() const { return ranges_.empty(); }
  const std::vector<ServiceRange>& ranges() const { return ranges_; }

  auto operator<=>(const PointSet&) const = default;

 private:
  void add(const ServiceRange& range);
  void remove(const ServiceRange& range);

  std::vector<ServiceRange> ranges_;
};

/// "tcp/80, tcp/8080-8089", "any"; ICMP ranges that are whole types are written as types.
std::string to_string(const PointSet& points);

/// A port by name, as a destination declares it. Name and protocol must both match.
struct PortName {
  std::uint8_t protocol = 0;
  std::string name;

  auto operator<=>(const PortName&) const = default;
};

/// The service part of a rule: points, and named ports that every destination instance resolves for itself. A name that
/// the destination does not declare matches nothing there.
struct PortSet {
  PointSet points;
  std::vector<PortName> names;

  auto operator<=>(const PortSet&) const = default;
};

std::string to_string(const PortSet& ports);

}  // namespace weft::model
