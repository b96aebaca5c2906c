#pragma once

#include <cstddef>
#include <vector>

#include "bench/throughput/site.h"

namespace weft::bench {

/// What one round is: a request of 64 bytes and the answer to it, over a connection that stays or without one; or a
/// whole connection, from connecting to the answer.
enum class Exchange { Tcp, Udp, Connection };

/// Microseconds of each round, as the client sees them. Client and server share one processor, ahead of whatever else
/// wants it, so that a round is what the way costs and not who else is at work.
std::vector<double> round_trips(const Site& site, Exchange exchange, bool v6, std::size_t rounds);

/// Whether a connection to a port is answered.
bool reaches(const Site& site, bool v6, std::uint16_t port);

}  // namespace weft::bench
