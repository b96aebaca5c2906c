#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>

#include "base/assert.h"
#include "runtime/cgroup_steps.h"
#include "runtime/clock.h"
#include "runtime/global_symbols.h"
#include "runtime/kernel_object.h"
#include "runtime/node_addresses.h"
#include "runtime/recover.h"
#include "runtime/runtime.h"
#include "runtime/targets.h"
#include "runtime/transaction.h"
#include "runtime/update.h"

namespace weft::runtime {
namespace {

/// What is loaded in one network namespace: its endpoints, and programs that know them.
struct Part {
  TargetGroup group;
  KernelObject object;
};

const Ground& ground_of(const std::vector<Ground>& grounds, const Namespace& where) {
  const auto found = std::ranges::find(grounds, where.id, [](const Ground& each) { return each.where.id; });
  WEFT_ASSERT(found != grounds.end(), "every namespace of the load is looked at first");
  return *found;
}

Result<void> check_places(const TargetGroup& group, const Hooks& hooks) {
  for (const Target& target : group.targets) {
    if (target.is_cgroup()) continue;
    for (const Side side : both_sides) {
      const Filter* const there = hooks.stranger_in_our_place(target.ifindex, side);
      if (there == nullptr) continue;
      return failure(
          "W6007",
          fmt::format("the place of the {} at interface `{}` holds a {} filter of another: {}",
                      gate_name(gate_at(side, target.is_node)), group.where.place(target.interface), there->kind,
                      there->name),
          fmt::format("remove it: tc filter del dev {} {} prio {} handle {:#x} {}", target.interface,
                      side == Side::FromWorkload ? "ingress" : "egress", there->priority, there->handle, there->kind));
    }
  }
  return {};
}

/// How the deadlines of a bundle will be kept; nothing where it has none. Errors: W6001, W6002, W6006.
Result<std::optional<RecordedClock>> clock_for(const bundle::Bundle& bundle, DeadlineClock wanted) {
  if (!bundle.manifest.figures.contains("deadlines")) return std::nullopt;
  const auto symbols = global_symbols(bundle.object);
  if (!symbols) return std::unexpected(symbols.error());
  const auto offset = symbols->find("weft_clock_offset");
  if (offset == symbols->end()) return std::nullopt;
  const auto clock = choose_clock(wanted);
  if (!clock) return std::unexpected(clock.error());
  return RecordedClock{*clock == DeadlineClock::Tai, offset->second.section, offset->second.offset};
}

RecordedNamespace intent(const Part& part, Way way, const Hooks& hooks, const Record* former) {
  RecordedNamespace out;
  out.name = part.group.where.name;
  out.where = part.group.where.id;
  out.from_program = program_info(part.object.program_fd(Side::FromWorkload)).id;
  out.to_program = program_info(part.object.program_fd(Side::ToWorkload)).id;
  for (const Target& target : part.group.targets) {
    if (target.is_cgroup()) continue;
    const bool creates = way == Way::Clsact && !hooks.clsact.contains(target.ifindex);
    const bool ours = creates || (former != nullptr && former->created_clsact(out.where, target.ifindex));
    const Filter* const from = hooks.our_gate(target.ifindex, Side::FromWorkload);
    const Filter* const to = hooks.our_gate(target.ifindex, Side::ToWorkload);
    const Filter* const either = from != nullptr ? from : to;
    out.interfaces.push_back({target.endpoint->workload, target.interface, target.ifindex, ours,
                              from == nullptr ? 0 : from->program_id, to == nullptr ? 0 : to->program_id,
                              either == nullptr ? way : either->way, target.is_node});
  }
  return out;
}

Record intent(const bundle::Bundle& bundle, const std::vector<Part>& parts, Way way, const std::vector<Ground>& grounds,
              const StateFile& file, const std::optional<Record>& former) {
  Record out;
  out.phase = Record::Phase::Loading;
  out.where = file.where();
  out.loaded_at = time_of_record();
  out.way = way;
  // The first is where the load runs: there the cgroups are.
  out.cgroup_programs = parts.front().object.cgroup_programs();
  for (const Part& part : parts) {
    out.namespaces.push_back(
        intent(part, way, ground_of(grounds, part.group.where).hooks, former ? &*former : nullptr));
  }
  out.object = object_hash(bundle);
  describe_bundle(bundle, out);
  if (former) out.former = std::make_shared<Record>(*former);
  return out;
}

/// Takes away what the bundle before had in one namespace and this one has not; qdiscs of ours that nobody needs go
/// last.
Result<void> leave(Transaction& transaction, Record& record, const Ground& ground, Loaded& out) {
  const Hooks& hooks = ground.hooks;
  RecordedNamespace* const part = record.in(ground.where.id);
  for (const Filter& filter : hooks.filters) {
    if (!filter.is_ours() || record.find(ground.where.id, filter.ifindex) != nullptr) continue;
    const Transaction::Place place{ground, filter.ifindex, hooks.interfaces.at(filter.ifindex)};
    if (auto detached = transaction.detach(place, filter); !detached) return detached;
    if (out.detached.empty() || out.detached.back() != place.text()) out.detached.push_back(place.text());
  }
  for (const std::uint32_t ifindex : hooks.clsact) {
    if (!record.can_spare_clsact(ground.where.id, ifindex) || hooks.has_foreign_filters(ifindex)) continue;
    auto removed = transaction.remove_clsact({ground, ifindex, hooks.interfaces.at(ifindex)});
    if (!removed) return removed;
    if (part == nullptr) continue;
    for (RecordedInterface& each : part->interfaces) each.created_clsact &= each.ifindex != ifindex;
  }
  return {};
}

/// Calls `work` for each interface of the record with what hangs there before, and the program that has to hang at each
/// hook.
Result<void> for_each_hook(const Record& record, const std::vector<Part>& parts, const std::vector<Ground>& grounds,
                           const std::function<Result<void>(const Transaction::Place&, Side, int)>& work) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Ground& ground = ground_of(grounds, parts[i].group.where);
    for (const RecordedInterface& each : record.namespaces[i].interfaces) {
      const Transaction::Place place{ground, each.ifindex, each.interface, each.is_node};
      for (const Side hook : both_sides) {
        const int program = parts[i].object.program_fd(gate_at(hook, each.is_node));
        if (auto done = work(place, hook, program); !done) return done;
      }
    }
  }
  return {};
}

