#include "frontend/services.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "frontend/diagnostics.h"
#include "frontend/frontend.h"

namespace weft::frontend {
namespace {

namespace protocol = model::protocol;

constexpr std::array<std::string_view, 6> names{"tcp", "udp", "sctp", "icmp", "icmp6", "ip"};

std::uint8_t protocol_number(std::string_view name) {
  if (name == "tcp") return protocol::tcp;
  if (name == "udp") return protocol::udp;
  if (name == "sctp") return protocol::sctp;
  if (name == "icmp") return protocol::icmp;
  return protocol::icmp6;
}

// The item as it stands in the text, but for its spaces.
std::string written(const ast::ServiceItem& item) {
  if (item.any) return "any";
  std::string out;
  for (const ast::Name& protocol : item.protocols) out += (out.empty() ? "" : "|") + printable(protocol.text);
  if (item.port_name) out += "/" + printable(item.port_name->text);
  if (item.first) out += "/" + item.first->text;
  if (item.last) out += "-" + item.last->text;
  if (item.code) out += "/" + item.code->text;
  return out;
}

void merge(model::PortSet& into, const model::PortSet& other) {
  into.points.add(other.points);
  for (const model::PortName& name : other.names) {
    if (std::ranges::find(into.names, name) == into.names.end()) into.names.push_back(name);
  }
}

}  // namespace

bool is_protocol(std::string_view name) { return std::ranges::find(names, name) != names.end(); }

std::string nearest_protocol(std::string_view name) {
  std::string lower(name);
  for (char& letter : lower) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return nearest(lower, {names.begin(), names.end()});
}

std::optional<model::PortSet> ServiceResolver::resolve(const ast::Services& services) {
  model::PortSet all;
  bool readable = true;
  for (const ast::ServiceDifference& item : services.items) {
    const auto part = resolve(item);
    readable = readable && part.has_value();
    if (part) merge(all, *part);
  }
  if (!readable) return {};
  return all;
}

std::optional<model::PortSet> ServiceResolver::resolve(const ast::ServiceDifference& difference) {
  auto left = resolve(difference.base);
  if (difference.cuts.empty()) return left;
  bool readable = left.has_value();
  const std::optional<model::PortSet> base = left;
  bool named = left && !left->names.empty();
  bool sensible = true;
  Span named_at = difference.base.span;
  for (const ast::ServiceItem& item : difference.cuts) {
    const auto cut = resolve(item);
    readable = readable && cut.has_value();
    if (!readable) continue;
    if (!cut->names.empty() && !named) {
      named = true;
      named_at = item.span;
    }
    if (!named && !base->points.intersects(cut->points)) {
      reporter_.report(outside_service, item.span, written(item), written(difference.base));
      sensible = false;
    }
    left->points.remove(cut->points);
  }
  if (!readable) return {};
  if (named) {
    reporter_.report(named_port_in_difference, named_at)
        .note("which port a name means is known only where the destination is")
        .suggest("write the port's number");
    return {};
  }
  if (left->points.empty() && left->names.empty()) {
    if (sensible) reporter_.report(empty_difference, difference.span);
    return {};
  }
  return left;
}

std::optional<model::PortSet> ServiceResolver::named(const ast::Name& name) {
  const auto found = declarations_.services.find(name.key());
  if (found == declarations_.services.end()) {
    declarations_.unknown_service(name);
    return {};
  }
  Declarations::Service& service = found->second;
  if (service.progress == Progress::Done) return service.meaning;
  if (service.progress == Progress::Open) {
    reporter_.report(circular, name.span, "service", printable(name.text))
        .label(service.statement->name.span, "it is defined here");
    return {};
  }
  if (depth_ >= Limits::nesting) {
    if (!depth_reported_) reporter_.report(too_deep, name.span, Limits::nesting);
    depth_reported_ = true;
    return {};
  }
  const Reporter::Within within(reporter_, service.statement->expansion);
  service.progress = Progress::Open;
  ++depth_;
  service.meaning = resolve(service.statement->services);
  --depth_;
  service.progress = Progress::Done;
  return service.meaning;
}

std::optional<model::PortSet> ServiceResolver::resolve(const ast::ServiceItem& item) {
  if (item.any) return model::PortSet{model::PointSet::any(), {}};

  const bool has_port = item.first || item.port_name;
  if (item.protocols.size() == 1 && !has_port) {
    const ast::Name& only = item.protocols.front();
    if (only.quoted || !is_protocol(only.text)) return named(only);
  }

  model::PortSet all;
  bool readable = true;
  refused_ = false;
  for (const ast::Name& each : item.protocols) {
    if (refused_) return {};
    const auto part = of_protocol(item, each);
    readable = readable && part.has_value();
    if (part) merge(all, *part);
  }
  if (!readable) return {};
  return all;
}

std::optional<model::PortSet> ServiceResolver::of_protocol(const ast::ServiceItem& item, const ast::Name& name) {
  if (name.quoted || !is_protocol(name.text)) {
    Diagnostic& diagnostic = reporter_.report(unknown_protocol, name.span, printable(name.text));
    if (const std::string near = nearest_protocol(name.text); !near.empty()) {
      did_you_mean(diagnostic, name.span, near);
    } else {
      diagnostic.suggest("the protocols are `tcp`, `udp`, `sctp`, `icmp`, `icmp6`, and `ip/NUMBER` for any other");
    }
    return {};
  }
  if (name.text == "ip") return of_number(item);
  const std::uint8_t number = protocol_number(name.text);
  if (!item.first && !item.port_name) return model::PortSet{model::PointSet::of_protocol(number), {}};
  return model::has_ports(number) ? of_ports(item, number) : of_types(item, number);
}

std::optional<model::PortSet> ServiceResolver::of_ports(const ast::ServiceItem& item, std::uint8_t number_of_protocol) {
  if (item.port_name) return model::PortSet{{}, {{number_of_protocol, item.port_name->text}}};
  if (item.code) return bad(item.code->span, "a port has no code", "a range of ports is written `tcp/8000-8010`");
  const auto first = number(*item.first, "port", 65535);
  const auto last = item.last ? number(*item.last, "port", 65535) : first;
  if (!first || !last) return {};
  if (*last < *first) {
    const std::string range = fmt::format("{}-{}", item.last->text, item.first->text);
    reporter_.report(reversed_range, item.span, item.first->text, item.last->text)
        .fix(fmt::format("write `{}`", range), {item.span.source, item.first->span.begin, item.last->span.end}, range,
             Applicability::MaybeIncorrect);
    refused_ = true;
    return {};
  }
  return model::PortSet{model::PointSet::of_range(number_of_protocol, *first, *last), {}};
}

std::optional<model::PortSet> ServiceResolver::of_types(const ast::ServiceItem& item, std::uint8_t number_of_protocol) {
  const std::string_view protocol = number_of_protocol == protocol::icmp ? "icmp" : "icmp6";
  if (item.port_name) {
    return bad(item.port_name->span, fmt::format("`{}` has no named ports", protocol),
               fmt::format("types are numbers: `{}/8`", protocol));
  }
  if (item.last) {
    return bad(item.span, fmt::format("`{}` has no ranges", protocol), "list the types one by one, with commas");
  }
  const auto type = number(*item.first, "ICMP type", 255);
  if (!type) return {};
  const auto high = static_cast<std::uint16_t>(*type << 8);
  if (!item.code) {
    return model::PortSet{model::PointSet::of_range(number_of_protocol, high, static_cast<std::uint16_t>(high | 0xFF)),
                          {}};
  }
  const auto code = number(*item.code, "ICMP code", 255);
  if (!code) return {};
  const auto value = static_cast<std::uint16_t>(high | *code);
  return model::PortSet{model::PointSet::of_range(number_of_protocol, value, value), {}};
}

std::optional<model::PortSet> ServiceResolver::of_number(const ast::ServiceItem& item) {
  if (!item.first) {
    return bad(item.port_name ? item.port_name->span : item.span, "`ip` needs the number of a protocol",
               "write `ip/47`, or `any` for every protocol");
  }
  if (item.last || item.code) return bad(item.span, "`ip` takes one number", "list the protocols with commas");
  const auto protocol = number(*item.first, "IP protocol", 255);
  if (!protocol) return {};
  return model::PortSet{model::PointSet::of_protocol(static_cast<std::uint8_t>(*protocol)), {}};
}

std::optional<std::uint16_t> ServiceResolver::number(const ast::Literal& literal, std::string_view what,
                                                     unsigned largest) {
  unsigned value = 0;
  for (const char digit : literal.text) {
    value = value * 10 + static_cast<unsigned>(digit - '0');
    if (value > largest) {
      reporter_.report(number_too_large, literal.span, printable(literal.text.substr(0, 40)), what, largest);
      refused_ = true;
      return {};
    }
  }
  return static_cast<std::uint16_t>(value);
}

std::nullopt_t ServiceResolver::bad(Span span, std::string message, std::string help) {
  reporter_.report(bad_service, span, message).suggest(std::move(help));
  refused_ = true;
  return std::nullopt;
}

}  // namespace weft::frontend
