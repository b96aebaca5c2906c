#pragma once

#include <string>
#include <string_view>

#include "frontend/declarations.h"

// Private to this folder.
namespace weft::frontend {

/// True of `tcp`, `udp`, `sctp`, `icmp`, `icmp6` and `ip`.
bool is_protocol(std::string_view name);
/// The protocol that was most likely meant, whatever the case of its letters; empty where none is near.
std::string nearest_protocol(std::string_view name);

/// Service expressions to sets of ports. Nothing where a part could not be understood, which is reported.
class ServiceResolver {
 public:
  ServiceResolver(Declarations& declarations, Reporter& reporter) : declarations_(declarations), reporter_(reporter) {}

  std::optional<model::PortSet> resolve(const ast::Services& services);
  /// The service of that name, which must be declared.
  std::optional<model::PortSet> named(const ast::Name& name);

 private:
  std::optional<model::PortSet> resolve(const ast::ServiceDifference& difference);
  std::optional<model::PortSet> resolve(const ast::ServiceItem& item);
  std::optional<model::PortSet> of_protocol(const ast::ServiceItem& item, const ast::Name& protocol);
  std::optional<model::PortSet> of_ports(const ast::ServiceItem& item, std::uint8_t protocol);
  std::optional<model::PortSet> of_types(const ast::ServiceItem& item, std::uint8_t protocol);
  std::optional<model::PortSet> of_number(const ast::ServiceItem& item);
  std::optional<std::uint16_t> number(const ast::Literal& literal, std::string_view what, unsigned largest);
  std::nullopt_t bad(Span span, std::string message, std::string help);

  Declarations& declarations_;
  Reporter& reporter_;
  std::size_t depth_ = 0;
  bool depth_reported_ = false;
  bool refused_ = false;  ///< the item under way has its error: its other protocols would only repeat it
};

}  // namespace weft::frontend
