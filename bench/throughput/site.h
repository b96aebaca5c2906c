#pragma once

#include <string>
#include <string_view>

#include "bench/network/namespace.h"

namespace weft::bench {

/// What stands at the workloads' links.
enum class Guard { Nothing, Weft, Conntrack };

/// Two workloads of one node in namespaces of their own, `client` at 10.0.0.1 and fd00::1 and `server` at 10.0.0.2 and
/// fd00::2, and the node between them, which forwards. The client may reach the server on the ports below; with
/// Guard::Weft by one of a thousand rules, at both gates and with connection state.
class Site {
 public:
  static constexpr std::uint16_t iperf_port = 5201, request_port = 7000, closed_port = 7001;

  /// Guard::Weft: `weft` is the program, and `bundle` what `build_bundle` wrote.
  Site(Guard guard, const std::string& weft, const std::string& bundle);

  const Namespace& client() const { return client_; }
  const Namespace& server() const { return server_; }

 private:
  Namespace client_, node_, server_;
};

/// The server's address in a family.
constexpr const char* server_address(bool v6) { return v6 ? "fd00::2" : "10.0.0.2"; }

/// Writes the policy of a thousand rules and its inventory and has weft build them.
std::string build_bundle(const std::string& weft);

}  // namespace weft::bench
