#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/system.h"

/// The tc side: tcx programs, clsact qdiscs and the filters on them, of the calling thread's network namespace.
namespace weft::runtime {

/// A gate, and the hook at which it hangs of a workload: its egress gate is at the tc ingress hook of the node's end of
/// its link.
enum class Side : std::uint8_t { FromWorkload, ToWorkload };

inline constexpr Side both_sides[] = {Side::FromWorkload, Side::ToWorkload};

/// The gate that hangs at the hook where `hook` hangs of a workload: at its own interface a node is on the other side.
constexpr Side gate_at(Side hook, bool of_node) {
  if (!of_node) return hook;
  return hook == Side::FromWorkload ? Side::ToWorkload : Side::FromWorkload;
}

/// "egress gate" or "ingress gate", as people see it from the workload.
std::string_view gate_name(Side side);
/// "ingress" or "egress", as tc names the hook: the one of a workload's egress gate is the other of a node's.
std::string_view hook_name(Side side);
/// "weft_from_workload" or "weft_to_workload".
const char* program_name(Side side);

/// How a gate hangs at an interface. Neither needs a pin: the interface holds the program as long as it lives. Programs
/// at tcx (Linux 6.6) run before all clsact filters, and what ours lets pass no clsact filter is asked about.
enum class Way : std::uint8_t { Tcx, Clsact };

/// "tcx" or "clsact".
std::string_view way_name(Way way);

/// The place of our filters: first in the order, under a handle that is ours ("weft" in ASCII). While one bundle
/// replaces another there is a second one, under the next handle; the kernel asks the filter that came last first.
inline constexpr std::uint32_t filter_priority = 1;
inline constexpr std::uint32_t filter_handle = 0x77656674;
inline constexpr std::uint32_t filter_handle_beside = filter_handle + 1;

struct Filter {
  std::uint32_t ifindex = 0;
  Side side = Side::FromWorkload;
  Way way = Way::Clsact;
  std::uint32_t priority = 0;    ///< of clsact
  std::uint32_t handle = 0;      ///< of clsact
  std::string kind;              ///< "bpf", "u32", … of clsact, "tcx"
  std::string name;              ///< of programs: "weft_from_workl:[123]"
  std::uint32_t program_id = 0;  ///< of programs

  bool in_our_place() const {
    return way == Way::Tcx ||
           (priority == filter_priority && (handle == filter_handle || handle == filter_handle_beside));
  }
  /// In our place, and a program of ours by its name.
  bool is_ours() const;
  /// Of ours: which gate it is, by its name.
  Side gate() const { return name.starts_with("weft_to_work") ? Side::ToWorkload : Side::FromWorkload; }
};

/// The hooks of a namespace at one moment.
struct Hooks {
  std::map<std::uint32_t, std::string> interfaces;  ///< name by index
  std::set<std::uint32_t> clsact;                   ///< interfaces that have the qdisc
  std::vector<Filter> filters;                      ///< ascending by interface, then side, then as the kernel runs them

  /// The clsact filter in a place of ours that is none of ours, or null.
  const Filter* stranger_in_our_place(std::uint32_t ifindex, Side side) const;
  /// The gate of ours that judges there, or null.
  const Filter* our_gate(std::uint32_t ifindex, Side side) const;
  /// Does that program hang there, first or not?
  bool hangs(std::uint32_t ifindex, Side side, std::uint32_t program) const;
  /// Its program, 0 if none.
  std::uint32_t our_program(std::uint32_t ifindex, Side side) const;
  /// Are filters of others on the clsact qdisc?
  bool has_foreign_filters(std::uint32_t ifindex) const;
};

/// Errors: W6001, W6008.
Result<Hooks> read_hooks();

/// Errors of these: W6001, W6002, W6007, W6008, with the interface. An interface that is gone counts as removed.
Result<void> create_clsact(std::uint32_t ifindex, std::string_view interface);
Result<void> destroy_clsact(std::uint32_t ifindex, std::string_view interface);
/// Puts the program in our place: at clsact, which needs its qdisc, atomically instead of one of ours; at tcx before
/// all others.
Result<void> attach_gate(std::uint32_t ifindex, std::string_view interface, Side side, Way way, int program_fd);
/// The same before a gate of ours that hangs there the same way, and stays.
Result<void> attach_gate_beside(std::uint32_t ifindex, std::string_view interface, Side side, Way way, int program_fd);
/// Takes our gates away, whichever way they hang there.
Result<void> detach_gate(std::uint32_t ifindex, std::string_view interface, Side side);
/// Takes away what came beside the gate of that program, which hangs there.
Result<void> detach_gate_beside(std::uint32_t ifindex, std::string_view interface, Side side, Way way,
                                std::uint32_t program);
/// Leaves that program as the only gate of ours there, in our place. At no moment is there none.
Result<void> settle_gate(std::uint32_t ifindex, std::string_view interface, Side side, Way way, int program_fd);

/// Does this kernel have tcx at its interfaces? Errors: W6001.
Result<bool> has_tcx();
/// The programs at tcx there, in the order they run; none before Linux 6.6. Errors: W6001, W6008.
Result<std::vector<Filter>> tcx_programs(std::uint32_t ifindex, Side side);

}  // namespace weft::runtime
