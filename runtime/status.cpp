#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <set>

#include "bundle/abi.h"
#include "runtime/cgroup_steps.h"
#include "runtime/clock.h"
#include "runtime/differences.h"
#include "runtime/kernel_object.h"
#include "runtime/recover.h"
#include "runtime/runtime.h"
#include "runtime/without_audit.h"

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
          fixed(WEFT_ENTRY_NON_IP, "deny", "non-ip"),       fixed(WEFT_ENTRY_FORWARDED, "allow", "forwarded"),
          fixed(WEFT_ENTRY_FRAGMENT, "deny", "fragment")};
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

/// The programs that were counted already, and what they counted.
struct Counted {
  std::vector<std::uint32_t> seen;
  Counters counters;
};

/// What hangs in one namespace, into `out`.
Result<void> look(const Ground& ground, const Record* record, Counted& counted, Status& out) {
  const Hooks& hooks = ground.hooks;
  std::ranges::move(unknown_gates(record, ground), std::back_inserter(out.differences));
  for (const auto& [ifindex, name] : hooks.interfaces) {
    const Filter* const first = hooks.our_gate(ifindex, Side::FromWorkload);
    const Filter* const second = hooks.our_gate(ifindex, Side::ToWorkload);
    if (first == nullptr && second == nullptr) continue;
    out.loaded = true;
    const std::string place = ground.where.place(name);
    const RecordedInterface* const known = record == nullptr ? nullptr : record->find(ground.where.id, ifindex);
    Attached attached{known == nullptr ? "" : known->workload, place, ifindex, {}, {}, {}};
    attached.hook = way_name((first != nullptr ? first : second)->way);
    for (const Filter* const each : {first, second}) {
      if (each == nullptr) continue;
      const Descriptor program = program_by_id(each->program_id);
      if (!program.valid()) {
        if (errno == ENOENT) continue;  // it was detached just now
        return kernel_failure(errno, "W6008", fmt::format("look at program {}", each->program_id));
      }
      (each->gate() == Side::FromWorkload ? attached.from_workload : attached.to_workload) =
          program_info(program.get());
      auto added = add_counters(each->program_id, counted.seen, counted.counters);
      if (!added) return std::unexpected(added.error());
    }
    for (std::string& before_us : run_before_us(ground, ifindex)) out.differences.push_back(std::move(before_us));
    out.attached.push_back(std::move(attached));
  }
  return {};
}

Result<void> look_at_cgroups(const Record& record, Counted& counted, Status& out) {
  if (record.cgroups.empty()) return {};
  const PointPrograms& programs = record.cgroup_programs;
  const Descriptor egress_program = program_by_id(programs.at(0)), ingress_program = program_by_id(programs.at(1));
  for (const RecordedCgroup& each : record.cgroups) {
    if (!open_cgroup(each.path, each.id).valid()) continue;
    out.loaded = true;
    out.attached.push_back({each.workload, each.place(), 0, "cgroup", program_info(egress_program.get()),
                            program_info(ingress_program.get())});
  }
  for (const std::size_t gate : {0U, 1U}) {
    if (!(gate == 0 ? egress_program : ingress_program).valid()) continue;
    if (auto added = add_counters(programs.at(gate), counted.seen, counted.counters); !added) return added;
  }
  return {};
}

}  // namespace

Result<Status> status(const StatusOptions& options) {
  Status out;
  const auto file = StateFile::open(options.state_directory, options.lock_timeout_ms);
  if (!file) return std::unexpected(file.error());
  auto read = read_record(*file, out.differences);
  if (!read) return std::unexpected(read.error());
  if (auto recovered = recover(*file, *read, out.recovered); !recovered) return std::unexpected(recovered.error());
  const Record* const record = *read ? &**read : nullptr;
  const auto grounds = grounds_of(record);
  if (!grounds) return std::unexpected(grounds.error());

  if (record != nullptr) {
    out.bundle = record->bundle;
    out.loaded_at = record->loaded_at;
    out.weft_version = record->weft_version;
    out.profile = record->profile;
    auto differs = differences(*record, *grounds);
    if (!differs) return std::unexpected(differs.error());
    std::ranges::move(*differs, std::back_inserter(out.differences));
    auto deadlines = deadlines_of(*record);
    if (!deadlines) return std::unexpected(deadlines.error());
    out.deadlines = *deadlines;
  }

  Counted counted;
  for (const Ground& ground : *grounds) {
    if (auto looked = look(ground, record, counted, out); !looked) return std::unexpected(looked.error());
  }
  if (record != nullptr) {
    if (auto looked = look_at_cgroups(*record, counted, out); !looked) return std::unexpected(looked.error());
  }
  if (out.loaded) {
    const Counters& counters = counted.counters;
    out.egress = join(record == nullptr ? std::vector<bundle::Entry>{} : record->egress, counters.egress.packets);
    out.ingress = join(record == nullptr ? std::vector<bundle::Entry>{} : record->ingress, counters.ingress.packets);
  }
  return out;
}

