#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "bundle/abi.h"
#include "runtime/cgroup_steps.h"
#include "runtime/kernel_object.h"
#include "runtime/recover.h"
#include "runtime/runtime.h"

namespace weft::runtime {
namespace {

/// The entries that need no rule, for manifests that do not list them.
std::vector<bundle::Entry> fixed_entries() {
  const auto fixed = [](std::uint32_t number, const char* action, const char* by) {
    return bundle::Entry{number, action, by, "", "", "", ""};
  };
  return {fixed(WEFT_ENTRY_MALFORMED, "deny", "malformed"), fixed(WEFT_ENTRY_UNKNOWN, "deny", "unknown"),
          fixed(WEFT_ENTRY_LINK, "allow", "link"),          fixed(WEFT_ENTRY_SELF, "allow", "self"),
          fixed(WEFT_ENTRY_REPLY, "allow", "reply"),        fixed(WEFT_ENTRY_OWN_NODE, "allow", "own-node"),
          fixed(WEFT_ENTRY_NON_IP, "deny", "non-ip")};
}

/// Every entry of a gate with its hits; numbers that count without an entry are shown too, so that no packet is lost.
std::vector<Hits> join(std::vector<bundle::Entry> entries, const std::vector<std::uint64_t>& packets) {
  std::set<std::uint32_t> known;
  for (const bundle::Entry& entry : entries) known.insert(entry.number);
  for (bundle::Entry& entry : fixed_entries()) {
    if (known.insert(entry.number).second) entries.push_back(std::move(entry));
  }
  for (std::uint32_t number = 0; number < packets.size(); ++number) {
    if (packets[number] != 0 && known.insert(number).second)
      entries.push_back({number, "", "unknown entry", "", "", "", ""});
  }
  std::ranges::sort(entries, {}, &bundle::Entry::number);
  std::vector<Hits> out;
  for (bundle::Entry& entry : entries) {
    const std::uint64_t count = entry.number < packets.size() ? packets[entry.number] : 0;
    out.push_back({std::move(entry), count});
  }
  return out;
}

void compare(const Record& record, const Hooks& hooks, std::vector<std::string>& differences) {
  for (const RecordedInterface& each : record.interfaces) {
    const std::string where = fmt::format("{} on `{}`", each.workload, each.interface);
    const auto interface = hooks.interfaces.find(each.ifindex);
    if (interface == hooks.interfaces.end()) {
      differences.push_back(fmt::format("{}: the interface is gone", where));
      continue;
    }
    if (interface->second != each.interface) {
      differences.push_back(fmt::format("{}: the interface is now called `{}`", where, interface->second));
    }
    for (const Side side : both_sides) {
      const std::uint32_t expected = side == Side::FromWorkload ? record.from_program : record.to_program;
      const std::uint32_t found = hooks.our_program(each.ifindex, side);
      if (found == expected) continue;
      differences.push_back(
          found == 0
              ? fmt::format("{}: the {} is gone: nothing is denied there", where, gate_name(side))
              : fmt::format("{}: the {} is program {}, not {} of the bundle", where, gate_name(side), found, expected));
    }
  }
}

}  // namespace

Result<Status> status(const StatusOptions& options) {
  Status out;
  const auto file = StateFile::open(options.state_directory, options.lock_timeout_ms);
  if (!file) return std::unexpected(file.error());
  auto record = read_record(*file, out.differences);
  if (!record) return std::unexpected(record.error());
  if (auto recovered = recover(*file, *record, out.recovered); !recovered) return std::unexpected(recovered.error());
  const auto hooks = read_hooks();
  if (!hooks) return std::unexpected(hooks.error());

  if (*record) {
    const Record& known = **record;
    out.bundle = known.bundle;
    out.loaded_at = known.loaded_at;
    out.weft_version = known.weft_version;
    out.profile = known.profile;
    compare(known, *hooks, out.differences);
    if (auto compared = compare_cgroups(known, out.differences); !compared) return std::unexpected(compared.error());
  }

  std::vector<std::uint32_t> seen;
  std::vector<std::uint64_t> egress;
  std::vector<std::uint64_t> ingress;
  for (const auto& [ifindex, name] : hooks->interfaces) {
    const std::uint32_t from = hooks->our_program(ifindex, Side::FromWorkload);
    const std::uint32_t to = hooks->our_program(ifindex, Side::ToWorkload);
    if (from == 0 && to == 0) continue;
    out.loaded = true;
    const RecordedInterface* const known = *record ? (*record)->find(ifindex) : nullptr;
    if (known == nullptr) {
      out.differences.push_back(fmt::format("`{}` has gates of ours that no record knows: unload removes them", name));
    }
    Attached attached{known == nullptr ? "" : known->workload, name, ifindex, {}, {}, {}};
    attached.hook = way_name(hooks->our_gate(ifindex, from != 0 ? Side::FromWorkload : Side::ToWorkload)->way);
    for (const Side side : both_sides) {
      const std::uint32_t id = side == Side::FromWorkload ? from : to;
      if (id == 0) continue;
      const Descriptor program = program_by_id(id);
      if (!program.valid()) {
        if (errno == ENOENT) continue;  // it was detached just now
        return kernel_failure(errno, "W6008", fmt::format("look at program {}", id));
      }
      (side == Side::FromWorkload ? attached.from_workload : attached.to_workload) = program_info(program.get());
      if (auto added = add_counters(id, seen, egress, ingress); !added) return std::unexpected(added.error());
    }
    for (std::string& before_us : run_before_us(*hooks, ifindex)) out.differences.push_back(std::move(before_us));
    out.attached.push_back(std::move(attached));
  }
  if (*record && !(*record)->cgroups.empty()) {
    const PointPrograms& programs = (*record)->cgroup_programs;
    const Descriptor egress_program = program_by_id(programs.at(0)), ingress_program = program_by_id(programs.at(1));
    for (const RecordedCgroup& each : (*record)->cgroups) {
      if (!open_cgroup(each.path, each.id).valid()) continue;
      out.loaded = true;
      out.attached.push_back({each.workload, each.place(), 0, "cgroup", program_info(egress_program.get()),
                              program_info(ingress_program.get())});
    }
    for (const std::size_t gate : {0U, 1U}) {
      if (!(gate == 0 ? egress_program : ingress_program).valid()) continue;
      auto added = add_counters(programs.at(gate), seen, egress, ingress);
      if (!added) return std::unexpected(added.error());
    }
  }
  if (out.loaded) {
    out.egress = join(*record ? (*record)->egress : std::vector<bundle::Entry>{}, egress);
    out.ingress = join(*record ? (*record)->ingress : std::vector<bundle::Entry>{}, ingress);
  }
  return out;
}

Result<Unloaded> unload(const UnloadOptions& options) {
  Unloaded out;
  const auto file = StateFile::open(options.state_directory, options.lock_timeout_ms);
  if (!file) return std::unexpected(file.error());
  auto record = read_record(*file, out.warnings);
  if (!record) return std::unexpected(record.error());
  const auto hooks = read_hooks();
  if (!hooks) return std::unexpected(hooks.error());

  if (*record && (*record)->phase == Record::Phase::Loaded) {
    if (auto asked = ask(options.before_step, "record that everything is about to be detached"); !asked) {
      return std::unexpected(asked.error());
    }
    (*record)->phase = Record::Phase::Unloading;
    if (auto written = file->write(**record); !written) return std::unexpected(written.error());
  }
  const auto swept = sweep(*hooks, *record ? &**record : nullptr, options.before_step);
  if (!swept) return std::unexpected(swept.error());
  std::vector<std::string> places;
  if (*record) {
    auto at_cgroups = sweep_cgroups(**record, options.before_step);
    if (!at_cgroups) return std::unexpected(at_cgroups.error());
    places = std::move(at_cgroups->places);
    out.filters = at_cgroups->gates;
  }
  if (auto asked = ask(options.before_step, "remove the record"); !asked) return std::unexpected(asked.error());
  if (auto removed = file->remove(); !removed) return std::unexpected(removed.error());

  out.interfaces.assign(swept->interfaces.begin(), swept->interfaces.end());
  out.interfaces.insert(out.interfaces.end(), places.begin(), places.end());
  out.filters += swept->filters;
  out.qdiscs = swept->qdiscs;
  out.warnings.insert(out.warnings.end(), swept->warnings.begin(), swept->warnings.end());
  return out;
}

}  // namespace weft::runtime
