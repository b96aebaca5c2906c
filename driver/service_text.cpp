#include "driver/service_text.h"

#include <charconv>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "driver/codes.h"

namespace weft::driver {
namespace {

std::unexpected<Error> refused(std::string message, std::string help) {
  return std::unexpected(Error{std::string(query_code::bad_service), std::move(message), std::move(help)});
}

constexpr std::string_view forms = "write one service such as `tcp/443`, `udp/53`, `icmp/8/0` or `ip/47`";

// A decimal number without sign or spaces.
std::optional<std::uint32_t> number(std::string_view text, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value > most) return {};
  return value;
}

std::optional<std::uint8_t> protocol_number(std::string_view name) {
  if (name == "tcp") return model::protocol::tcp;
  if (name == "udp") return model::protocol::udp;
  if (name == "sctp") return model::protocol::sctp;
  if (name == "icmp") return model::protocol::icmp;
  if (name == "icmp6") return model::protocol::icmp6;
  return {};
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t cut = text.find(at);
    parts.push_back(text.substr(0, cut));
    if (cut == std::string_view::npos) return parts;
    text.remove_prefix(cut + 1);
  }
}

}  // namespace

Result<ServiceText> parse_service(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '/');
  const std::string_view name = parts[0];
  const std::string shown = printable(text);

  if (name == "ip") {
    const auto value = parts.size() == 2 ? number(parts[1], 255) : std::nullopt;
    if (!value) return refused(fmt::format("`{}` is no service", shown), "an IP protocol is written `ip/47`, 0 to 255");
    const auto protocol = static_cast<std::uint8_t>(*value);
    if (model::has_ports(protocol) || model::has_types(protocol)) {
      return refused(fmt::format("`{}` is more than one service", shown), std::string(forms));
    }
    return model::service_point(protocol, 0);
  }

  const auto protocol = protocol_number(name);
  if (!protocol) return refused(fmt::format("`{}` is no service", shown), std::string(forms));

  if (model::has_types(*protocol)) {
    if (parts.size() != 3) {
      return refused(fmt::format("`{}` is not one service", shown),
                     fmt::format("a flow has a type and a code, such as `{}/{}/0`", name,
                                 parts.size() == 2 && number(parts[1], 255) ? parts[1] : "8"));
    }
    const auto type = number(parts[1], 255);
    const auto code = number(parts[2], 255);
    if (!type || !code) return refused(fmt::format("`{}` is no service", shown), "type and code are 0 to 255");
    return model::service_point(*protocol, static_cast<std::uint16_t>(*type << 8 | *code));
  }

  if (parts.size() != 2 || parts[1].empty()) {
    return refused(fmt::format("`{}` is not one service", shown), fmt::format("name the port, such as `{}/443`", name));
  }
  if (parts[1].find_first_not_of("0123456789-") == std::string_view::npos) {
    const auto port = number(parts[1], 65535);
    if (!port) return refused(fmt::format("`{}` is not one service", shown), "a port is one number from 0 to 65535");
    return model::service_point(*protocol, static_cast<std::uint16_t>(*port));
  }
  std::string_view port_name = parts[1];
  if (port_name.size() > 2 && port_name.front() == '`' && port_name.back() == '`') {
    port_name = port_name.substr(1, port_name.size() - 2);
  }
  return model::PortName{*protocol, std::string(port_name)};
}

}  // namespace weft::driver
