#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/network/namespace.h"

namespace weft::bench {

using Bytes = std::vector<std::uint8_t>;

/// A UDP packet of 60 bytes, over IPv6 of 80, with true lengths and checksums; hardware addresses as "02:00:…". Of IPv6
/// an address is the last four bytes of one in fd00::/96.
Bytes udp_frame(const std::string& from_hardware, const std::string& to_hardware, std::uint32_t source,
                std::uint32_t destination, std::uint16_t source_port, std::uint16_t destination_port, bool six = false);

/// Keeps the calling thread on one processor and reads the processor time that packets sent by it cost: its own, in
/// which the kernel does the receiving too, and that of the kernel's thread which takes over when there is too much of
/// it.
class ProcessorClock {
 public:
  ProcessorClock();
  /// Nanoseconds so far.
  double now() const;
  /// False: the kernel's thread cannot be seen from here (a container), so its share is missing.
  bool complete() const { return !kernel_thread_.empty(); }

 private:
  std::string kernel_thread_;
};

/// Sends whole frames out of an interface.
class Sender {
 public:
  Sender(const Namespace& where, const std::string& interface);
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;
  ~Sender();

  /// Sends `count` packets, the frames over and over from where the last call ended. Returns when all of them went the
  /// whole way, for the receiving is done by the same processor before the next is sent.
  void send(const std::vector<Bytes>& frames, std::size_t count);

 private:
  int socket_ = -1;
  std::size_t next_ = 0;
};

}  // namespace weft::bench
