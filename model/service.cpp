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

// Appends ICMP values from `first` to `last`: whole types as types, the others code by code.
void add_types(std::vector<std::string>& out, const std::string& name, unsigned first, unsigned last) {
  for (unsigned value = first; value <= last;) {
    if ((value & 0xFF) == 0 && value + 0xFF <= last) {
      out.push_back(fmt::format("{}/{}", name, value >> 8));
      value += 0x100;
    } else {
      out.push_back(fmt::format("{}/{}/{}", name, value >> 8, value & 0xFF));
      ++value;
    }
  }
}

// Appends the part of a range that lies in one protocol.
void add_protocol(std::vector<std::string>& out, std::uint8_t number, std::uint16_t first, std::uint16_t last) {
  const std::string name = name_of(number);
  if ((first == 0 && last == 0xFFFF) || (!has_ports(number) && !has_types(number))) {
    out.push_back(name);
  } else if (has_types(number)) {
    add_types(out, name, first, last);
  } else {
    out.push_back(first == last ? fmt::format("{}/{}", name, first) : fmt::format("{}/{}-{}", name, first, last));
  }
}

// Every range in words, one protocol after the other.
std::vector<std::string> words(const PointSet& points) {
  std::vector<std::string> out;
  for (const ServiceRange& range : points.ranges()) {
    for (std::uint32_t number = range.first >> 16; number <= range.last >> 16; ++number) {
      const std::uint32_t first = std::max(range.first, number << 16);
      const std::uint32_t last = std::min(range.last, (number << 16) | 0xFFFF);
      add_protocol(out, static_cast<std::uint8_t>(number), static_cast<std::uint16_t>(first),
                   static_cast<std::uint16_t>(last));
    }
  }
  return out;
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
  if (points.empty()) return "none";
  // `any \ tcp/22` says it shorter than the 256 protocols that are left.
  PointSet missing = PointSet::any();
  missing.remove(points);
  const std::vector<std::string> have = words(points), lack = words(missing);
  if (lack.size() < have.size()) {
    return lack.empty() ? "any" : fmt::format("any \\ {}", fmt::join(lack, " \\ "));
  }
  return fmt::format("{}", fmt::join(have, ", "));
}

std::string to_string(const PortSet& ports) {
  std::vector<std::string> parts;
  if (!ports.points.empty() || ports.names.empty()) parts.push_back(to_string(ports.points));
  for (const PortName& name : ports.names) parts.push_back(fmt::format("{}/{}", name_of(name.protocol), name.name));
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace weft::model
