#include "runtime/filters.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>

#include "runtime/kernel_object.h"
#include "runtime/log.h"
#include "runtime/tcx.h"

namespace weft::runtime {
namespace {

bpf_tc_hook hook_at(std::uint32_t ifindex, unsigned points) {
  bpf_tc_hook hook{};
  hook.sz = sizeof hook;
  hook.ifindex = static_cast<int>(ifindex);
  hook.attach_point = static_cast<bpf_tc_attach_point>(points);
  return hook;
}

bpf_tc_hook hook_at(std::uint32_t ifindex, Side side) {
  return hook_at(ifindex, side == Side::FromWorkload ? BPF_TC_INGRESS : BPF_TC_EGRESS);
}

bpf_tc_opts our_place(std::uint32_t handle) {
  bpf_tc_opts options{};
  options.sz = sizeof options;
  options.handle = handle;
  options.priority = filter_priority;
  return options;
}

}  // namespace

std::string_view gate_name(Side side) { return side == Side::FromWorkload ? "egress gate" : "ingress gate"; }

std::string_view hook_name(Side side) { return side == Side::FromWorkload ? "ingress" : "egress"; }

const char* program_name(Side side) { return side == Side::FromWorkload ? "weft_from_workload" : "weft_to_workload"; }

std::string_view way_name(Way way) { return way == Way::Tcx ? "tcx" : "clsact"; }

bool Filter::is_ours() const {
  return in_our_place() && (way == Way::Tcx || kind == "bpf") &&
         (name.starts_with("weft_from_work") || name.starts_with("weft_to_work"));
}

const Filter* Hooks::stranger_in_our_place(std::uint32_t ifindex, Side side) const {
  for (const Filter& filter : filters) {
    if (filter.way != Way::Clsact || filter.ifindex != ifindex || filter.side != side) continue;
    if (filter.in_our_place() && !filter.is_ours()) return &filter;
  }
  return nullptr;
}

const Filter* Hooks::our_gate(std::uint32_t ifindex, Side side) const {
  // In the order in which they run: of two, the first has the word.
  for (const Filter& filter : filters) {
    if (filter.ifindex == ifindex && filter.side == side && filter.is_ours()) return &filter;
  }
  return nullptr;
}

bool Hooks::hangs(std::uint32_t ifindex, Side side, std::uint32_t program) const {
  for (const Filter& filter : filters) {
    if (filter.ifindex == ifindex && filter.side == side && filter.program_id == program) return true;
  }
  return false;
}

std::uint32_t Hooks::our_program(std::uint32_t ifindex, Side side) const {
  const Filter* const gate = our_gate(ifindex, side);
  return gate == nullptr ? 0 : gate->program_id;
}

bool Hooks::has_foreign_filters(std::uint32_t ifindex) const {
  for (const Filter& filter : filters) {
    if (filter.way == Way::Clsact && filter.ifindex == ifindex && !filter.is_ours()) return true;
  }
  return false;
}

Result<void> create_clsact(std::uint32_t ifindex, std::string_view interface) {
  const LibbpfLog log;
  bpf_tc_hook hook = hook_at(ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
  const int result = bpf_tc_hook_create(&hook);
  if (result == 0 || result == -EEXIST) return {};
  if (result == -ENOENT || result == -EOPNOTSUPP) {
    return failure("W6002", fmt::format("the kernel has no clsact qdisc: {}", reason(-result)),
                   "it needs CONFIG_NET_SCH_INGRESS and CONFIG_NET_CLS_BPF; `weft doctor` shows what is missing");
  }
  return kernel_failure(-result, "W6008", fmt::format("create the clsact qdisc of interface `{}`", interface));
}

Result<void> destroy_clsact(std::uint32_t ifindex, std::string_view interface) {
  const LibbpfLog log;
  bpf_tc_hook hook = hook_at(ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
  const int result = bpf_tc_hook_destroy(&hook);
  if (result == 0 || result == -ENOENT || result == -ENODEV || result == -EINVAL) return {};
  return kernel_failure(-result, "W6008", fmt::format("remove the clsact qdisc of interface `{}`", interface));
}

namespace {

Result<void> attach_filter(std::uint32_t ifindex, std::string_view interface, Side side, std::uint32_t handle,
                           int program_fd) {
  const LibbpfLog log;
  bpf_tc_hook hook = hook_at(ifindex, side);
  bpf_tc_opts options = our_place(handle);
  options.prog_fd = program_fd;
  options.flags = BPF_TC_F_REPLACE;
  const int result = bpf_tc_attach(&hook, &options);
  if (result == 0) return {};
  const std::string what = fmt::format("attach at the {} of interface `{}`", hook_name(side), interface);
  if (result == -ENODEV) return failure("W6004", fmt::format("cannot {}: the interface is gone", what));
  if (result == -EEXIST || result == -EINVAL) {
    return failure("W6007", fmt::format("cannot {}: {}: {}", what, reason(-result), log.last_line()),
                   fmt::format("something else may hold priority {} there: look with `tc filter show dev {} {}`",
                               filter_priority, interface, side == Side::FromWorkload ? "ingress" : "egress"));
  }
  return kernel_failure(-result, "W6008", what);
}

Result<void> detach_filter(std::uint32_t ifindex, std::string_view interface, Side side, std::uint32_t handle) {
  const LibbpfLog log;
  bpf_tc_hook hook = hook_at(ifindex, side);
  const bpf_tc_opts options = our_place(handle);
  const int result = bpf_tc_detach(&hook, &options);
  // No such filter, no clsact, no interface: it is detached.
  if (result == 0 || result == -ENOENT || result == -ENODEV || result == -EINVAL) return {};
  return kernel_failure(-result, "W6008",
                        fmt::format("detach at the {} of interface `{}`", hook_name(side), interface));
}

/// Both places, the second first: what hangs there hangs before the other.
Result<void> detach_filters(std::uint32_t ifindex, std::string_view interface, Side side) {
  auto detached = detach_filter(ifindex, interface, side, filter_handle_beside);
  return detached ? detach_filter(ifindex, interface, side, filter_handle) : detached;
}

}  // namespace

Result<void> attach_gate(std::uint32_t ifindex, std::string_view interface, Side side, Way way, int program_fd) {
  if (way == Way::Clsact) return attach_filter(ifindex, interface, side, filter_handle, program_fd);
  return attach_tcx(ifindex, interface, side, program_fd);
}

Result<void> attach_gate_beside(std::uint32_t ifindex, std::string_view interface, Side side, Way way, int program_fd) {
  if (way == Way::Clsact) return attach_filter(ifindex, interface, side, filter_handle_beside, program_fd);
  return attach_tcx(ifindex, interface, side, program_fd);
}

Result<void> detach_gate(std::uint32_t ifindex, std::string_view interface, Side side) {
  if (auto detached = detach_tcx(ifindex, interface, side, 0); !detached) return detached;
  return detach_filters(ifindex, interface, side);
}

Result<void> detach_gate_beside(std::uint32_t ifindex, std::string_view interface, Side side, Way way,
                                std::uint32_t program) {
  if (auto detached = detach_tcx(ifindex, interface, side, way == Way::Tcx ? program : 0); !detached) return detached;
  if (way == Way::Tcx) return detach_filters(ifindex, interface, side);
  return detach_filter(ifindex, interface, side, filter_handle_beside);
}

Result<void> settle_gate(std::uint32_t ifindex, std::string_view interface, Side side, Way way, int program_fd) {
  // At clsact this replaces the one behind by the one that has the word already, before that one goes.
  if (auto attached = attach_gate(ifindex, interface, side, way, program_fd); !attached) return attached;
  return detach_gate_beside(ifindex, interface, side, way, program_info(program_fd).id);
}

}  // namespace weft::runtime
