#pragma once

#include <string>
#include <vector>

#include "model/inventory.h"
#include "model/policy.h"

/// Words for people about what a policy says.
namespace weft::lsp {

/// "3 workloads", "1 workload"
std::string counted(std::size_t number, std::string_view one, std::string_view many);

/// "workloads with `app` \"web\" and `env` \"prod\"": whom a selector means.
std::string in_words(const model::Selector& selector);

/// Those of an inventory that it selects, at any of their addresses; host-network workloads are their nodes.
std::vector<const model::Instance*> matched(const model::Selector& selector, const model::Inventory& inventory);

/// "2 workloads: `shop/web-1`, `shop/web-2`", at most as many by name; "nobody in the inventory".
std::string named(const std::vector<const model::Instance*>& instances, std::size_t most);

/// The same as short as can be: "2 workloads", "1 workload and 3 nodes", "nobody".
std::string number_of(const std::vector<const model::Instance*>& instances);

/// "tcp/80, tcp/8080-8089", and what names of ports stand for among those instances: "`http` is tcp/8080".
std::string services_in_words(const model::PortSet& ports, const std::vector<const model::Instance*>& destinations);

}  // namespace weft::lsp
