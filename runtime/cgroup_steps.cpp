#include "runtime/cgroup_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace weft::runtime {
namespace {

using SharedCgroup = std::shared_ptr<const Descriptor>;

SharedCgroup opened(const RecordedCgroup& each) {
  return std::make_shared<const Descriptor>(open_cgroup(each.path, each.id));
}

std::size_t index_of(Point point) { return static_cast<std::size_t>(point); }

const RecordedCgroup* find(const std::vector<RecordedCgroup>& in, std::uint64_t id) {
  const auto found = std::ranges::find(in, id, &RecordedCgroup::id);
  return found == in.end() ? nullptr : &*found;
}

/// The cgroups of a record and of the one before it, each once.
std::vector<RecordedCgroup> all_of(const Record& record) {
  std::vector<RecordedCgroup> out = record.cgroups;
  if (record.former == nullptr) return out;
  for (const RecordedCgroup& each : record.former->cgroups) {
    if (find(out, each.id) == nullptr) out.push_back(each);
  }
  return out;
}

bool contains(const std::vector<std::uint32_t>& programs, std::uint32_t id) {
  return std::ranges::find(programs, id) != programs.end();
}

}  // namespace

Result<std::vector<RecordedCgroup>> recorded_cgroups(const std::vector<Target>& targets, const Record* former) {
  std::vector<RecordedCgroup> out;
  for (const Target& target : targets) {
    if (!target.is_cgroup()) continue;
    const Cgroup& cgroup = target.cgroup;
    RecordedCgroup& each = out.emplace_back(
        RecordedCgroup{target.endpoint->workload, cgroup.name, cgroup.path.string(), cgroup.id, target.key});
    const SharedCgroup fd = opened(each);
    for (const Point point : all_points) {
      const auto there = our_programs(*fd, point);
      if (!there) return std::unexpected(there.error());
      for (const std::uint32_t id : *there) {
        if (former != nullptr && former->cgroup_programs[index_of(point)] == id) continue;
        return failure("W6007",
                       fmt::format("cgroup `{}` of `{}` has a gate already that was loaded in another network namespace, "
                                   "or whose record is lost: program {}",
                                   cgroup.name, target.endpoint->workload, id),
                       "unload it there, or create the cgroup anew");
      }
    }
  }
  return out;
}

Result<void> add_cgroup_gates(const std::vector<RecordedCgroup>& cgroups, const KernelObject& object,
                              const BeforeStep& before_step, const OnUndo& on_undo) {
  // All places before the first gate: from there on the gates are whole, whoever finds them.
  for (const RecordedCgroup& each : cgroups) {
    if (auto asked = ask(before_step, fmt::format("prepare cgroup `{}`", each.name)); !asked) return asked;
    const SharedCgroup fd = opened(each);
    on_undo([fd, name = each.name, id = program_info(object.prepare_fd()).id] {
      return detach_from_cgroup(*fd, name, Point::Egress, id);
    });
    auto filled = fill_place(*fd, {each.name, each.path, each.id}, each.key, object.prepare_fd(), object.places_fd());
    if (!filled) return filled;
  }
  for (const RecordedCgroup& each : cgroups) {
    const SharedCgroup fd = opened(each);
    for (const Point point : all_points) {
      if (auto asked = ask(before_step, fmt::format("attach the {} to cgroup `{}`", point_name(point), each.name)); !asked) {
        return asked;
      }
      on_undo([fd, name = each.name, point, id = program_info(object.cgroup_fd(point)).id] {
        return detach_from_cgroup(*fd, name, point, id);
      });
      if (auto attached = attach_to_cgroup(*fd, each.name, point, object.cgroup_fd(point)); !attached) return attached;
    }
  }
  return {};
}

