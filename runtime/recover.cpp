#include "runtime/recover.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "runtime/cgroup_steps.h"
#include "runtime/kernel_object.h"
#include "runtime/update.h"
#include "runtime/waiting.h"

namespace weft::runtime {
namespace {

/// The name of an interface, as the calls in its namespace want it.
std::string name_of(const Hooks& hooks, std::uint32_t ifindex) {
  const auto found = hooks.interfaces.find(ifindex);
  return found == hooks.interfaces.end() ? fmt::format("#{}", ifindex) : found->second;
}

/// The programs of a part of the record, held open.
struct Programs {
  Descriptor from;
  Descriptor to;

  explicit Programs(const RecordedNamespace& of)
      : from(program_by_id(of.from_program)), to(program_by_id(of.to_program)) {}
  bool valid() const { return from.valid() && to.valid(); }
  int at(const RecordedInterface& interface, Side hook) const {
    return (gate_at(hook, interface.is_node) == Side::FromWorkload ? from : to).get();
  }
};

/// Hangs the new programs in one namespace wherever they do not yet. They are whole: maps are filled before the first
/// is attached.
Result<void> hang_all(const Record& record, const Ground& ground, const Programs& programs) {
  const RecordedNamespace* const part = record.in(ground.where.id);
  if (part == nullptr) return {};
  for (const RecordedInterface& each : part->interfaces) {
    if (!ground.hooks.interfaces.contains(each.ifindex)) continue;
    if (record.way == Way::Clsact) {
      if (auto created = create_clsact(each.ifindex, each.interface); !created) return created;
    }
    for (const Side side : both_sides) {
      const int fd = programs.at(each, side);
      if (ground.hooks.hangs(each.ifindex, side, program_info(fd).id)) continue;
      const Filter* const former = ground.hooks.our_gate(each.ifindex, side);
      const auto hang = former != nullptr && former->way == record.way ? attach_gate_beside : attach_gate;
      if (auto attached = hang(each.ifindex, each.interface, side, record.way, fd); !attached) return attached;
    }
  }
  return {};
}

/// The new programs hang everywhere, and judge: takes away what else of ours hangs in one namespace.
Result<void> roll_forward(Record& record, const Ground& ground, const Programs& programs) {
  const Hooks& hooks = ground.hooks;
  RecordedNamespace* const part = record.in(ground.where.id);
  if (part != nullptr) {
    for (const RecordedInterface& each : part->interfaces) {
      if (!hooks.interfaces.contains(each.ifindex)) continue;
      for (const Side side : both_sides) {
        auto settled = settle_gate(each.ifindex, each.interface, side, record.way, programs.at(each, side));
        if (!settled) return settled;
      }
    }
  }
  for (const Filter& filter : hooks.filters) {
    if (!filter.is_ours() || record.find(ground.where.id, filter.ifindex) != nullptr) continue;
    const std::string name = name_of(hooks, filter.ifindex);
    if (auto detached = detach_gate(filter.ifindex, name, filter.side); !detached) return detached;
  }
  for (const std::uint32_t ifindex : hooks.clsact) {
    if (!record.can_spare_clsact(ground.where.id, ifindex) || hooks.has_foreign_filters(ifindex)) continue;
    if (auto removed = destroy_clsact(ifindex, name_of(hooks, ifindex)); !removed) return removed;
    if (part == nullptr) continue;
    for (RecordedInterface& each : part->interfaces) each.created_clsact &= each.ifindex != ifindex;
  }
  return {};
}

/// By one store, for its programs share the flag.
Result<void> put_into_force(const Record& record) {
  const auto flag = waiting_flag_of(record);
  if (!flag) return std::unexpected(flag.error());
  return flag->valid() ? set_waiting(flag->get(), false) : Result<void>();
}

/// Puts back what was there in one namespace before.
Result<void> roll_back(const Record& record, const Ground& ground, std::vector<std::string>& said) {
  const RecordedNamespace* const part = record.in(ground.where.id);
  if (part == nullptr) return {};
  for (const RecordedInterface& each : part->interfaces) {
    if (!ground.hooks.interfaces.contains(each.ifindex)) continue;
    bool is_lost = false;
    for (const Side side : both_sides) {
      const std::uint32_t wanted = side == Side::FromWorkload ? each.former_from : each.former_to;
      if (wanted == 0) {
        if (auto detached = detach_gate(each.ifindex, each.interface, side); !detached) return detached;
        continue;
      }
      const Descriptor former = program_by_id(wanted);
      if (!former.valid()) {
        // What hangs there stays, and judges: better the new gate than none.
        is_lost = true;
        if (auto judging = put_into_force(record); !judging) return judging;
        said.push_back(fmt::format("{} on `{}`: the {} before the interrupted load is lost; load a bundle again",
                                   each.workload, ground.where.place(each.interface),
                                   gate_name(gate_at(side, each.is_node))));
        continue;
      }
      if (each.former_way == Way::Clsact) {
        if (auto created = create_clsact(each.ifindex, each.interface); !created) return created;
      }
      auto settled = settle_gate(each.ifindex, each.interface, side, each.former_way, former.get());
      if (!settled) return settled;
    }
    const bool had_filters = each.former_way == Way::Clsact && (each.former_from != 0 || each.former_to != 0);
    if (each.created_clsact && !had_filters && !is_lost && !ground.hooks.has_foreign_filters(each.ifindex)) {
      if (auto removed = destroy_clsact(each.ifindex, each.interface); !removed) return removed;
    }
  }
  return {};
}

/// A load that replaced another is completed where all its programs still are in the kernel, else undone.
Result<void> end_replacement(const StateFile& file, std::optional<Record>& record, const std::vector<Ground>& grounds,
                             std::vector<std::string>& said) {
  std::vector<Programs> programs;
  bool whole = true;
  for (const Ground& ground : grounds) {
    const RecordedNamespace* const part = record->in(ground.where.id);
    programs.emplace_back(part == nullptr ? RecordedNamespace{} : *part);
    whole = whole && (part == nullptr || part->interfaces.empty() || programs.back().valid());
  }
  const auto at_cgroups = all_cgroup_gates_hang(*record);
  if (!at_cgroups) return std::unexpected(at_cgroups.error());
  whole = whole && *at_cgroups;
  said.push_back(
      fmt::format("a load that was killed while it replaced another was {}", whole ? "completed" : "undone"));

  if (!whole) {
    if (auto removed = remove_new_cgroup_gates(*record); !removed) return removed;
  } else {
    for (std::size_t i = 0; i < grounds.size(); ++i) {
      auto hung = inside(grounds[i].where, [&] { return hang_all(*record, grounds[i], programs[i]); });
      if (!hung) return hung;
    }
    if (auto judging = put_into_force(*record); !judging) return judging;
  }
  for (std::size_t i = 0; i < grounds.size(); ++i) {
    auto ended = inside(grounds[i].where, [&] {
      return whole ? roll_forward(*record, grounds[i], programs[i]) : roll_back(*record, grounds[i], said);
    });
    if (!ended) return ended;
  }
  if (whole) {
    if (auto removed = remove_former_cgroup_gates(*record, {}, [](const auto&) {}); !removed) {
      return std::unexpected(removed.error());
    }
    record->phase = Record::Phase::Loaded;
    record->former = nullptr;
    return file.write(*record);
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

Result<std::vector<Ground>> grounds_of(const Record* record) {
  std::vector<Ground> out;
  auto here = calling_namespace();
  if (!here) return std::unexpected(here.error());
  std::vector<Namespace> wanted{std::move(*here)};
  for (const Record* each = record; each != nullptr; each = each->former.get()) {
    for (const RecordedNamespace& part : each->namespaces) {
      if (std::ranges::find(wanted, part.where, &Namespace::id) != wanted.end()) continue;
      auto found = find_namespace(part.name);
      if (!found) return std::unexpected(found.error());
      // Another may have its name by now: what hung in the former went with it.
      if (*found && (*found)->id == part.where) wanted.push_back(std::move(**found));
    }
  }
  for (Namespace& each : wanted) {
    auto hooks = inside(each, read_hooks);
    if (!hooks) return std::unexpected(hooks.error());
    out.push_back({std::move(each), std::move(*hooks)});
  }
  return out;
}

Result<void> sweep(const Ground& ground, const Record* record, const BeforeStep& before_step, Swept& out) {
  const Hooks& hooks = ground.hooks;
  for (const Filter& filter : hooks.filters) {
    if (!filter.is_ours()) continue;
    const std::string name = name_of(hooks, filter.ifindex), place = ground.where.place(name);
    auto asked = ask(before_step, fmt::format("detach the {} from `{}`", gate_name(filter.gate()), place));
    if (!asked) return asked;
    auto detached = inside(ground.where, [&] { return detach_gate(filter.ifindex, name, filter.side); });
    if (!detached) return detached;
    ++out.filters;
    out.interfaces.insert(place);
  }
  for (const std::uint32_t ifindex : hooks.clsact) {
    const std::string name = name_of(hooks, ifindex), place = ground.where.place(name);
    if (record == nullptr || !record->created_clsact(ground.where.id, ifindex)) {
      if (record == nullptr && out.interfaces.contains(place)) {
        out.warnings.push_back(
            fmt::format("`{}` keeps its clsact qdisc: without a record nobody knows who made it", place));
      }
      continue;
    }
    if (hooks.has_foreign_filters(ifindex)) {
      out.warnings.push_back(fmt::format("`{}` keeps its clsact qdisc: filters of others are on it", place));
      continue;
    }
    if (auto asked = ask(before_step, fmt::format("remove the clsact qdisc of `{}`", place)); !asked) return asked;
    auto removed = inside(ground.where, [&] { return destroy_clsact(ifindex, name); });
    if (!removed) return removed;
    ++out.qdiscs;
  }
  return {};
}

Result<void> recover(const StateFile& file, std::optional<Record>& record, std::vector<std::string>& said) {
  if (!record || record->phase == Record::Phase::Loaded) return {};
  if (record->phase == Record::Phase::Updating) {
    if (auto finished = finish_update(*record); !finished) return finished;
    said.push_back("an update of addresses that was killed was completed");
    record->phase = Record::Phase::Loaded;
    record->steps.clear();
    return file.write(*record);
  }
  const auto grounds = grounds_of(&*record);
  if (!grounds) return std::unexpected(grounds.error());

  bool replacement = record->former != nullptr;
  for (const RecordedNamespace& part : record->namespaces) {
    for (const RecordedInterface& each : part.interfaces) {
      replacement = replacement || each.former_from != 0 || each.former_to != 0;
    }
  }
  if (record->phase == Record::Phase::Loading && replacement) return end_replacement(file, record, *grounds, said);

  Swept swept;
  for (const Ground& ground : *grounds) {
    if (auto done = sweep(ground, &*record, {}, swept); !done) return done;
  }
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

std::vector<std::string> run_before_us(const Ground& ground, std::uint32_t ifindex) {
  std::vector<std::string> out;
  const std::string place = ground.where.place(name_of(ground.hooks, ifindex));
  for (const Side side : both_sides) {
    const Filter* const ours = ground.hooks.our_gate(ifindex, side);
    const std::string_view gate = gate_name(ours == nullptr ? side : ours->gate());
    for (const Filter& filter : ground.hooks.filters) {
      if (filter.ifindex != ifindex || filter.side != side) continue;
      if (filter.is_ours()) break;
      out.push_back(
          filter.way == Way::Tcx
              ? fmt::format("`{}`: the tcx program `{}` of another runs before the {} and can pass it by", place,
                            filter.name, gate)
              : fmt::format("`{}`: a {} filter of another (priority {}) runs before the {} and can pass it by", place,
                            filter.kind, filter.priority, gate));
    }
  }
  return out;
}

}  // namespace weft::runtime
