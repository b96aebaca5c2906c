#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "bundle/bundle.h"
#include "cli/commands.h"
#include "cli/entry_text.h"
#include "cli/pairs.h"
#include "runtime/pairs.h"
#include "runtime/runtime.h"
#include "runtime/verify.h"
#include "runtime/without_audit.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json program_json(const runtime::Program& program) {
  return {{"id", program.id},
          {"name", program.name},
          {"tag", program.tag},
          {"instructions", program.instructions},
          {"verified", program.verified}};
}

Json attached_json(const std::vector<runtime::Attached>& attached) {
  Json out = Json::array();
  for (const runtime::Attached& each : attached) {
    out.push_back({{"workload", each.workload},
                   {"interface", each.interface},
                   {"ifindex", each.ifindex},
                   {"hook", each.hook},
                   {"from_workload", program_json(each.from_workload)},
                   {"to_workload", program_json(each.to_workload)}});
  }
  return out;
}

double milliseconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

std::string count(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

/// What an update did, and how long it took.
std::string updated_text(const runtime::Loaded& loaded) {
  const runtime::AddressUpdate& update = *loaded.updated;
  std::string what;
  if (update.addresses != 0) what = count(update.addresses, "address", "addresses");
  if (update.networks != 0) what += (what.empty() ? "" : ", ") + count(update.networks, "network", "networks");
  std::string out = what.empty()
                        ? fmt::format("loaded {}: nothing to change; program and counters kept\n", loaded.bundle)
                        : fmt::format(
                              "loaded {} in place of what was loaded: only addresses changed: {}; program, counters "
                              "and connections kept\n",
                              loaded.bundle, what);
  for (const runtime::Attached& each : loaded.attached) {
    out += fmt::format("  {} at {} ({})\n", printable(each.workload), printable(each.interface), each.hook);
  }
  for (const std::string& each : loaded.skipped) out += fmt::format("  left out: {}\n", printable(each));
  return out + fmt::format("  compare {:.1f} ms, change {:.1f} ms\n", milliseconds(loaded.times.compare),
                           milliseconds(loaded.times.change));
}

std::string loaded_text(const runtime::Loaded& loaded) {
  if (loaded.updated) return updated_text(loaded);
  std::string out = fmt::format("loaded {}{}: {} of {}; {} map {}, {} bytes of tables\n", loaded.bundle,
                                loaded.replaced ? " in place of what was loaded" : "", loaded.attached.size(),
                                loaded.attached.size() + loaded.skipped.size() == 1
                                    ? "1 workload"
                                    : fmt::format("{} workloads", loaded.attached.size() + loaded.skipped.size()),
                                loaded.map_entries, loaded.map_entries == 1 ? "entry" : "entries", loaded.global_bytes);
  for (const runtime::Attached& each : loaded.attached) {
    out += fmt::format("  {} at {} ({})\n", printable(each.workload), printable(each.interface), each.hook);
  }
  for (const std::string& each : loaded.skipped) out += fmt::format("  left out: {}\n", printable(each));
  for (const std::string& each : loaded.detached) out += fmt::format("  detached: {}\n", printable(each));
  out += fmt::format("  open {:.1f} ms, kernel {:.1f} ms, fill {:.1f} ms, attach {:.1f} ms\n",
                     milliseconds(loaded.times.open), milliseconds(loaded.times.kernel),
                     milliseconds(loaded.times.fill), milliseconds(loaded.times.attach));
  return out;
}

Json loaded_json(const runtime::Loaded& loaded) {
  std::vector<std::string> warnings;
  for (const Error& unlisted : loaded.unlisted)
    warnings.push_back(fmt::format("{}: {}", unlisted.code, unlisted.message));
  warnings.insert(warnings.end(), loaded.warnings.begin(), loaded.warnings.end());
  Json updated;  // null: programs and tables were loaded
  if (loaded.updated) updated = {{"addresses", loaded.updated->addresses}, {"networks", loaded.updated->networks}};
  return {{"bundle", loaded.bundle},
          {"replaced", loaded.replaced},
          {"updated", std::move(updated)},
          {"keeps_connections", loaded.keeps_connections},
          {"attached", attached_json(loaded.attached)},
          {"skipped", loaded.skipped},
          {"detached", loaded.detached},
          {"warnings", std::move(warnings)},
          {"map_entries", loaded.map_entries},
          {"global_bytes", loaded.global_bytes},
          {"nanoseconds",
           {{"open", loaded.times.open},
            {"kernel", loaded.times.kernel},
            {"fill", loaded.times.fill},
            {"attach", loaded.times.attach},
            {"compare", loaded.times.compare},
            {"change", loaded.times.change}}}};
}

std::string gate_text(std::string_view name, const std::vector<runtime::Hits>& hits) {
  std::string out = fmt::format("{} gates, packets by what decided:\n", name);
  bool any = false;
  for (const runtime::Hits& each : hits) {
    if (each.packets == 0) continue;
    any = true;
    out += fmt::format("  {:>12}  {}\n", each.packets, entry_text(each.entry));
  }
  return any ? out : fmt::format("{} gates: no packets\n", name);
}

std::string audit_text(std::string_view name, const std::vector<runtime::Hits>& hits) {
  if (hits.empty()) return "";
  std::string out =
      fmt::format("{} gates, denied packets and new connections by what would decide without audit:\n", name);
  for (const runtime::Hits& each : hits) out += fmt::format("  {:>12}  {}\n", each.packets, entry_text(each.entry));
  return out;
}

std::string status_text(const runtime::Status& status, const runtime::WithoutAudit& without_audit) {
  if (!status.loaded && status.differences.empty()) return "nothing is loaded in this network namespace\n";
  std::string out =
      fmt::format("bundle {} loaded {} (weft {}, profile {})\n", status.bundle.empty() ? "unknown" : status.bundle,
                  status.loaded_at.empty() ? "at an unknown time" : status.loaded_at,
                  status.weft_version.empty() ? "unknown" : status.weft_version,
                  status.profile.empty() ? "unknown" : status.profile);
  for (const runtime::Attached& each : status.attached) {
    out += fmt::format("  {} at {} ({}): programs {} (from) and {} (to)\n", printable(each.workload),
                       printable(each.interface), each.hook, each.from_workload.id, each.to_workload.id);
  }
  out += gate_text("egress", status.egress) + gate_text("ingress", status.ingress);
  out += audit_text("egress", without_audit.egress) + audit_text("ingress", without_audit.ingress);
  for (const std::string& each : status.differences) out += fmt::format("differs: {}\n", printable(each));
  return out;
}

Json hits_json(const std::vector<runtime::Hits>& hits) {
  Json out = Json::array();
  for (const runtime::Hits& each : hits) {
    Json entry{
        {"entry", each.entry.number}, {"packets", each.packets}, {"action", each.entry.action}, {"by", each.entry.by}};
    if (!each.entry.policy.empty()) entry["policy"] = each.entry.policy;
    if (!each.entry.tier.empty()) entry["tier"] = each.entry.tier;
    if (!each.entry.at.empty()) entry["at"] = each.entry.at;
    if (!each.entry.text.empty()) entry["text"] = each.entry.text;
    out.push_back(std::move(entry));
  }
  return out;
}

std::string verified_text(const runtime::Verified& verified) {
  std::string out;
  for (const std::string& each : verified.differences) out += fmt::format("differs: {}\n", printable(each));
  if (!out.empty()) return out;
  out = fmt::format("verified: {}", count(verified.tables, "table", "tables"));
  if (verified.entries != 0) out += fmt::format(" and {}", count(verified.entries, "map entry", "map entries"));
  return out + " are those of the bundle\n";
}

Json verified_json(const std::optional<runtime::Verified>& verified) {
  if (!verified) return nullptr;
  return {{"programs", verified->programs},
          {"tables", verified->tables},
          {"entries", verified->entries},
          {"differences", verified->differences}};
}

Json deadlines_json(const std::optional<runtime::Deadlines>& deadlines) {
  if (!deadlines) return nullptr;
  Json out{{"clock", deadlines->clock == runtime::DeadlineClock::Tai ? "tai" : "boot"}, {"seconds_late", nullptr}};
  if (deadlines->late) out["seconds_late"] = static_cast<double>(*deadlines->late / 1'000'000) / 1000;
  return out;
}

Json status_json(const runtime::Status& status, const runtime::WithoutAudit& without_audit,
                 const std::optional<runtime::Verified>& verified) {
  return {
      {"loaded", status.loaded},
      {"bundle", status.bundle},
      {"loaded_at", status.loaded_at},
      {"weft_version", status.weft_version},
      {"profile", status.profile},
      {"attached", attached_json(status.attached)},
      {"egress", hits_json(status.egress)},
      {"ingress", hits_json(status.ingress)},
      {"without_audit", {{"egress", hits_json(without_audit.egress)}, {"ingress", hits_json(without_audit.ingress)}}},
      {"deadlines", deadlines_json(status.deadlines)},
      {"differences", status.differences},
      {"recovered", status.recovered},
      {"verified", verified_json(verified)}};
}

std::string_view word(runtime::Check::State state) {
  switch (state) {
    case runtime::Check::State::Ok:
      return "ok";
    case runtime::Check::State::Missing:
      return "missing";
    case runtime::Check::State::Optional:
      return "optional";
    case runtime::Check::State::Unknown:
      return "unknown";
  }
  return "";
}

ExitCode failed(const Error& error, Console& console) {
  console.messages.tell(error);
  return ExitCode::Usage;
}

// What the clock of the loaded programs comes to; more than a second is a finding.
std::optional<Error> late(const runtime::Status& status) {
  constexpr std::int64_t second = 1'000'000'000;
  if (!status.deadlines) return std::nullopt;
  if (!status.deadlines->late) {
    return Error{"W6021", "the programs were never told what time it is, so they deny everything",
                 "load the bundle again: weft load BUNDLE"};
  }
  const std::int64_t off = *status.deadlines->late;
  if (off <= second && off >= -second) return std::nullopt;
  return Error{"W6021",
               fmt::format("deadlines come {:.1f} seconds too {}: the clock was set after the bundle was loaded",
                           static_cast<double>(off < 0 ? -off : off) / 1e9, off < 0 ? "early" : "late"),
               "load the bundle again: weft load BUNDLE"};
}

ExitCode show_pairs(Console& console) {
  const auto pairs = runtime::pairs();
  if (!pairs) return failed(pairs.error(), console);
  console.results.write(console.common.format == Format::Json ? pairs_json(*pairs) : pairs_text(*pairs));
  return ExitCode::Clean;
}

}  // namespace

