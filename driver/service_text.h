#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "model/service.h"

namespace weft::driver {

/// The service of one flow as people write it: a point, or a port by its name.
using ServiceText = std::variant<model::ServicePoint, model::PortName>;

/// "tcp/443", "udp/dns", "icmp/8/0", "icmp6/128/0", "ip/47".
///
/// Errors: W9104 where the text is no service, or more than one.
Result<ServiceText> parse_service(std::string_view text);

}  // namespace weft::driver