Result<WithoutAudit> without_audit(const StatusOptions& options) {
  WithoutAudit out;
  const auto file = StateFile::open(options.state_directory, options.lock_timeout_ms);
  if (!file) return std::unexpected(file.error());
  std::vector<std::string> trouble;
  const auto record = read_record(*file, trouble);
  if (!record) return std::unexpected(record.error());
  if (!*record || (*record)->phase != Record::Phase::Loaded) return out;
  Counted counted;
  std::vector<std::uint32_t> programs((*record)->cgroup_programs.begin(), (*record)->cgroup_programs.begin() + 2);
  for (const RecordedNamespace& part : (*record)->namespaces) {
    programs.insert(programs.end(), {part.from_program, part.to_program});
  }
  for (const std::uint32_t program : programs) {
    if (!program_by_id(program).valid()) continue;
    if (auto added = add_counters(program, counted.seen, counted.counters); !added)
      return std::unexpected(added.error());
  }
  const auto decided = [](const std::vector<bundle::Entry>& entries, const std::vector<std::uint64_t>& packets) {
    std::vector<Hits> hits = join(entries, packets);
    std::erase_if(hits, [](const Hits& each) { return each.packets == 0; });
    return hits;
  };
  out.egress = decided((*record)->egress, counted.counters.egress.without_audit);
  out.ingress = decided((*record)->ingress, counted.counters.ingress.without_audit);
  return out;
}

Result<Unloaded> unload(const UnloadOptions& options) {
  Unloaded out;
  const auto file = StateFile::open(options.state_directory, options.lock_timeout_ms);
  if (!file) return std::unexpected(file.error());
  auto record = read_record(*file, out.warnings);
  if (!record) return std::unexpected(record.error());
  const auto grounds = grounds_of(*record ? &**record : nullptr);
  if (!grounds) return std::unexpected(grounds.error());
  if (*record) out.warnings = lost_places(**record, *grounds);

  const bool is_there =
      *record && ((*record)->phase == Record::Phase::Loaded || (*record)->phase == Record::Phase::Updating);
  if (is_there) {
    if (auto asked = ask(options.before_step, "record that everything is about to be detached"); !asked) {
      return std::unexpected(asked.error());
    }
    (*record)->phase = Record::Phase::Unloading;
    if (auto written = file->write(**record); !written) return std::unexpected(written.error());
  }
  Swept swept;
  for (const Ground& ground : *grounds) {
    auto done = sweep(ground, *record ? &**record : nullptr, options.before_step, swept);
    if (!done) return std::unexpected(done.error());
  }
  std::vector<std::string> places;
  if (*record) {
    auto at_cgroups = sweep_cgroups(**record, options.before_step);
    if (!at_cgroups) return std::unexpected(at_cgroups.error());
    places = std::move(at_cgroups->places);
    out.filters = at_cgroups->gates;
  }
  if (auto asked = ask(options.before_step, "remove the record"); !asked) return std::unexpected(asked.error());
  if (auto removed = file->remove(); !removed) return std::unexpected(removed.error());

  out.interfaces.assign(swept.interfaces.begin(), swept.interfaces.end());
  out.interfaces.insert(out.interfaces.end(), places.begin(), places.end());
  out.filters += swept.filters;
  out.qdiscs = swept.qdiscs;
  out.warnings.insert(out.warnings.end(), swept.warnings.begin(), swept.warnings.end());
  return out;
}

}  // namespace weft::runtime