/// The flag for which all gates of the load wait; -1 where they cannot, and each judges from when it hangs.
int waiting_flag_of(const std::vector<Part>& parts) {
  for (const Part& part : parts) {
    if (part.object.waiting_fd() >= 0) return part.object.waiting_fd();
  }
  return -1;
}

/// Everything that changes the kernel, in order.
Result<void> change(Transaction& transaction, const LoadOptions& options, const StateFile& file, Record& record,
                    const std::vector<Part>& parts, const std::vector<Ground>& grounds, Loaded& out) {
  if (auto asked = ask(options.before_step, "record what is about to be attached"); !asked) return asked;
  transaction.on_undo([&file, former = record.former] { return former ? file.write(*former) : file.remove(); });
  if (auto written = file.write(record); !written) return written;

  // At cgroups the new gates come beside the old ones, which go when all is done: see cgroup_steps.h.
  const OnUndo on_undo = [&](std::function<Result<void>()> undo) { transaction.on_undo(std::move(undo)); };
  auto added = add_cgroup_gates(record.cgroups, parts.front().object, options.before_step, on_undo);
  if (!added) return added;
  // All new gates hang, in all namespaces, before the first of the old ones goes.
  auto attached = for_each_hook(record, parts, grounds, [&](const auto& place, Side hook, int program) -> Result<void> {
    if (record.way == Way::Clsact && hook == both_sides[0]) {
      if (auto ensured = transaction.ensure_clsact(place); !ensured) return ensured;
    }
    return transaction.attach(place, hook, record.way, program);
  });
  if (!attached) return attached;
  // They have waited for one another: from this store on all of them judge, and what they judge is not asked again.
  if (const int flag = waiting_flag_of(parts); flag >= 0) {
    if (auto judging = transaction.put_into_force(flag); !judging) return judging;
  }
  auto detached = for_each_hook(record, parts, grounds, [&](const auto& place, Side hook, int program) {
    return transaction.detach_former(place, hook, record.way, program);
  });
  if (!detached) return detached;
  auto left = remove_former_cgroup_gates(record, options.before_step, on_undo);
  if (!left) return std::unexpected(left.error());
  for (const Ground& ground : grounds) {
    if (auto done = leave(transaction, record, ground, out); !done) return done;
  }
  std::ranges::move(*left, std::back_inserter(out.detached));

  if (auto asked = ask(options.before_step, "record what is attached"); !asked) return asked;
  record.phase = Record::Phase::Loaded;
  record.former = nullptr;
  return file.write(record);
}

