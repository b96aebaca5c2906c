#include "runtime/recover.h"

#include <fmt/format.h>

#include "runtime/cgroup_steps.h"
#include "runtime/kernel_object.h"

namespace weft::runtime {
namespace {

std::string name_of(const Hooks& hooks, std::uint32_t ifindex) {
  const auto found = hooks.interfaces.find(ifindex);
  return found == hooks.interfaces.end() ? fmt::format("#{}", ifindex) : found->second;
}

/// Puts the new programs everywhere. They are whole: maps are filled before the first is attached.
Result<void> roll_forward(const StateFile& file, std::optional<Record>& record, const Hooks& hooks, int from_fd,
                          int to_fd) {
  for (const RecordedInterface& each : record->interfaces) {
    if (!hooks.interfaces.contains(each.ifindex)) continue;
    if (record->way == Way::Clsact) {
      if (auto created = create_clsact(each.ifindex, each.interface); !created) return created;
    }
    for (const Side side : both_sides) {
      const int fd = side == Side::FromWorkload ? from_fd : to_fd;
      auto attached = attach_gate(each.ifindex, each.interface, side, record->way, fd);
      if (!attached) return attached;
      auto detached = detach_gates_but(each.ifindex, each.interface, side, record->way, program_info(fd).id);
      if (!detached) return detached;
    }
  }
  for (const Filter& filter : hooks.filters) {
    if (!filter.is_ours() || record->find(filter.ifindex) != nullptr) continue;
    const std::string name = name_of(hooks, filter.ifindex);
    if (auto detached = detach_gate(filter.ifindex, name, filter.side); !detached) return detached;
  }
  if (auto removed = remove_former_cgroup_gates(*record, {}, [](const auto&) {}); !removed) {
    return std::unexpected(removed.error());
  }
  for (const std::uint32_t ifindex : hooks.clsact) {
    if (!record->can_spare_clsact(ifindex) || hooks.has_foreign_filters(ifindex)) continue;
    if (auto removed = destroy_clsact(ifindex, name_of(hooks, ifindex)); !removed) return removed;
    for (RecordedInterface& each : record->interfaces) each.created_clsact &= each.ifindex != ifindex;
  }
  record->phase = Record::Phase::Loaded;
  record->former = nullptr;
  return file.write(*record);
}

Result<void> roll_back(const StateFile& file, std::optional<Record>& record, const Hooks& hooks,
                       std::vector<std::string>& said) {
  if (auto removed = remove_new_cgroup_gates(*record); !removed) return removed;
  for (const RecordedInterface& each : record->interfaces) {
    if (!hooks.interfaces.contains(each.ifindex)) continue;
    bool is_lost = false;
    for (const Side side : both_sides) {
      const std::uint32_t wanted = side == Side::FromWorkload ? each.former_from : each.former_to;
      if (wanted == 0) {
        if (auto detached = detach_gate(each.ifindex, each.interface, side); !detached) return detached;
        continue;
      }
      const Descriptor former = program_by_id(wanted);
      if (!former.valid()) {
        // What hangs there stays: better the new gate than none.
        is_lost = true;
        said.push_back(fmt::format("{} on `{}`: the {} before the interrupted load is lost; load a bundle again",
                                   each.workload, each.interface, gate_name(side)));
        continue;
      }
      if (each.former_way == Way::Clsact) {
        if (auto created = create_clsact(each.ifindex, each.interface); !created) return created;
      }
      auto attached = attach_gate(each.ifindex, each.interface, side, each.former_way, former.get());
      if (!attached) return attached;
      auto detached = detach_gates_but(each.ifindex, each.interface, side, each.former_way, wanted);
      if (!detached) return detached;
    }
    const bool had_filters = each.former_way == Way::Clsact && (each.former_from != 0 || each.former_to != 0);
    if (each.created_clsact && !had_filters && !is_lost && !hooks.has_foreign_filters(each.ifindex)) {
      if (auto removed = destroy_clsact(each.ifindex, each.interface); !removed) return removed;
    }
  }
  if (record->former == nullptr) {
    record.reset();
    return file.remove();
  }
  const std::shared_ptr<const Record> former = record->former;
  record = *former;
  return file.write(*record);
}

}  // namespace

Result<void> ask(const BeforeStep& before_step, std::string_view step) {
  if (!before_step || before_step(step)) return {};
  return failure("W6012", fmt::format("abandoned before this step: {}", step));
}

Result<Swept> sweep(const Hooks& hooks, const Record* record, const BeforeStep& before_step) {
  Swept out;
  for (const Filter& filter : hooks.filters) {
    if (!filter.is_ours()) continue;
    const std::string name = name_of(hooks, filter.ifindex);
    if (auto asked = ask(before_step, fmt::format("detach the {} from `{}`", gate_name(filter.side), name)); !asked) {
      return std::unexpected(asked.error());
    }
    if (auto detached = detach_gate(filter.ifindex, name, filter.side); !detached) {
      return std::unexpected(detached.error());
    }
    ++out.filters;
    out.interfaces.insert(name);
  }
  for (const std::uint32_t ifindex : hooks.clsact) {
    const std::string name = name_of(hooks, ifindex);
    if (record == nullptr || !record->created_clsact(ifindex)) {
      if (record == nullptr && out.interfaces.contains(name)) {
        out.warnings.push_back(
            fmt::format("`{}` keeps its clsact qdisc: without a record nobody knows who made it", name));
      }
      continue;
    }
    if (hooks.has_foreign_filters(ifindex)) {
      out.warnings.push_back(fmt::format("`{}` keeps its clsact qdisc: filters of others are on it", name));
      continue;
    }
    if (auto asked = ask(before_step, fmt::format("remove the clsact qdisc of `{}`", name)); !asked) {
      return std::unexpected(asked.error());
    }
    if (auto removed = destroy_clsact(ifindex, name); !removed) return std::unexpected(removed.error());
    ++out.qdiscs;
  }
  return out;
}

Result<void> recover(const StateFile& file, std::optional<Record>& record, std::vector<std::string>& said) {
  if (!record || record->phase == Record::Phase::Loaded) return {};
  const auto hooks = read_hooks();
  if (!hooks) return std::unexpected(hooks.error());

  bool replacement = record->former != nullptr;
  for (const RecordedInterface& each : record->interfaces) {
    replacement = replacement || each.former_from != 0 || each.former_to != 0;
  }
  if (record->phase == Record::Phase::Loading && replacement) {
    const Descriptor from = program_by_id(record->from_program);
    const Descriptor to = program_by_id(record->to_program);
    const auto at_cgroups = all_cgroup_gates_hang(*record);
    if (!at_cgroups) return std::unexpected(at_cgroups.error());
    if ((record->interfaces.empty() || (from.valid() && to.valid())) && *at_cgroups) {
      said.push_back("a load that was killed while it replaced another was completed");
      return roll_forward(file, record, *hooks, from.get(), to.get());
    }
    said.push_back("a load that was killed while it replaced another was undone");
    return roll_back(file, record, *hooks, said);
  }

  const auto swept = sweep(*hooks, &*record, {});
  if (!swept) return std::unexpected(swept.error());
  if (auto at_cgroups = sweep_cgroups(*record, {}); !at_cgroups) return std::unexpected(at_cgroups.error());
  said.push_back(record->phase == Record::Phase::Unloading ? "an unload that was killed was completed"
                                                           : "a first load that was killed was undone");
  record.reset();
  return file.remove();
}

Result<std::optional<Record>> read_record(const StateFile& file, std::vector<std::string>& warnings) {
  auto record = file.read();
  if (record || record.error().code != "W6010") return record;
  warnings.push_back(record.error().message);
  return std::nullopt;
}

std::vector<std::string> run_before_us(const Hooks& hooks, std::uint32_t ifindex) {
  std::vector<std::string> out;
  const std::string name = name_of(hooks, ifindex);
  for (const Side side : both_sides) {
    for (const Filter& filter : hooks.filters) {
      if (filter.ifindex != ifindex || filter.side != side) continue;
      if (filter.is_ours()) break;
      out.push_back(filter.way == Way::Tcx
                        ? fmt::format("`{}`: the tcx program `{}` of another runs before the {} and can pass it by", name,
                                      filter.name, gate_name(side))
                        : fmt::format("`{}`: a {} filter of another (priority {}) runs before the {} and can pass it by",
                                      name, filter.kind, filter.priority, gate_name(side)));
    }
  }
  return out;
}

}  // namespace weft::runtime
