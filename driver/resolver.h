#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "driver/query.h"
#include "model/evaluate.h"

// Private to this folder.
namespace weft::driver {

/// One end of a question, found or made up. Stays where it is: `peer` may point into it.
struct ResolvedEnd {
  ResolvedEnd() = default;
  ResolvedEnd(const ResolvedEnd&) = delete;
  ResolvedEnd& operator=(const ResolvedEnd&) = delete;

  model::Peer made_up;
  std::vector<model::Address> made_up_addresses;
  const model::Peer* peer = nullptr;
  std::span<const model::Address> addresses;
  std::string name;  ///< as the inventory has it: that of the node of a host-network workload; may be empty
  std::string note;  ///< what was assumed: "`shop/agent-1` uses the network of its node and is judged as `n1`"
};

/// Words to a peer. `position` tells the imagined instances of one question apart: 0 and 1.
///
/// Errors: W9102, W9103, W9104 (of a declared port), W9106.
Result<void> resolve(const model::Policy& policy, const model::Inventory& inventory, const PeerQuestion& question,
                     std::uint32_t position, ResolvedEnd& end);

/// An address belongs to one peer, an imagined one included. Errors: W9106.
Result<void> settle_ownership(const Question& question, ResolvedEnd& source, ResolvedEnd& destination);

/// "`shop/web-1`", "8.8.8.8", "the imagined workload".
std::string name_of(const PeerQuestion& question);

/// Errors: W9104.
Result<model::ServicePoint> resolve_service(const std::string& service, const PeerQuestion& destination,
                                            const model::Peer& peer);

using AddressPair = std::pair<std::optional<model::Address>, std::optional<model::Address>>;

/// Every way the addresses of two ends can meet in a packet; an end without addresses counts as one unknown address.
std::vector<AddressPair> pairs_of(std::span<const model::Address> sources,
                                  std::span<const model::Address> destinations);

/// True if some selector looks at addresses: else no policy can tell the addresses of one end apart.
bool mentions_addresses(const model::Policy& policy);

}  // namespace weft::driver