// A program of ours that serves one of the interfaces now. Looked up without the lock: what another load changes
// meanwhile costs connections at worst.
std::uint32_t former_program(const TargetGroup& group) {
  const auto hooks = inside(group.where, read_hooks);
  if (!hooks) return 0;
  for (const Target& target : group.targets) {
    if (target.is_cgroup()) {
      const auto there = our_programs(open_cgroup(target.cgroup.path, target.cgroup.id), Point::Egress);
      if (there && !there->empty()) return there->front();
      continue;
    }
    for (const Side side : both_sides) {
      if (const std::uint32_t id = hooks->our_program(target.ifindex, side)) return id;
    }
  }
  return 0;
}

/// The state files of the other namespaces, locked: as long as they are, no load of their own is at work there. Errors:
/// W6007 where one has a load of its own, W6001, W6010, W6011.
Result<std::vector<StateFile>> lock_others(const std::vector<Part>& parts, const LoadOptions& options) {
  std::vector<StateFile> out;
  for (const Part& part : parts) {
    const Namespace& where = part.group.where;
    if (where.name.empty()) continue;
    auto file = inside(where, [&] { return StateFile::open(options.state_directory, options.lock_timeout_ms); });
    if (!file) return std::unexpected(file.error());
    const auto record = file->read();
    if (!record) return std::unexpected(record.error());
    if (*record) {
      return failure("W6007", fmt::format("network namespace `{}` has a load of its own", where.name),
                     "unload it there first: enter the namespace and run `weft unload`");
    }
    out.push_back(std::move(*file));
  }
  return out;
}

/// What hangs in every namespace that the load changes. Errors: W6001, W6002, W6008.
Result<std::vector<Ground>> grounds_of(const Record* former, const std::vector<Part>& parts) {
  auto out = grounds_of(former);
  if (!out) return out;
  for (const Part& part : parts) {
    const Namespace& where = part.group.where;
    if (std::ranges::find(*out, where.id, [](const Ground& each) { return each.where.id; }) != out->end()) continue;
    auto hooks = inside(where, read_hooks);
    if (!hooks) return std::unexpected(hooks.error());
    out->push_back({where, std::move(*hooks)});
  }
  return out;
}

/// What hangs there now. Reading it again must not fail a load that is done.
void describe(const Record& record, const std::vector<Part>& parts, Loaded& out) {
  const auto after = grounds_of(&record);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::ranges::move(unlisted_addresses(parts[i].group), std::back_inserter(out.unlisted));
    const Program from = program_info(parts[i].object.program_fd(Side::FromWorkload));
    const Program to = program_info(parts[i].object.program_fd(Side::ToWorkload));
    const Namespace& where = parts[i].group.where;
    for (const RecordedInterface& each : record.namespaces[i].interfaces) {
      out.attached.push_back(
          {each.workload, where.place(each.interface), each.ifindex, std::string(way_name(record.way)), from, to});
      if (!after) continue;
      for (const Ground& ground : *after) {
        if (ground.where.id != where.id) continue;
        for (std::string& before_us : run_before_us(ground, each.ifindex)) out.warnings.push_back(std::move(before_us));
      }
    }
  }
  const KernelObject& object = parts.front().object;
  for (const RecordedCgroup& each : record.cgroups) {
    out.attached.push_back({each.workload, each.place(), 0, "cgroup", program_info(object.cgroup_fd(Point::Egress)),
                            program_info(object.cgroup_fd(Point::Ingress))});
  }
}

}  // namespace

