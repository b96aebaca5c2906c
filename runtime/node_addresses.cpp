#include "runtime/node_addresses.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace weft::runtime {
namespace {

/// An address as text, unless a gate of a node takes it for the node's without being told.
std::optional<std::string> address_to_list(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    const std::uint32_t number = ntohl(v4.sin_addr.s_addr);
    if (number >> 24U == 127 || number >> 16U == 0xA9FE) return {};
    return ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    if (IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) || IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr)) return {};
    return ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  }
  return {};
}

/// The addresses of the namespace this thread is in, each with the interface that has it, in the order of their texts.
std::map<std::string, std::string> addresses_here() {
  std::map<std::string, std::string> out;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return out;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, &::freeifaddrs);
  for (const ifaddrs* at = all.get(); at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || (at->ifa_flags & IFF_UP) == 0) continue;
    if (auto text = address_to_list(*at->ifa_addr)) out.emplace(std::move(*text), at->ifa_name);
  }
  return out;
}

/// The text of an address as the kernel would write it.
std::string canonical(const std::string& text) {
  std::array<std::uint8_t, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  const int family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
  if (::inet_pton(family, text.c_str(), bytes.data()) != 1) return text;
  return ::inet_ntop(family, bytes.data(), out.data(), out.size());
}

}  // namespace

std::vector<Error> unlisted_addresses(const TargetGroup& group) {
  std::map<std::string, std::set<std::string>> listed;  // by node
  for (const Target& target : group.targets) {
    if (!target.is_node || target.is_cgroup()) continue;
    std::set<std::string>& of_node = listed[target.endpoint->workload];
    for (const auto& each : target.endpoint->addresses) of_node.insert(canonical(each.address));
  }
  std::vector<Error> out;
  if (listed.empty()) return out;
  const auto here = inside(group.where, [] { return Result<std::map<std::string, std::string>>(addresses_here()); });
  if (!here) return out;
  for (const auto& [node, of_node] : listed) {
    std::vector<std::string> missing;
    for (const auto& [address, interface] : *here) {
      if (!of_node.contains(address)) missing.push_back(fmt::format("{} at `{}`", address, interface));
    }
    if (missing.empty()) continue;
    out.push_back(
        {"W6015",
         fmt::format(
             "the inventory does not list all addresses of node `{}`, and its gates let packets to the others pass as "
             "forwarded: {}",
             node, fmt::join(missing, ", ")),
         "list them in `addresses` of the node, and build the bundle again"});
  }
  return out;
}

}  // namespace weft::runtime
