#include "model/service.h"

#include <algorithm>

#include <fmt/format.h>

namespace weft::model {

bool has_ports(std::uint8_t number) {
  return number == protocol::tcp || number == protocol::udp || number == protocol::sctp;
}

bool has_types(std::uint8_t number) { return number == protocol::icmp || number == protocol::icmp6; }

namespace {

std::string name_of(std::uint8_t number) {
  switch (number) {
    case protocol::icmp:
      return "icmp";
    case protocol::tcp:
      return "tcp";
    case protocol::udp:
      return "udp";
    case protocol::icmp6:
      return "icmp6";
    case protocol::sctp:
      return "sctp";
    default:
      return fmt::format("ip/{}", number);
  }
}

// The part of a range that lies in one protocol.
std::string one_protocol(std::uint8_t number, std::uint16_t first, std::uint16_t last) {
  const std::string name = name_of(number);
  if (first == 0 && last == 0xFFFF) return name;
  if (!has_ports(number) && !has_types(number)) return name;
  if (has_types(number)) {
    if (first == last) return fmt::format("{}/{}/{}", name, first >> 8, first & 0xFF);
    if ((first & 0xFF) == 0 && (last & 0xFF) == 0xFF) {
      std::vector<std::string> types;
      for (unsigned type = first >> 8; type <= static_cast<unsigned>(last >> 8); ++type) {
        types.push_back(fmt::format("{}/{}", name, type));
      }
      return fmt::format("{}", fmt::join(types, ", "));
    }
    std::vector<std::string> codes;
    for (unsigned value = first; value <= last; ++value) {
      codes.push_back(fmt::format("{}/{}/{}", name, value >> 8, value & 0xFF));
    }
    return fmt::format("{}", fmt::join(codes, ", "));
  }
  if (first == last) return fmt::format("{}/{}", name, first);
  return fmt::format("{}/{}-{}", name, first, last);
}

}  // namespace

std::string to_string(ServicePoint point) {
  const std::uint8_t number = protocol_of(point);
  if (has_ports(number)) return fmt::format("{}/{}", name_of(number), value_of(point));
  if (has_types(number)) return fmt::format("{}/{}/{}", name_of(number), value_of(point) >> 8, value_of(point) & 0xFF);
  return name_of(number);
}

PointSet PointSet::any() {
  PointSet out;
  out.ranges_ = {{0, last_service_point}};
  return out;
}

PointSet PointSet::of_protocol(std::uint8_t number) { return of_range(number, 0, 0xFFFF); }

PointSet PointSet::of_range(std::uint8_t number, std::uint16_t first, std::uint16_t last) {
  PointSet out;
  out.ranges_ = {{static_cast<std::uint32_t>(service_point(number, first)),
                  static_cast<std::uint32_t>(service_point(number, last))}};
  return out;
}

PointSet PointSet::of_point(ServicePoint point) {
  return of_range(protocol_of(point), value_of(point), value_of(point));
}

void PointSet::add(const ServiceRange& range) {
  ServiceRange merged = range;
  std::vector<ServiceRange> out;
  bool placed = false;
  for (const ServiceRange& have : ranges_) {
    if (have.last + 1 < merged.first) {
      out.push_back(have);
    } else if (merged.last + 1 < have.first) {
      if (!placed) out.push_back(merged);
      placed = true;
      out.push_back(have);
    } else {
      merged = {std::min(merged.first, have.first), std::max(merged.last, have.last)};
    }
  }
  if (!placed) out.push_back(merged);
  ranges_ = std::move(out);
}

void PointSet::remove(const ServiceRange& range) {
  std::vector<ServiceRange> out;
  for (const ServiceRange& have : ranges_) {
    if (have.last < range.first || range.last < have.first) {
      out.push_back(have);
      continue;
    }
    if (have.first < range.first) out.push_back({have.first, range.first - 1});
    if (range.last < have.last) out.push_back({range.last + 1, have.last});
  }
  ranges_ = std::move(out);
}

void PointSet::add(const PointSet& other) {
  for (const ServiceRange& range : other.ranges_) add(range);
}

void PointSet::remove(const PointSet& other) {
  for (const ServiceRange& range : other.ranges_) remove(range);
}

bool PointSet::contains(ServicePoint point) const {
  const auto number = static_cast<std::uint32_t>(point);
  return std::ranges::any_of(ranges_, [&](const ServiceRange& r) { return r.first <= number && number <= r.last; });
}

bool PointSet::contains(const PointSet& other) const {
  PointSet rest = other;
  rest.remove(*this);
  return rest.empty();
}

bool PointSet::intersects(const PointSet& other) const {
  PointSet rest = other;
  rest.remove(*this);
  return rest.ranges_ != other.ranges_;
}

std::string to_string(const PointSet& points) {
  if (points == PointSet::any()) return "any";
  std::vector<std::string> parts;
  for (const ServiceRange& range : points.ranges()) {
    for (std::uint32_t number = range.first >> 16; number <= range.last >> 16; ++number) {
      const std::uint32_t first = std::max(range.first, number << 16);
      const std::uint32_t last = std::min(range.last, (number << 16) | 0xFFFF);
      parts.push_back(one_protocol(static_cast<std::uint8_t>(number), static_cast<std::uint16_t>(first),
                                   static_cast<std::uint16_t>(last)));
    }
  }
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string to_string(const PortSet& ports) {
  std::vector<std::string> parts;
  if (!ports.points.empty() || ports.names.empty()) parts.push_back(to_string(ports.points));
  for (const PortName& name : ports.names) parts.push_back(fmt::format("{}/{}", name_of(name.protocol), name.name));
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace weft::model
