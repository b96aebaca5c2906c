#include "runtime/tcx.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "runtime/kernel_object.h"

namespace weft::runtime {
namespace {

// What headers before Linux 6.6 do not name.
constexpr int tcx_ingress = 46;            // BPF_TCX_INGRESS
constexpr int tcx_egress = 47;             // BPF_TCX_EGRESS
constexpr unsigned before = 1u << 3;       // BPF_F_BEFORE: without a program to be before, before all of them
constexpr std::size_t most_programs = 64;  // BPF_MPROG_MAX

bpf_attach_type type_of(Side side) {
  return static_cast<bpf_attach_type>(side == Side::FromWorkload ? tcx_ingress : tcx_egress);
}

/// A kernel that does not know the hook; an interface that is gone is another matter.
bool unknown_to_kernel(int number) { return number == EINVAL || number == EOPNOTSUPP; }

/// The ids of the programs there; negative errno on failure.
int query(std::uint32_t ifindex, Side side, std::vector<std::uint32_t>& ids) {
  std::array<std::uint32_t, most_programs> found{};
  std::uint32_t count = found.size();
  if (bpf_prog_query(static_cast<int>(ifindex), type_of(side), 0, nullptr, found.data(), &count) != 0) return -errno;
  ids.assign(found.begin(), found.begin() + std::min<std::size_t>(count, found.size()));
  return 0;
}

}  // namespace

Result<bool> has_tcx() {
  std::uint32_t count = 0;
  const int loopback = static_cast<int>(::if_nametoindex("lo"));
  if (bpf_prog_query(loopback, type_of(Side::FromWorkload), 0, nullptr, nullptr, &count) == 0) return true;
  if (errno == EPERM) return kernel_failure(errno, "W6001", "ask for tcx");
  return false;
}

Result<std::vector<Filter>> tcx_programs(std::uint32_t ifindex, Side side) {
  std::vector<std::uint32_t> ids;
  if (const int result = query(ifindex, side, ids); result != 0) {
    // The interface may go away between two questions.
    if (unknown_to_kernel(-result) || result == -ENODEV) return std::vector<Filter>{};
    return kernel_failure(-result, "W6008", "list tcx programs");
  }
  std::vector<Filter> out;
  for (const std::uint32_t id : ids) {
    Filter filter{.ifindex = ifindex, .side = side, .way = Way::Tcx, .kind = "tcx", .name = {}, .program_id = id};
    const Descriptor program = program_by_id(id);
    if (!program.valid() && errno == ENOENT) continue;  // detached just now
    if (!program.valid()) return kernel_failure(errno, "W6008", fmt::format("look at program {}", id));
    filter.name = program_info(program.get()).name;
    out.push_back(std::move(filter));
  }
  return out;
}

Result<void> attach_tcx(std::uint32_t ifindex, std::string_view interface, Side side, int program_fd) {
  const std::string what = fmt::format("attach at the {} of interface `{}`", hook_name(side), interface);
  const auto there = tcx_programs(ifindex, side);
  if (!there) return std::unexpected(there.error());
  const std::uint32_t id = program_info(program_fd).id;
  if (std::ranges::find(*there, id, &Filter::program_id) != there->end()) return {};
  if (bpf_prog_attach(program_fd, static_cast<int>(ifindex), type_of(side), before) == 0) return {};
  const int number = errno;
  if (number == ENODEV) return failure("W6004", fmt::format("cannot {}: the interface is gone", what));
  if (unknown_to_kernel(number)) {
    return failure("W6002", fmt::format("cannot {} at tcx: {}", what, reason(number)),
                   "tcx comes with Linux 6.6: leave the choice to weft, or attach with `--hook clsact`");
  }
  if (number == ERANGE) {
    return failure("W6008", fmt::format("cannot {}: {} tcx programs of others are there already", what, most_programs),
                   "detach some of them, or attach with `--hook clsact`");
  }
  return kernel_failure(number, "W6008", what);
}

Result<void> detach_tcx(std::uint32_t ifindex, std::string_view interface, Side side, std::uint32_t but) {
  const auto there = tcx_programs(ifindex, side);
  if (!there) return std::unexpected(there.error());
  for (const Filter& each : *there) {
    if (!each.is_ours() || each.program_id == but) continue;
    const Descriptor program = program_by_id(each.program_id);
    if (!program.valid() && errno == ENOENT) continue;
    // Neither such a program nor such an interface: it is detached.
    if (program.valid() && bpf_prog_detach2(program.get(), static_cast<int>(ifindex), type_of(side)) == 0) continue;
    if (errno == ENOENT || errno == ENODEV) continue;
    return kernel_failure(errno, "W6008",
                          fmt::format("detach at the {} of interface `{}`", hook_name(side), interface));
  }
  return {};
}

}  // namespace weft::runtime