Result<Loaded> load(const bundle::Bundle& bundle, const LoadOptions& options) {
  Loaded out;
  auto chosen = choose_targets(bundle.manifest, options);
  if (!chosen) return std::unexpected(chosen.error());
  out.skipped = std::move(chosen->skipped);

  out.bundle = options.identity.empty() ? bundle::identity(bundle) : options.identity;
  for (const bundle::MapImage& image : bundle.images) {
    out.map_entries += image.entries.size();
    out.global_bytes += image.value.size();
  }
  if (!options.anew) {
    const auto updated = update_addresses(bundle, *chosen, options, out);
    if (!updated) return std::unexpected(updated.error());
    if (*updated) return out;
  }
  // The slow part comes first, without the lock: nothing is visible of it, and if it fails nothing has to be undone.
  if (auto asked = ask(options.before_step, "load the programs"); !asked) return std::unexpected(asked.error());
  const auto clock = clock_for(bundle, options.clock);
  if (!clock) return std::unexpected(clock.error());
  const DeadlineClock kept_by = *clock && (*clock)->tai ? DeadlineClock::Tai : DeadlineClock::Boot;
  std::vector<Part> parts;
  for (TargetGroup& group : chosen->groups) {
    const bool is_empty = group.targets.empty();
    auto object = is_empty ? Result<KernelObject>(KernelObject())
                           : KernelObject::load(bundle, group.targets, out.times, former_program(group),
                                                waiting_flag_of(parts), kept_by);
    if (!object) return std::unexpected(object.error());
    out.keeps_connections = out.keeps_connections || object->keeps_connections();
    parts.push_back({std::move(group), std::move(*object)});
  }

  const auto file = StateFile::open(options.state_directory, options.lock_timeout_ms);
  if (!file) return std::unexpected(file.error());
  const auto others = lock_others(parts, options);
  if (!others) return std::unexpected(others.error());
  auto former = read_record(*file, out.warnings);
  if (!former) return std::unexpected(former.error());
  if (auto recovered = recover(*file, *former, out.warnings); !recovered) return std::unexpected(recovered.error());
  const auto grounds = grounds_of(*former ? &**former : nullptr, parts);
  if (!grounds) return std::unexpected(grounds.error());
  const auto way = choose_way(options.hook);
  if (!way) return std::unexpected(way.error());
  for (const Part& part : parts) {
    if (*way != Way::Clsact) break;
    auto free = check_places(part.group, ground_of(*grounds, part.group.where).hooks);
    if (!free) return std::unexpected(free.error());
  }

  auto cgroups = recorded_cgroups(parts.front().group.targets, *former ? &**former : nullptr);
  if (!cgroups) return std::unexpected(cgroups.error());

  // From here on every change has its undoing.
  const auto begin = std::chrono::steady_clock::now();
  Record record = intent(bundle, parts, *way, *grounds, *file, *former);
  record.bundle = out.bundle;
  record.clock = *clock;
  record.cgroups = std::move(*cgroups);
  out.replaced = *former && !(*former)->cgroups.empty();
  for (const Ground& ground : *grounds) {
    for (const Filter& filter : ground.hooks.filters) out.replaced = out.replaced || filter.is_ours();
  }
  Transaction transaction(options.before_step);
  if (auto changed = change(transaction, options, *file, record, parts, *grounds, out); !changed) {
    Error error = changed.error();
    for (const std::string& trouble : transaction.roll_back()) error.message += "; and undoing it failed: " + trouble;
    return std::unexpected(std::move(error));
  }
  transaction.commit();
  const auto elapsed = std::chrono::steady_clock::now() - begin;
  out.times.attach = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count());
  describe(record, parts, out);
  return out;
}

}  // namespace weft::runtime
