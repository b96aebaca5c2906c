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

/// A point of a cgroup that is still there, with our programs at it.
struct Looked {
  const RecordedCgroup& cgroup;
  const Descriptor& fd;
  Point point;
  std::vector<std::uint32_t> programs;
};

/// Looks at every point of those cgroups that are still there. Errors: those of `visit`, W6001, W6008.
template <typename Visit>
Result<void> for_each_point(const std::vector<RecordedCgroup>& cgroups, const Visit& visit) {
  for (const RecordedCgroup& each : cgroups) {
    const Descriptor fd = open_cgroup(each.path, each.id);
    if (!fd.valid()) continue;
    for (const Point point : all_points) {
      auto there = our_programs(fd, point);
      if (!there) return std::unexpected(there.error());
      if (auto visited = visit(Looked{each, fd, point, std::move(*there)}); !visited) return visited;
    }
  }
  return {};
}

}  // namespace

Result<std::vector<RecordedCgroup>> recorded_cgroups(const std::vector<Target>& targets, const Record* former) {
  std::vector<RecordedCgroup> out;
  for (const Target& target : targets) {
    if (!target.is_cgroup()) continue;
    const Cgroup& cgroup = target.cgroup;
    out.push_back({target.endpoint->workload, cgroup.name, cgroup.path.string(), cgroup.id, target.key});
  }
  auto looked = for_each_point(out, [&](const Looked& at) -> Result<void> {
    for (const std::uint32_t id : at.programs) {
      if (former != nullptr && former->cgroup_programs[index_of(at.point)] == id) continue;
      return failure("W6007",
                     fmt::format("cgroup `{}` of `{}` has a gate already that was loaded in another network namespace, "
                                 "or whose record is lost: program {}",
                                 at.cgroup.name, at.cgroup.workload, id),
                     "unload it there, or create the cgroup anew");
    }
    return {};
  });
  if (!looked) return std::unexpected(looked.error());
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
      if (auto asked = ask(before_step, fmt::format("attach the {} to cgroup `{}`", point_name(point), each.name));
          !asked) {
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
      if (auto asked =
              ask(before_step, fmt::format("detach the former {} from cgroup `{}`", point_name(point), each.name));
          !asked) {
        return std::unexpected(asked.error());
      }
      // Held open, or the kernel would drop it here.
      auto former = std::make_shared<const Descriptor>(program_by_id(id));
      if (!former->valid()) continue;
      on_undo([fd, name = each.name, point, former] { return attach_to_cgroup(*fd, name, point, former->get()); });
      if (auto detached = detach_from_cgroup(*fd, each.name, point, id); !detached)
        return std::unexpected(detached.error());
    }
    if (find(record.cgroups, each.id) == nullptr) out.push_back(each.place());
  }
  return out;
}

Result<bool> all_cgroup_gates_hang(const Record& record) {
  bool all = true;
  auto looked = for_each_point(record.cgroups, [&](const Looked& at) -> Result<void> {
    all = all && contains(at.programs, record.cgroup_programs[index_of(at.point)]);
    return {};
  });
  if (!looked) return std::unexpected(looked.error());
  return all;
}

Result<void> remove_new_cgroup_gates(const Record& record) {
  return for_each_point(record.cgroups, [&](const Looked& at) -> Result<void> {
    for (const std::uint32_t id : at.programs) {
      // The one before stays; the one that prepares places is no gate.
      if (record.former != nullptr && record.former->cgroup_programs[index_of(at.point)] == id) continue;
      if (auto detached = detach_from_cgroup(at.fd, at.cgroup.name, at.point, id); !detached) return detached;
    }
    return {};
  });
}

Result<SweptCgroups> sweep_cgroups(const Record& record, const BeforeStep& before_step) {
  SweptCgroups out;
  auto looked = for_each_point(all_of(record), [&](const Looked& at) -> Result<void> {
    for (const std::uint32_t id : at.programs) {
      const std::string& name = at.cgroup.name;
      auto asked = ask(before_step, fmt::format("detach the {} from cgroup `{}`", point_name(at.point), name));
      if (!asked) return asked;
      if (auto detached = detach_from_cgroup(at.fd, name, at.point, id); !detached) return detached;
      ++out.gates;
      if (out.places.empty() || out.places.back() != at.cgroup.place()) out.places.push_back(at.cgroup.place());
    }
    return {};
  });
  if (!looked) return std::unexpected(looked.error());
  return out;
}

Result<void> compare_cgroups(const Record& record, std::vector<std::string>& differences) {
  const auto where = [](const RecordedCgroup& each) {
    return fmt::format("{} in cgroup `{}`", each.workload, each.name);
  };
  for (const RecordedCgroup& each : record.cgroups) {
    if (open_cgroup(each.path, each.id).valid()) continue;
    differences.push_back(
        fmt::format("{}: the cgroup is gone, or was made anew: what runs there has no gate", where(each)));
  }
  return for_each_point(record.cgroups, [&](const Looked& at) -> Result<void> {
    const std::uint32_t expected = record.cgroup_programs[index_of(at.point)];
    if (!contains(at.programs, expected)) {
      differences.push_back(fmt::format("{}: the {} is gone", where(at.cgroup), point_name(at.point)));
    }
    for (const std::uint32_t id : at.programs) {
      if (id == expected) continue;
      differences.push_back(
          fmt::format("{}: program {} of ours at the {} is of no record", where(at.cgroup), id, point_name(at.point)));
    }
    return {};
  });
}

}  // namespace weft::runtime
