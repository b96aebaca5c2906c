#pragma once

#include "bench/throughput/site.h"

namespace weft::bench {

/// One run of iperf3 from the client to the server, as fast as it goes.
struct Stream {
  double gigabits = 0;  ///< a second, received
  /// Processor time of both ends, in which the kernel does the forwarding: of TCP milliseconds for each gigabyte
  /// received, of UDP microseconds for each packet of 1,400 bytes sent.
  double processor = 0;
};

Stream run_iperf(const Site& site, bool udp, bool v6, int seconds);

}  // namespace weft::bench
