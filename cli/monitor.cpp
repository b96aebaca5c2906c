#include "runtime/monitor.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/ending.h"
#include "cli/entry_text.h"

namespace weft::cli {
namespace {

using runtime::Event;
using Json = nlohmann::ordered_json;

std::string moment_text(std::int64_t nanoseconds) {
  const std::time_t seconds = nanoseconds / 1'000'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", parts, nanoseconds / 1'000'000 % 1000);
}

// Who it is: a workload or node by its name; of others what is known is whom they are like to every rule.
std::string end_text(const std::string& address, const std::string& name, bool exact) {
  if (address.empty()) return "?";
  if (name.empty()) return address;
  const bool world = name == "world" || name.starts_with("world ");
  return fmt::format("{}{} ({})", exact || world ? "" : "one of ", printable(name), address);
}

std::string gate_text(const Event& event) {
  const std::string whose = event.workload.empty() ? fmt::format("interface {}", event.ifindex) : event.workload;
  return fmt::format("{} of {}", event.egress ? "egress" : "ingress", printable(whose));
}

// "2027-01-02T03:04:05.678Z deny at egress of shop/web-1: shop/web-1 (10.0.0.1) -> 10.0.0.2 : tcp/22; deny by profile".
std::string text_of(const Event& event) {
  std::string flow = fmt::format("{} -> {}", end_text(event.source, event.source_name, event.source_exact),
                                 end_text(event.destination, event.destination_name, event.destination_exact));
  if (!event.service.empty()) flow += " : " + event.service;
  if (event.source.empty()) flow = fmt::format("a frame of type {:#06x}", event.ethertype);
  std::string out = fmt::format("{} {} at {}: {}; {}", moment_text(event.nanoseconds), event.allowed ? "allow" : "deny",
                                gate_text(event), flow, entry_text(event.entry));
  if (event.logged && event.entry.log && !event.entry.log->empty()) {
    out += fmt::format(" [{}]", printable(*event.entry.log));
  }
  if (event.would_be) {
    out += fmt::format("; without audit {}: {}", event.would_allow ? "allow" : "deny", entry_text(*event.would_be));
  }
  return out + "\n";
}

Json json_of(const bundle::Entry& entry) {
  Json out{{"by", entry.by}};
  if (!entry.policy.empty()) out["policy"] = entry.policy;
  if (!entry.tier.empty()) out["tier"] = entry.tier;
  if (!entry.at.empty()) out["at"] = entry.at;
  if (!entry.text.empty()) out["text"] = entry.text;
  return out;
}

std::string json_line(const Event& event) {
  Json out{{"time", moment_text(event.nanoseconds)},
           {"verdict", event.allowed ? "allow" : "deny"},
           {"gate", event.egress ? "egress" : "ingress"},
           {"workload", event.workload},
           {"interface", event.interface},
           {"source", event.source},
           {"destination", event.destination}};
  const auto add_end = [&](std::string_view end, const std::string& name, bool exact, const auto& class_id) {
    if (exact) out[fmt::format("{}_name", end)] = name;
    if (!class_id) return;
    out[fmt::format("{}_class", end)] = *class_id;
    if (!exact && !name.empty()) out[fmt::format("{}_class_name", end)] = name;
  };
  add_end("source", event.source_name, event.source_exact, event.source_class);
  add_end("destination", event.destination_name, event.destination_exact, event.destination_class);
  out["service"] = event.service;
  if (event.protocol) out["protocol"] = *event.protocol;
  if (event.source_port) out["source_port"] = *event.source_port;
  if (event.destination_port) out["destination_port"] = *event.destination_port;
  out["ethertype"] = event.ethertype;
  out["bytes"] = event.bytes;
  out["decided"] = json_of(event.entry);
  if (event.logged) out["log"] = event.entry.log.value_or("");
  if (event.would_be) {
    Json would = json_of(*event.would_be);
    would["verdict"] = event.would_allow ? "allow" : "deny";
    out["without_audit"] = std::move(would);
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool is_about(const bundle::Entry& entry, const std::string& rule) {
  const bool place = entry.at == rule || entry.at.starts_with(rule + ":");
  return entry.policy == rule || entry.by == rule || place;
}

bool wanted(const Event& event, const MonitorArguments& arguments) {
  const auto names = [&](const std::string& name) {
    return !name.empty() && std::ranges::find(arguments.workloads, name) != arguments.workloads.end();
  };
  if (!arguments.workloads.empty() && !names(event.workload) && !names(event.source_name) &&
      !names(event.destination_name)) {
    return false;
  }
  switch (arguments.verdict) {
    case MonitorArguments::Verdict::Any:
      break;
    case MonitorArguments::Verdict::Allow:
      if (!event.allowed) return false;
      break;
    case MonitorArguments::Verdict::Deny:
      if (event.allowed) return false;
      break;
    case MonitorArguments::Verdict::Audited:
      if (!event.would_be) return false;
      break;
  }
  return arguments.rules.empty() || std::ranges::any_of(arguments.rules, [&](const std::string& rule) {
           return is_about(event.entry, rule) || (event.would_be && is_about(*event.would_be, rule));
         });
}

void tell_losses(const runtime::Losses& before, const runtime::Losses& after, const Messages& messages) {
  const auto tell = [&](std::uint64_t count, std::string_view what) {
    if (count != 0) messages.note(fmt::format("{} {}", count, what));
  };
  tell(after.denied - before.denied, "denials were not told: more came than the program tells of (`build --events`)");
  tell(after.asked_for - before.asked_for,
       "logged or audited packets were not told: more came than the program tells of");
  tell(after.full - before.full, "events were lost: nobody read them in time");
}

}  // namespace

ExitCode run(const MonitorArguments& arguments, Console& console) {
  Ending ending;
  auto monitor = runtime::Monitor::open();
  if (!monitor) {
    console.messages.tell(monitor.error());
    return ExitCode::Usage;
  }
  std::string bundle = monitor->bundle();
  auto before = monitor->losses();
  std::uint64_t shown = 0;
  const auto enough = [&] { return arguments.count && shown >= *arguments.count; };
  const std::time_t until = arguments.seconds ? std::time(nullptr) + static_cast<std::time_t>(*arguments.seconds) : 0;

  while (!ending.wanted() && !enough() && !console.results.closed() && (until == 0 || std::time(nullptr) < until)) {
    const auto polled = monitor->poll(200, [&](const Event& event) {
      if (!wanted(event, arguments)) return true;
      console.results.write(console.common.format == Format::Json ? json_line(event) : text_of(event));
      ++shown;
      return !enough();
    });
    if (!polled) {
      console.messages.tell(polled.error());
      return ExitCode::Usage;
    }
    console.results.flush();  // whoever reads wants to see it now
    if (const auto late = monitor->corrected()) {
      console.messages.note(
          fmt::format("the clock was set: deadlines would have come {:.1f} seconds too {}, and are right again",
                      static_cast<double>(*late < 0 ? -*late : *late) / 1e9, *late < 0 ? "early" : "late"));
    }
    if (monitor->bundle() != bundle) {
      bundle = monitor->bundle();
      before = monitor->losses();
      console.messages.note(fmt::format("another bundle was loaded: {}", bundle));
    }
  }
  if (const auto after = monitor->losses(); before && after) tell_losses(*before, *after, console.messages);
  return ExitCode::Clean;
}

}  // namespace weft::cli
