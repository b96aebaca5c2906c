#pragma once

#include <string>
#include <vector>

#include "base/source.h"
#include "model/policy.h"

namespace weft::verifier::test {

/// Makes policies in a few words. Every rule, isolation and assertion gets a line of source text and points at it.
class Builder {
 public:
  Builder() {
    policy.tiers = {{"main", {}}};
    policy.profile = model::profiles()[0];
  }

  model::Policy policy;
  std::string text;

  Builder& tiers(std::vector<std::string> names);
  /// Rules and isolations that follow belong to it.
  Builder& block(std::string name, std::uint32_t tier = 0, bool ordered = false);
  Builder& priority(std::int64_t priority);  ///< of the last block, stated
  model::Rule& rule(model::Verdict verdict, model::Selector source, model::Selector destination, model::PortSet ports);
  model::Rule& allow(model::Selector source, model::Selector destination, model::PortSet ports) {
    return rule(model::Verdict::Allow, std::move(source), std::move(destination), std::move(ports));
  }
  model::Rule& deny(model::Selector source, model::Selector destination, model::PortSet ports) {
    return rule(model::Verdict::Deny, std::move(source), std::move(destination), std::move(ports));
  }
  model::Rule& pass(model::Selector source, model::Selector destination, model::PortSet ports) {
    return rule(model::Verdict::Pass, std::move(source), std::move(destination), std::move(ports));
  }
  model::Isolation& isolate(model::Selector subject);
  Builder& never(model::Selector source, model::Selector destination, model::PortSet ports);
  Builder& always(model::Selector source, model::Selector destination, model::PortSet ports);

  /// The text all spans point into.
  Sources sources() const;

 private:
  Span line(const std::string& content);
  void assertion(model::Assertion::Kind kind, model::Selector source, model::Selector destination,
                 model::PortSet ports);
};

model::Selector app(const std::string& value);
model::Selector env(const std::string& value);
model::Selector both(model::Selector a, model::Selector b);
model::AddressSet network(const char* prefix);
model::PortSet tcp(std::uint16_t port);
model::PortSet any_port();
model::PortSet named(const char* name);

}  // namespace weft::verifier::test
