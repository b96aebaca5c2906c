#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/network/namespace.h"
#include "bench/network/sender.h"

namespace weft::bench {

/// A workload, its node, and whatever lies behind the node: three namespaces in a row. The node's end of the workload's
/// link is `w0`, which is where gates stand; it forwards the whole of 10.0.0.0/8, or of fd00::/16. What arrives behind
/// it is counted and thrown away, and so is what arrives at the workload.
class Path {
 public:
  /// Of IPv6 (`six`) addresses are the last four bytes of those in fd00::/96.
  explicit Path(std::uint32_t workload, bool six = false);

  const Namespace& node() const { return node_; }

  /// From the workload to a host behind the node, and the reply to it.
  static Bytes frame(std::uint32_t workload, std::uint32_t destination, std::uint16_t port, bool six = false);
  static Bytes reply(std::uint32_t workload, std::uint32_t destination, std::uint16_t port, bool six = false);

  /// Packets on their way; how many of them arrived.
  std::uint64_t send(const std::vector<Bytes>& frames, std::size_t count);
  std::uint64_t answer(const std::vector<Bytes>& replies, std::size_t count);
  /// How many packets arrived behind the node so far.
  std::uint64_t arrived() const { return behind_.arrived("k0"); }

 private:
  Namespace workload_, node_, behind_;
  Sender out_, back_;

  void build(std::uint32_t workload, bool six) const;
};

/// Puts a program at the ingress hook of `w0` of the node, as Weft's gates stand there: by tcx or, below it, by a
/// filter.
void attach_gate(const Namespace& node, int program, bool tcx);
/// Whether the gates that stand at `w0` of the node came by tcx.
bool has_tcx(const Namespace& node);

}  // namespace weft::bench
