#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/system.h"

/// The tc side: clsact qdiscs and the filters on them, of the calling thread's network namespace.
namespace weft::runtime {

/// Whose packets a filter sees. At tc the egress gate of a workload is the ingress hook of the node's end of its link.
enum class Side : std::uint8_t { FromWorkload, ToWorkload };

inline constexpr Side both_sides[] = {Side::FromWorkload, Side::ToWorkload};

/// "egress gate" or "ingress gate", as people see it from the workload.
std::string_view gate_name(Side side);
/// "weft_from_workload" or "weft_to_workload".
const char* program_name(Side side);

/// The place of our filters: first in the order, under a handle that is ours ("weft" in ASCII).
inline constexpr std::uint32_t filter_priority = 1;
inline constexpr std::uint32_t filter_handle = 0x77656674;

struct Filter {
  std::uint32_t ifindex = 0;
  Side side = Side::FromWorkload;
  std::uint32_t priority = 0;
  std::uint32_t handle = 0;
  std::string kind;              ///< "bpf", "u32", …
  std::string name;              ///< of bpf filters: "weft_from_workl:[123]"
  std::uint32_t program_id = 0;  ///< of bpf filters

  bool in_our_place() const { return priority == filter_priority && handle == filter_handle; }
  /// In our place, and a program of ours by its name.
  bool is_ours() const;
};

/// The hooks of a namespace at one moment.
struct Hooks {
  std::map<std::uint32_t, std::string> interfaces;  ///< name by index
  std::set<std::uint32_t> clsact;                   ///< interfaces that have the qdisc
  std::vector<Filter> filters;                      ///< ascending by interface, then side, then as the kernel runs them

  const Filter* in_our_place(std::uint32_t ifindex, Side side) const;
  /// The program of ours there, 0 if none.
  std::uint32_t our_program(std::uint32_t ifindex, Side side) const;
  bool has_foreign_filters(std::uint32_t ifindex) const;
};

/// Errors: W6001, W6008.
Result<Hooks> read_hooks();

/// Errors of these: W6001, W6002, W6007, W6008, with the interface. An interface that is gone counts as removed.
Result<void> create_clsact(std::uint32_t ifindex, std::string_view interface);
Result<void> destroy_clsact(std::uint32_t ifindex, std::string_view interface);
/// Puts the program in our place, atomically where one of ours is there.
Result<void> attach_filter(std::uint32_t ifindex, std::string_view interface, Side side, int program_fd);
Result<void> detach_filter(std::uint32_t ifindex, std::string_view interface, Side side);

}  // namespace weft::runtime
