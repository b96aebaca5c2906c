#include "runtime/differences.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "runtime/cgroup_steps.h"
#include "runtime/waiting.h"

namespace weft::runtime {
namespace {

void compare(const RecordedNamespace& part, const Ground& ground, std::vector<std::string>& differences) {
  for (const RecordedInterface& each : part.interfaces) {
    const std::string where = fmt::format("{} on `{}`", each.workload, ground.where.place(each.interface));
    const auto interface = ground.hooks.interfaces.find(each.ifindex);
    if (interface == ground.hooks.interfaces.end()) {
      differences.push_back(fmt::format("{}: the interface is gone", where));
      continue;
    }
    if (interface->second != each.interface) {
      differences.push_back(fmt::format("{}: the interface is now called `{}`", where, interface->second));
    }
    for (const Side side : both_sides) {
      const std::string_view gate = gate_name(gate_at(side, each.is_node));
      const std::uint32_t expected = part.program_at(each, side);
      const std::uint32_t found = ground.hooks.our_program(each.ifindex, side);
      if (found == expected) continue;
      differences.push_back(
          found == 0 ? fmt::format("{}: the {} is gone: nothing is denied there", where, gate)
                     : fmt::format("{}: the {} is program {}, not {} of the bundle", where, gate, found, expected));
    }
  }
}

}  // namespace

Result<std::vector<std::string>> differences(const Record& record, const std::vector<Ground>& grounds) {
  std::vector<std::string> out;
  for (const Ground& ground : grounds) {
    if (const RecordedNamespace* part = record.in(ground.where.id)) compare(*part, ground, out);
  }
  std::ranges::move(lost_places(record, grounds), std::back_inserter(out));
  const auto flag = waiting_flag_of(record);
  const auto waiting = flag ? is_waiting(*flag) : std::unexpected(flag.error());
  if (!waiting) return std::unexpected(waiting.error());
  if (*waiting) out.push_back("the gates are not in force: nothing is denied; load the bundle again");
  if (auto compared = compare_cgroups(record, out); !compared) return std::unexpected(compared.error());
  return out;
}

std::vector<std::string> lost_places(const Record& record, const std::vector<Ground>& grounds) {
  std::vector<std::string> out;
  for (const RecordedNamespace& part : record.namespaces) {
    const auto there = std::ranges::find(grounds, part.where, [](const Ground& each) { return each.where.id; });
    if (there != grounds.end()) continue;
    for (const RecordedInterface& each : part.interfaces) {
      out.push_back(fmt::format("{} on `{}{}:{}`: the network namespace is gone, or another has its name",
                                each.workload, namespace_prefix, part.name, each.interface));
    }
  }
  return out;
}

std::vector<std::string> unknown_gates(const Record* record, const Ground& ground) {
  std::vector<std::string> out;
  for (const auto& [ifindex, name] : ground.hooks.interfaces) {
    if (record != nullptr && record->find(ground.where.id, ifindex) != nullptr) continue;
    if (ground.hooks.our_gate(ifindex, Side::FromWorkload) == nullptr &&
        ground.hooks.our_gate(ifindex, Side::ToWorkload) == nullptr) {
      continue;
    }
    out.push_back(
        fmt::format("`{}` has gates of ours that no record knows: unload removes them", ground.where.place(name)));
  }
  return out;
}

}  // namespace weft::runtime
