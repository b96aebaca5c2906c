#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <functional>
#include <iterator>
#include <map>

#include "runtime/cgroup_steps.h"
#include "runtime/kernel_object.h"
#include "runtime/recover.h"
#include "runtime/runtime.h"
#include "runtime/targets.h"

namespace weft::runtime {
namespace {

/// Changes to the hooks with what undoes them. Unless committed, it all is undone.
class Transaction {
 public:
  Transaction(const Hooks& before, const BeforeStep& before_step) : before_(before), before_step_(before_step) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() { roll_back(); }

  Result<void> ensure_clsact(std::uint32_t ifindex, const std::string& interface) {
    if (before_.clsact.contains(ifindex)) return {};
    if (auto asked = ask(before_step_, fmt::format("create the clsact qdisc of `{}`", interface)); !asked) return asked;
    // Before the change, not after: a call that fails half-way must be undone too.
    undo_.push_back([=] { return destroy_clsact(ifindex, interface); });
    return create_clsact(ifindex, interface);
  }

  Result<void> attach(std::uint32_t ifindex, const std::string& interface, Side side, Way way, int program_fd) {
    if (auto asked = ask(before_step_, fmt::format("attach the {} to `{}`", gate_name(side), interface)); !asked) {
      return asked;
    }
    // At clsact the new gate takes the place of the former one, elsewhere it comes beside it.
    const Filter* const gate = before_.our_gate(ifindex, side);
    if (gate == nullptr || (gate->way == Way::Clsact && way == Way::Clsact)) {
      if (auto undoable = prepare_undo(ifindex, interface, side); !undoable) return undoable;
    } else {
      undo_.push_back([=, former = gate->way, id = gate->program_id] {
        return detach_gates_but(ifindex, interface, side, former, id);
      });
    }
    return attach_gate(ifindex, interface, side, way, program_fd);
  }

  /// Takes away what hung there before and is still there beside the new gate.
  Result<void> detach_former(std::uint32_t ifindex, const std::string& interface, Side side, Way way, int program_fd) {
    const Filter* const gate = before_.our_gate(ifindex, side);
    if (gate == nullptr || (gate->way == Way::Clsact && way == Way::Clsact)) return {};
    if (auto asked = ask(before_step_, fmt::format("detach the former {} from `{}`", gate_name(side), interface)); !asked) {
      return asked;
    }
    if (auto undoable = prepare_undo(ifindex, interface, side); !undoable) return undoable;
    return detach_gates_but(ifindex, interface, side, way, program_info(program_fd).id);
  }

  Result<void> detach(std::uint32_t ifindex, const std::string& interface, Side side) {
    if (auto asked = ask(before_step_, fmt::format("detach the {} from `{}`", gate_name(side), interface)); !asked) {
      return asked;
    }
    if (auto undoable = prepare_undo(ifindex, interface, side); !undoable) return undoable;
    return detach_gate(ifindex, interface, side);
  }

  void on_undo(std::function<Result<void>()> undo) { undo_.push_back(std::move(undo)); }

  /// Undoes everything, newest first; what could not be undone is returned.
  std::vector<std::string> roll_back() {
    std::vector<std::string> trouble;
    for (; !undo_.empty(); undo_.pop_back()) {
      // An interface that is gone has nothing on it.
      if (const auto undone = undo_.back()(); !undone && undone.error().code != "W6004") {
        trouble.push_back(undone.error().message);
      }
    }
    return trouble;
  }

  void commit() { undo_.clear(); }

 private:
  Result<void> prepare_undo(std::uint32_t ifindex, const std::string& interface, Side side) {
    const Filter* const gate = before_.our_gate(ifindex, side);
    if (gate == nullptr) {
      undo_.push_back([=] { return detach_gate(ifindex, interface, side); });
      return {};
    }
    // Held open from here on, or the kernel would drop it with its last gate.
    auto former = std::make_shared<Descriptor>(program_by_id(gate->program_id));
    if (!former->valid()) {
      return kernel_failure(errno, "W6008", fmt::format("keep the program that is attached to `{}`", interface));
    }
    undo_.push_back([=, way = gate->way] { return attach_gate(ifindex, interface, side, way, former->get()); });
    return {};
  }