ExitCode run(const LoadArguments& arguments, Console& console) {
  std::string identity;
  const auto bundle = bundle::read(arguments.bundle, identity);
  if (!bundle) return failed(bundle.error(), console);

  runtime::LoadOptions options;
  options.interfaces = arguments.interfaces;
  options.only = arguments.only;
  options.skip_missing = arguments.skip_missing;
  options.hook = arguments.hook;
  options.anew = arguments.anew;
  options.identity = std::move(identity);
  const auto loaded = runtime::load(*bundle, options);
  if (!loaded) return failed(loaded.error(), console);

  for (const Error& unlisted : loaded->unlisted) console.messages.warn(unlisted);
  for (const std::string& warning : loaded->warnings)
    console.messages.note(fmt::format("warning: {}", printable(warning)));
  console.results.write(console.common.format == Format::Json ? dumped(loaded_json(*loaded)) : loaded_text(*loaded));
  return ExitCode::Clean;
}

ExitCode run(const UnloadArguments&, Console& console) {
  const auto unloaded = runtime::unload();
  if (!unloaded) return failed(unloaded.error(), console);

  for (const std::string& warning : unloaded->warnings)
    console.messages.note(fmt::format("warning: {}", printable(warning)));
  if (console.common.format == Format::Json) {
    console.results.write(dumped({{"interfaces", unloaded->interfaces},
                                  {"filters", unloaded->filters},
                                  {"qdiscs", unloaded->qdiscs},
                                  {"warnings", unloaded->warnings}}));
  } else if (unloaded->interfaces.empty()) {
    console.results.write("nothing was loaded in this network namespace\n");
  } else {
    console.results.write(
        fmt::format("detached {} filters from {}\n", unloaded->filters, fmt::join(unloaded->interfaces, ", ")));
  }
  return ExitCode::Clean;
}

