#include "verifier/familiar_service.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace weft::verifier {
namespace {

constexpr std::array<std::pair<std::uint8_t, std::uint16_t>, 7> familiar{{{model::protocol::tcp, 80},
                                                                          {model::protocol::tcp, 443},
                                                                          {model::protocol::tcp, 8080},
                                                                          {model::protocol::tcp, 1},
                                                                          {model::protocol::udp, 53},
                                                                          {model::protocol::udp, 1},
                                                                          {model::protocol::icmp, 8 << 8}}};

std::optional<model::ServicePoint> first_of(std::span<const model::ServiceRange> ranges) {
  for (const auto& [protocol, value] : familiar) {
    const auto point = static_cast<std::uint32_t>(model::service_point(protocol, value));
    const auto holds = [&](const model::ServiceRange& range) { return range.first <= point && point <= range.last; };
    if (std::ranges::any_of(ranges, holds)) return model::ServicePoint{point};
  }
  for (const model::ServiceRange& range : ranges) {
    const auto protocol = static_cast<std::uint8_t>(range.first >> 16);
    if (model::has_ports(protocol) || model::has_types(protocol) || (range.first & 0xFFFF) == 0) {
      return model::ServicePoint{range.first};
    }
    const std::uint32_t following = ((range.first >> 16) + 1) << 16;
    if (following <= range.last) return model::ServicePoint{following};
  }
  return {};
}

}  // namespace

std::optional<model::ServicePoint> familiar_service(const model::ServiceRange& range) { return first_of({&range, 1}); }

std::optional<model::ServicePoint> familiar_service(const model::PointSet& points) { return first_of(points.ranges()); }

}  // namespace weft::verifier