  const Hooks& before_;
  const BeforeStep& before_step_;
  std::vector<std::function<Result<void>()>> undo_;
};

std::string now() {
  const std::time_t time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", parts);
}

Result<void> check_places(const std::vector<Target>& targets, const Hooks& hooks) {
  for (const Target& target : targets) {
    if (target.is_cgroup()) continue;
    for (const Side side : both_sides) {
      const Filter* const there = hooks.in_our_place(target.ifindex, side);
      if (there == nullptr || there->is_ours()) continue;
      return failure(
          "W6007",
          fmt::format("the place of the {} at interface `{}` holds a {} filter of another: {}", gate_name(side),
                      target.interface, there->kind, there->name),
          fmt::format("remove it: tc filter del dev {} {} prio {} handle {:#x} {}", target.interface,
                      side == Side::FromWorkload ? "ingress" : "egress", there->priority, there->handle, there->kind));
    }
  }
  return {};
}

/// How the gates will hang there. Errors: W6001, W6002.
Result<Way> choose_way(Hook hook) {
  if (hook == Hook::Clsact) return Way::Clsact;
  const auto tcx = has_tcx();
  if (!tcx) return std::unexpected(tcx.error());
  if (*tcx) return Way::Tcx;
  if (hook == Hook::Auto) return Way::Clsact;
  return failure("W6002", "this kernel has no tcx, which the load asks for",
                 "tcx comes with Linux 6.6: leave the choice to weft, or attach with `--hook clsact`");
}

Record intent(const bundle::Bundle& bundle, const std::vector<Target>& targets, Way way, const KernelObject& object,
              const Hooks& hooks, const StateFile& file, const std::optional<Record>& former) {
  Record out;
  out.phase = Record::Phase::Loading;
  out.where = file.where();
  out.loaded_at = now();
  out.weft_version = bundle.manifest.weft_version;
  out.profile = bundle.manifest.profile;
  out.way = way;
  out.from_program = program_info(object.program_fd(Side::FromWorkload)).id;
  out.to_program = program_info(object.program_fd(Side::ToWorkload)).id;
  out.egress = bundle.manifest.egress;
  out.ingress = bundle.manifest.ingress;
  out.cgroup_programs = object.cgroup_programs();
  for (const Target& target : targets) {
    if (target.is_cgroup()) continue;
    const bool creates = way == Way::Clsact && !hooks.clsact.contains(target.ifindex);
    const bool ours = creates || (former && former->created_clsact(target.ifindex));
    const Filter* const from = hooks.our_gate(target.ifindex, Side::FromWorkload);
    const Filter* const to = hooks.our_gate(target.ifindex, Side::ToWorkload);
    const Filter* const either = from != nullptr ? from : to;
    out.interfaces.push_back({target.endpoint->workload, target.interface, target.ifindex, ours,
                              from == nullptr ? 0 : from->program_id, to == nullptr ? 0 : to->program_id,
                              either == nullptr ? way : either->way});
  }
  for (const bundle::Endpoint& endpoint : bundle.manifest.endpoints) {
    for (const bundle::EndpointAddress& each : endpoint.addresses) out.names[each.address] = endpoint.workload;
  }
  if (former) out.former = std::make_shared<Record>(*former);
  return out;
}

/// Everything that changes the namespace, in order.
Result<void> change(Transaction& transaction, const LoadOptions& options, const StateFile& file, Record& record,
                    const KernelObject& object, const Hooks& hooks, Loaded& out) {
  if (auto asked = ask(options.before_step, "record what is about to be attached"); !asked) return asked;
  transaction.on_undo([&file, former = record.former] { return former ? file.write(*former) : file.remove(); });
  if (auto written = file.write(record); !written) return written;

  // At cgroups the new gates come beside the old ones, which go when all is done: see cgroup_steps.h.
  const OnUndo on_undo = [&](std::function<Result<void>()> undo) { transaction.on_undo(std::move(undo)); };
  if (auto added = add_cgroup_gates(record.cgroups, object, options.before_step, on_undo); !added) return added;
  for (const RecordedInterface& each : record.interfaces) {
    if (record.way == Way::Clsact) {
      if (auto ensured = transaction.ensure_clsact(each.ifindex, each.interface); !ensured) return ensured;
    }
    for (const Side side : both_sides) {
      auto attached = transaction.attach(each.ifindex, each.interface, side, record.way, object.program_fd(side));
      if (!attached) return attached;
    }
  }
  for (const RecordedInterface& each : record.interfaces) {
    for (const Side side : both_sides) {
      auto detached = transaction.detach_former(each.ifindex, each.interface, side, record.way, object.program_fd(side));
      if (!detached) return detached;
    }
  }
  // Interfaces of the bundle before that this one does not serve. Qdiscs of ours that nobody needs any more go last.
  for (const Filter& filter : hooks.filters) {
    if (!filter.is_ours() || record.find(filter.ifindex) != nullptr) continue;
    const std::string& name = hooks.interfaces.at(filter.ifindex);
    if (auto detached = transaction.detach(filter.ifindex, name, filter.side); !detached) return detached;
    if (out.detached.empty() || out.detached.back() != name) out.detached.push_back(name);
  }
  auto left = remove_former_cgroup_gates(record, options.before_step, on_undo);
  if (!left) return std::unexpected(left.error());
  std::ranges::move(*left, std::back_inserter(out.detached));
  for (const std::uint32_t ifindex : hooks.clsact) {
    if (!record.can_spare_clsact(ifindex) || hooks.has_foreign_filters(ifindex)) continue;
    const std::string& name = hooks.interfaces.at(ifindex);
    if (auto asked = ask(options.before_step, fmt::format("remove the clsact qdisc of `{}`", name)); !asked)
      return asked;
    // Undoing runs newest first: the qdisc is back before its filters are.
    transaction.on_undo([=] { return create_clsact(ifindex, name); });
    if (auto removed = destroy_clsact(ifindex, name); !removed) return removed;
    for (RecordedInterface& each : record.interfaces) each.created_clsact &= each.ifindex != ifindex;
  }

  if (auto asked = ask(options.before_step, "record what is attached"); !asked) return asked;
  record.phase = Record::Phase::Loaded;
  record.former = nullptr;
  return file.write(record);
}

// A program of ours that serves one of the interfaces now. Looked up without the lock: what another load changes meanwhile
// costs connections at worst.
std::uint32_t former_program(const std::vector<Target>& targets) {
  const auto hooks = read_hooks();
  if (!hooks) return 0;
  for (const Target& target : targets) {
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

}  // namespace

Result<Loaded> load(const bundle::Bundle& bundle, const LoadOptions& options) {
  Loaded out;
  auto chosen = choose_targets(bundle.manifest, options);
  if (!chosen) return std::unexpected(chosen.error());
  out.skipped = std::move(chosen->skipped);

  out.bundle = options.identity.empty() ? bundle::identity(bundle) : options.identity;
  // The slow part comes first, without the lock: nothing is visible of it, and if it fails nothing has to be undone.
  if (auto asked = ask(options.before_step, "load the programs"); !asked) return std::unexpected(asked.error());
  const auto object = KernelObject::load(bundle, chosen->targets, out.times, former_program(chosen->targets));
  if (!object) return std::unexpected(object.error());
  out.keeps_connections = object->keeps_connections();
  for (const bundle::MapImage& image : bundle.images) {
    out.map_entries += image.entries.size();
    out.global_bytes += image.value.size();
  }

  const auto file = StateFile::open(options.state_directory, options.lock_timeout_ms);
  if (!file) return std::unexpected(file.error());
  auto former = read_record(*file, out.warnings);
  if (!former) return std::unexpected(former.error());
  if (auto recovered = recover(*file, *former, out.warnings); !recovered) return std::unexpected(recovered.error());
  const auto hooks = read_hooks();
  if (!hooks) return std::unexpected(hooks.error());
  const auto way = choose_way(options.hook);
  if (!way) return std::unexpected(way.error());
  if (*way == Way::Clsact) {
    if (auto free = check_places(chosen->targets, *hooks); !free) return std::unexpected(free.error());
  }

  auto cgroups = recorded_cgroups(chosen->targets, *former ? &**former : nullptr);
  if (!cgroups) return std::unexpected(cgroups.error());

  // From here on every change has its undoing.
  const auto begin = std::chrono::steady_clock::now();
  Record record = intent(bundle, chosen->targets, *way, *object, *hooks, *file, *former);
  record.bundle = out.bundle;
  record.cgroups = std::move(*cgroups);
  out.replaced = *former && !(*former)->cgroups.empty();
  for (const Filter& filter : hooks->filters) out.replaced = out.replaced || filter.is_ours();
  Transaction transaction(*hooks, options.before_step);
  if (auto changed = change(transaction, options, *file, record, *object, *hooks, out); !changed) {
    Error error = changed.error();
    for (const std::string& trouble : transaction.roll_back()) error.message += "; and undoing it failed: " + trouble;
    return std::unexpected(std::move(error));
  }
  transaction.commit();
  const auto elapsed = std::chrono::steady_clock::now() - begin;
  out.times.attach = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count());

  const Program from = program_info(object->program_fd(Side::FromWorkload));
  const Program to = program_info(object->program_fd(Side::ToWorkload));
  const auto after = read_hooks();
  for (const RecordedInterface& each : record.interfaces) {
    out.attached.push_back({each.workload, each.interface, each.ifindex, std::string(way_name(*way)), from, to});
    if (!after) continue;
    for (std::string& before_us : run_before_us(*after, each.ifindex)) out.warnings.push_back(std::move(before_us));
  }
  for (const RecordedCgroup& each : record.cgroups) {
    out.attached.push_back({each.workload, each.place(), 0, "cgroup", program_info(object->cgroup_fd(Point::Egress)),
                            program_info(object->cgroup_fd(Point::Ingress))});
  }
  return out;
}

}  // namespace weft::runtime