ExitCode run(const StatusArguments& arguments, Console& console) {
  if (arguments.pairs) return show_pairs(console);
  std::string identity;
  std::optional<bundle::Bundle> bundle;
  if (!arguments.verify.empty()) {
    auto read = bundle::read(arguments.verify, identity);
    if (!read) return failed(read.error(), console);
    bundle = std::move(*read);
  }
  const auto status = runtime::status();
  if (!status) return failed(status.error(), console);
  const auto without_audit = runtime::without_audit();
  if (!without_audit) return failed(without_audit.error(), console);
  std::optional<runtime::Verified> verified;
  if (bundle) {
    auto compared = runtime::verify(*bundle, identity);
    if (!compared) return failed(compared.error(), console);
    verified = std::move(*compared);
  }

  for (const std::string& each : status->recovered)
    console.messages.note(fmt::format("recovered: {}", printable(each)));
  console.results.write(console.common.format == Format::Json
                            ? dumped(status_json(*status, *without_audit, verified))
                            : status_text(*status, *without_audit) + (verified ? verified_text(*verified) : ""));
  const auto off = late(*status);
  if (off) console.messages.tell(*off);
  const bool is_as_loaded = status->differences.empty() && (!verified || verified->differences.empty()) && !off;
  return is_as_loaded ? ExitCode::Clean : ExitCode::Findings;
}

ExitCode run(const DoctorArguments&, Console& console) {
  const std::vector<runtime::Check> checks = runtime::doctor();
  const auto any = [&](runtime::Check::State state) {
    return std::ranges::find(checks, state, &runtime::Check::state) != checks.end();
  };
  const ExitCode code = any(runtime::Check::State::Missing)   ? ExitCode::Usage
                        : any(runtime::Check::State::Unknown) ? ExitCode::Undecided
                                                              : ExitCode::Clean;
  if (console.common.format == Format::Json) {
    Json list = Json::array();
    for (const runtime::Check& check : checks) {
      list.push_back(
          {{"name", check.name}, {"state", word(check.state)}, {"found", check.found}, {"help", check.help}});
    }
    console.results.write(dumped({{"exit_code", static_cast<int>(code)}, {"checks", std::move(list)}}));
    return code;
  }
  // What helps with several is said behind the first of them.
  std::set<std::string_view> said;
  for (const runtime::Check& check : checks) {
    console.results.write(fmt::format("{:<9} {}: {}\n", word(check.state), check.name, check.found));
    if (!check.help.empty() && said.insert(check.help).second) {
      console.results.write(fmt::format("{:<9}   {}\n", "", check.help));
    }
  }
  return code;
}

}  // namespace weft::cli
