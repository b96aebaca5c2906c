#include "runtime/update.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <utility>

#include "runtime/clock.h"
#include "runtime/differences.h"
#include "runtime/global_symbols.h"
#include "runtime/kernel_object.h"
#include "runtime/node_addresses.h"
#include "runtime/program_tables.h"
#include "runtime/recover.h"

namespace weft::runtime {
namespace {

using Symbols = std::map<std::string, GlobalSymbol>;

// A journal of more steps takes longer to write than a program to load.
constexpr std::size_t most_steps = 4096;

std::uint64_t nanoseconds_since(std::chrono::steady_clock::time_point begin) {
  const auto elapsed = std::chrono::steady_clock::now() - begin;
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count());
}

bool is_same(const RecordedInterface& recorded, const Target& target) {
  return recorded.workload == target.endpoint->workload && recorded.interface == target.interface &&
         recorded.ifindex == target.ifindex && recorded.is_node == target.is_node;
}

bool is_same(const RecordedCgroup& recorded, const Target& target) {
  return recorded.workload == target.endpoint->workload && recorded.name == target.cgroup.name &&
         recorded.path == target.cgroup.path.string() && recorded.id == target.cgroup.id && recorded.key == target.key;
}

/// Can the program go on with its clock? Which one it is stands in its text.
bool keeps_clock(const Record& record, const bundle::Bundle& bundle, DeadlineClock wanted) {
  if (!bundle.manifest.figures.contains("deadlines")) return true;
  if (!record.clock) return false;  // of before that was recorded
  return wanted == DeadlineClock::Auto || record.clock->tai == (wanted == DeadlineClock::Tai);
}

/// Is the record of a load to just these places?
bool has_places(const Record& record, const Targets& targets) {
  if (record.namespaces.size() != targets.groups.size()) return false;
  std::size_t cgroups = 0;
  for (std::size_t i = 0; i < targets.groups.size(); ++i) {
    const TargetGroup& group = targets.groups[i];
    const RecordedNamespace& part = record.namespaces[i];
    if (part.name != group.where.name || part.where != group.where.id) return false;
    std::size_t interfaces = 0;
    for (const Target& target : group.targets) {
      if (target.is_cgroup()) {
        if (cgroups == record.cgroups.size() || !is_same(record.cgroups[cgroups++], target)) return false;
      } else if (interfaces == part.interfaces.size() || !is_same(part.interfaces[interfaces++], target)) {
        return false;
      }
    }
    if (interfaces != part.interfaces.size()) return false;
  }
  return cgroups == record.cgroups.size();
}

/// Do just the gates of the record hang, whole and in force?
bool is_whole(const Record& record, const std::vector<Ground>& grounds) {
  const auto differs = differences(record, grounds);
  if (!differs || !differs->empty()) return false;
  return std::ranges::all_of(grounds, [&](const Ground& each) { return unknown_gates(&record, each).empty(); });
}

std::optional<std::span<const std::uint8_t>> global(ProgramTables& tables, const Symbols& symbols,
                                                    const std::string& name) {
  const auto symbol = symbols.find(name);
  if (symbol == symbols.end()) return std::nullopt;
  const auto bytes = tables.global(symbol->second);
  return bytes ? *bytes : std::nullopt;
}

/// What has to become other in the tables that one program uses; its steps name sections. None where that is not all.
std::optional<AddressChanges> changes_of(const bundle::Bundle& bundle, const Symbols& symbols,
                                         const std::vector<Target>& targets, ProgramTables& tables) {
  Tables now;
  for (const bundle::MapImage& image : bundle.images) {
    if (image.kind == bundle::MapImage::Kind::Global) {
      const auto bytes = global(tables, symbols, image.name);
      if (!bytes) return std::nullopt;
      now.globals.emplace(image.name, *bytes);
    } else {
      auto entries = tables.entries(image.name);
      if (!entries || *entries == nullptr) return std::nullopt;
      now.maps.emplace(image.name, std::move(**entries));
    }
  }
  // Who is at an interface is read together with who is at the other end, so it stays.
  const auto wanted = endpoint_tables(targets);
  const auto endpoints = global(tables, symbols, "weft_endpoints"),
             slots = global(tables, symbols, "weft_endpoint_slots");
  if (!wanted || !endpoints || !slots) return std::nullopt;
  if (!std::ranges::equal(*endpoints, wanted->endpoints) || !std::ranges::equal(*slots, wanted->slots)) {
    return std::nullopt;
  }
  auto out = address_changes(now, bundle.images);
  if (!out) return out;
  for (TableStep& step : out->steps) {
    if (!step.key.empty()) continue;
    const GlobalSymbol& symbol = symbols.at(step.table);
    step.table = symbol.section;
    step.offset += symbol.offset;
  }
  return out;
}

/// The tables of each program by its id, and what has to become other in them all.
struct Plan {
  std::map<std::uint32_t, ProgramTables> tables;
  std::vector<RecordedStep> steps;
  AddressUpdate update;
};

std::optional<Plan> plan(const bundle::Bundle& bundle, const Targets& targets, const Record& record) {
  const auto symbols = global_symbols(bundle.object);
  if (!symbols) return std::nullopt;
  Plan out;
  for (std::size_t i = 0; i < targets.groups.size(); ++i) {
    if (targets.groups[i].targets.empty()) continue;
    const std::uint32_t program = record.program_in(i);
    auto tables = ProgramTables::open(program);
    if (!tables) return std::nullopt;
    auto changes = changes_of(bundle, *symbols, targets.groups[i].targets, *tables);
    if (!changes) return std::nullopt;
    for (TableStep& step : changes->steps) out.steps.push_back({program, std::move(step)});
    // They hold the same in every namespace.
    out.update = {changes->addresses, changes->networks};
    out.tables.emplace(program, std::move(*tables));
  }
  if (out.steps.size() > most_steps) return std::nullopt;
  return out;
}

/// The steps, one by one; what was done is undone if one of them fails.
Result<void> change(Plan& plan, const BeforeStep& before_step) {
  Result<void> done;
  std::size_t next = 0;
  for (; next < plan.steps.size() && done; ++next) {
    const auto& [program, step] = plan.steps[next];
    if (before_step) done = ask(before_step, fmt::format("change addresses: {} of {}", next + 1, plan.steps.size()));
    if (done) done = plan.tables.at(program).apply(step, step.after);
  }
  if (done) return done;
  Error error = done.error();
  while (next-- > 0) {
    const auto& [program, step] = plan.steps[next];
    const auto undone = plan.tables.at(program).apply(step, step.before);
    if (!undone) error.message += "; and undoing it failed: " + undone.error().message;
  }
  return std::unexpected(std::move(error));
}

Result<void> carry_out(Plan& plan, const StateFile& file, const Record& former, Record& record,
                       const BeforeStep& before_step) {
  const auto back = [&](const Error& error) -> Result<void> {
    Error out = error;
    if (const auto undone = file.write(former); !undone) out.message += "; and " + undone.error().message;
    return std::unexpected(std::move(out));
  };
  if (!plan.steps.empty()) {
    if (auto asked = ask(before_step, "record which addresses are about to change"); !asked) return asked;
    record.phase = Record::Phase::Updating;
    record.steps = plan.steps;
    if (auto written = file.write(record); !written) return written;
    if (const auto changed = change(plan, before_step); !changed) return back(changed.error());
  }
  record.phase = Record::Phase::Loaded;
  record.steps.clear();
  auto asked = ask(before_step, "record what is attached");
  if (asked) asked = file.write(record);
  if (asked || plan.steps.empty()) return asked;
  for (auto each = plan.steps.rbegin(); each != plan.steps.rend(); ++each) {
    if (auto undone = plan.tables.at(each->program).apply(each->step, each->step.before); !undone) return undone;
  }
  return back(asked.error());
}

void describe(const Record& record, const Targets& targets, const std::vector<Ground>& grounds, Loaded& out) {
  for (const TargetGroup& group : targets.groups) {
    std::ranges::move(unlisted_addresses(group), std::back_inserter(out.unlisted));
  }
  const auto program = [](std::uint32_t id) { return program_info(program_by_id(id).get()); };
  for (const RecordedNamespace& part : record.namespaces) {
    const Program from = program(part.from_program), to = program(part.to_program);
    for (const RecordedInterface& each : part.interfaces) {
      out.attached.push_back({each.workload, Namespace{part.name}.place(each.interface), each.ifindex,
                              std::string(way_name(record.way)), from, to});
      const auto ground = std::ranges::find(grounds, part.where, [](const Ground& ours) { return ours.where.id; });
      for (std::string& before_us : run_before_us(*ground, each.ifindex)) out.warnings.push_back(std::move(before_us));
    }
  }
  for (const RecordedCgroup& each : record.cgroups) {
    out.attached.push_back({each.workload, each.place(), 0, "cgroup", program(record.cgroup_programs[0]),
                            program(record.cgroup_programs[1])});
  }
}

}  // namespace