Result<std::vector<std::string>> remove_former_cgroup_gates(const Record& record, const BeforeStep& before_step,
                                                            const OnUndo& on_undo) {
  std::vector<std::string> out;
  if (record.former == nullptr) return out;
  for (const RecordedCgroup& each : record.former->cgroups) {
    const SharedCgroup fd = opened(each);
    if (!fd->valid()) continue;
    for (const Point point : all_points) {
      const std::uint32_t id = record.former->cgroup_programs[index_of(point)];
      if (auto asked = ask(before_step, fmt::format("detach the former {} from cgroup `{}`", point_name(point), each.name));
          !asked) {
        return std::unexpected(asked.error());
      }
      // Held open, or the kernel would drop it here.
      auto former = std::make_shared<const Descriptor>(program_by_id(id));
      if (!former->valid()) continue;
      on_undo([fd, name = each.name, point, former] { return attach_to_cgroup(*fd, name, point, former->get()); });
      if (auto detached = detach_from_cgroup(*fd, each.name, point, id); !detached) return std::unexpected(detached.error());
    }
    if (find(record.cgroups, each.id) == nullptr) out.push_back(each.place());
  }
  return out;
}

Result<bool> all_cgroup_gates_hang(const Record& record) {
  for (const RecordedCgroup& each : record.cgroups) {
    const Descriptor fd = open_cgroup(each.path, each.id);
    if (!fd.valid()) continue;
    for (const Point point : all_points) {
      const auto there = our_programs(fd, point);
      if (!there) return std::unexpected(there.error());
      if (!contains(*there, record.cgroup_programs[index_of(point)])) return false;
    }
  }
  return true;
}

Result<void> remove_new_cgroup_gates(const Record& record) {
  for (const RecordedCgroup& each : record.cgroups) {
    const Descriptor fd = open_cgroup(each.path, each.id);
    if (!fd.valid()) continue;
    for (const Point point : all_points) {
      const auto there = our_programs(fd, point);
      if (!there) return std::unexpected(there.error());
      for (const std::uint32_t id : *there) {
        // The one before stays; the one that prepares places is no gate.
        if (record.former != nullptr && record.former->cgroup_programs[index_of(point)] == id) continue;
        if (auto detached = detach_from_cgroup(fd, each.name, point, id); !detached) return detached;
      }
    }
  }
  return {};
}

Result<SweptCgroups> sweep_cgroups(const Record& record, const BeforeStep& before_step) {
  SweptCgroups out;
  for (const RecordedCgroup& each : all_of(record)) {
    const Descriptor fd = open_cgroup(each.path, each.id);
    if (!fd.valid()) continue;
    bool any = false;
    for (const Point point : all_points) {
      const auto there = our_programs(fd, point);
      if (!there) return std::unexpected(there.error());
      for (const std::uint32_t id : *there) {
        if (auto asked = ask(before_step, fmt::format("detach the {} from cgroup `{}`", point_name(point), each.name)); !asked) {
          return std::unexpected(asked.error());
        }
        if (auto detached = detach_from_cgroup(fd, each.name, point, id); !detached) {
          return std::unexpected(detached.error());
        }
        ++out.gates;
        any = true;
      }
    }
    if (any) out.places.push_back(each.place());
  }
  return out;
}

Result<void> compare_cgroups(const Record& record, std::vector<std::string>& differences) {
  for (const RecordedCgroup& each : record.cgroups) {
    const std::string where = fmt::format("{} in cgroup `{}`", each.workload, each.name);
    const Descriptor fd = open_cgroup(each.path, each.id);
    if (!fd.valid()) {
      differences.push_back(fmt::format("{}: the cgroup is gone, or was made anew: what runs there has no gate", where));
      continue;
    }
    for (const Point point : all_points) {
      const auto there = our_programs(fd, point);
      if (!there) return std::unexpected(there.error());
      const std::uint32_t expected = record.cgroup_programs[index_of(point)];
      if (!contains(*there, expected)) differences.push_back(fmt::format("{}: the {} is gone", where, point_name(point)));
      for (const std::uint32_t id : *there) {
        if (id == expected) continue;
        differences.push_back(fmt::format("{}: program {} of ours at the {} is of no record", where, id, point_name(point)));
      }
    }
  }
  return {};
}

}  // namespace weft::runtime
