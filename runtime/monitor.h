#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "runtime/runtime.h"

/// What the loaded programs tell about single packets.
namespace weft::runtime {

/// One packet. Of a packet that is no whole IP packet there is no more than what could be read.
struct Event {
  std::int64_t nanoseconds = 0;  ///< since 1970-01-01 00:00 UTC, to some milliseconds
  bool egress = false;           ///< the gate: egress of the workload, or ingress
  std::string workload;          ///< whose gate; empty where nobody's interface is known by that index
  std::string interface;         ///< or "cgroup:PATH"
  std::uint32_t ifindex = 0;

  bool allowed = false;
  bool logged = false;                    ///< a rule with `log` decided
  bundle::Entry entry;                    ///< what decided
  std::optional<bundle::Entry> would_be;  ///< what would have, were everything audited in force
  bool would_allow = false;               ///< of `would_be`

  std::string source, destination;  ///< addresses; empty where none could be read
  /// Who that is: the workload of this bundle that has the address, else what people call its class (see
  /// bundle::ClassName), such as `app == "web"`. Empty where nobody was asked: of a broken packet, of a borrowed
  /// address.
  std::string source_name, destination_name;
  std::optional<std::uint16_t> source_class, destination_class;
  bool source_exact = false, destination_exact = false;  ///< the name is that of a workload or node, not of a class
  std::optional<std::uint16_t> source_port;              ///< of TCP, UDP and SCTP
  std::optional<std::uint16_t> destination_port;
  std::optional<std::uint8_t> protocol;
  std::string service;  ///< "tcp/443", "icmp/3/1", "ip/47"; empty where it could not be read
  std::uint16_t ethertype = 0;
  std::uint32_t bytes = 0;  ///< of the frame
};

/// Events that nobody got to see, since the bundle was loaded.
struct Losses {
  std::uint64_t denied = 0;     ///< denials beyond the rate the program keeps to
  std::uint64_t asked_for = 0;  ///< the same of what is logged and audited
  std::uint64_t full = 0;       ///< no room in the buffer: nobody was reading

  bool operator==(const Losses&) const = default;
};

/// Reads the events of the bundle that is loaded in this network namespace. Every event is read once: of two monitors
/// each gets a part.
class Monitor {
 public:
  /// Errors: W6001, W6008, W6010, W6011, W6014 where nothing is loaded or the bundle was built without events.
  static Result<Monitor> open(const StatusOptions& options = {});
  Monitor(Monitor&&) noexcept;
  Monitor& operator=(Monitor&&) noexcept;
  ~Monitor();

  /// Waits up to that long for events and hands each to `take`, oldest first, until it answers `false`. The number of
  /// events. Where another bundle has been loaded in the meantime, goes on with that one.
  Result<std::size_t> poll(unsigned timeout_ms, const std::function<bool(const Event&)>& take);

  Result<Losses> losses() const;
  /// Deadlines that no longer came at their time were put right: by how many nanoseconds they would have been late,
  /// since this was asked last. A monitor looks every second.
  std::optional<std::int64_t> corrected();
  /// bundle::identity of the bundle that is read.
  const std::string& bundle() const;

 private:
  struct State;
  explicit Monitor(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace weft::runtime