std::string object_hash(const bundle::Bundle& bundle) {
  return bundle::sha256({reinterpret_cast<const char*>(bundle.object.data()), bundle.object.size()});
}

void describe_bundle(const bundle::Bundle& bundle, Record& record) {
  record.weft_version = bundle.manifest.weft_version;
  record.profile = bundle.manifest.profile;
  record.egress = bundle.manifest.egress;
  record.ingress = bundle.manifest.ingress;
  record.classes = bundle.manifest.classes;
  record.names.clear();
  for (const bundle::Endpoint& endpoint : bundle.manifest.endpoints) {
    for (const bundle::EndpointAddress& each : endpoint.addresses) record.names[each.address] = endpoint.workload;
  }
}

Result<bool> update_addresses(const bundle::Bundle& bundle, const Targets& targets, const LoadOptions& options,
                              Loaded& out) {
  const auto begin = std::chrono::steady_clock::now();
  const auto file = StateFile::open(options.state_directory, options.lock_timeout_ms);
  if (!file) return std::unexpected(file.error());
  // What cannot be read, or was left half-way, is the business of a whole load.
  const auto former = file->read();
  if (!former || !*former || (*former)->phase != Record::Phase::Loaded) return false;
  if ((*former)->object != object_hash(bundle)) return false;
  if (!keeps_clock(**former, bundle, options.clock)) return false;
  const auto way = choose_way(options.hook);
  if (!way || *way != (*former)->way || !has_places(**former, targets)) return false;
  const auto grounds = grounds_of(&**former);
  if (!grounds || !is_whole(**former, *grounds)) return false;
  auto planned = plan(bundle, targets, **former);
  if (!planned) return false;
  out.times.compare = nanoseconds_since(begin);

  const auto changing = std::chrono::steady_clock::now();
  Record record = **former;
  if (!planned->steps.empty() || record.bundle != out.bundle) {
    record.bundle = out.bundle;
    record.loaded_at = time_of_record();
    describe_bundle(bundle, record);
    auto done = carry_out(*planned, *file, **former, record, options.before_step);
    if (!done) return std::unexpected(done.error());
  }
  // The time of day may have been set since the program was loaded.
  if (auto corrected = correct_deadlines(record); !corrected) return std::unexpected(corrected.error());
  out.times.change = nanoseconds_since(changing);
  out.updated = planned->update;
  out.replaced = true;
  out.keeps_connections = true;
  describe(record, targets, *grounds, out);
  return true;
}

Result<void> finish_update(const Record& record) {
  std::map<std::uint32_t, ProgramTables> tables;
  for (const auto& [program, step] : record.steps) {
    if (!tables.contains(program)) {
      // With its last gate a program is gone, and so is what it would have judged.
      if (!program_by_id(program).valid()) continue;
      auto opened = ProgramTables::open(program);
      if (!opened) return std::unexpected(opened.error());
      tables.emplace(program, std::move(*opened));
    }
    if (auto done = tables.at(program).apply(step, step.after); !done) return done;
  }
  return {};
}

}  // namespace weft::runtime
