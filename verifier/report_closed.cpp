#include "verifier/report_closed.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/only_place.h"
#include "base/text.h"
#include "model/moment.h"
#include "verifier/diagnostics.h"
#include "verifier/report_text.h"

namespace weft::verifier {

namespace {

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

std::string owners(const RangeWithOwners& range) {
  std::string out;
  if (range.workloads > 0) out = counted(range.workloads, "workload", "workloads");
  if (range.nodes > 0) out += (out.empty() ? "" : " and ") + counted(range.nodes, "node", "nodes");
  return out;
}

class ClosedReporter {
 public:
  ClosedReporter(const model::Policy& policy, const Sources& sources, Diagnostics& diagnostics)
      : policy_(policy), sources_(sources), diagnostics_(diagnostics) {}

  void say(const NobodySelected& found) {
    Diagnostic& out = diagnostics_.report(matches_nobody, place_in(sources_, found.span), in_code(found.selector));
    if (found.further > 0) {
      out.note(fmt::format("{} of it", found.further == 1
                                           ? "another statement makes use"
                                           : fmt::format("{} other statements make use", found.further)));
    }
    out.note(in_inventory);
    if (found.misspelt) {
      say_meant(out, found);
    } else {
      out.suggest("compare its labels with those of the workloads that are meant, or wait for them");
    }
  }

  void say(const RangeWithOwners& found) {
    const auto place = place_in(sources_, found.span);
    Diagnostic& out = found.world_only
                          ? diagnostics_.report(world_range_with_owners, place, in_code(found.range), owners(found))
                          : diagnostics_.report(range_with_owners, place, in_code(found.range), owners(found),
                                                found.with_labels ? std::string_view(" as well as their labels")
                                                                  : std::string_view(", whatever their labels say"));
    out.note(fmt::format("for example `{}` at {}", found.example, model::to_string(found.example_address)));
    if (found.further > 0) {
      out.note(fmt::format("the range stands in {} more", counted(found.further, "statement", "statements")));
    }
    out.note(in_inventory);
    if (found.world_only) {
      out.suggest("select them by their labels, or write `addr` to match whoever has such an address");
    } else if (found.with_labels) {
      out.suggest("leave the range out: an address goes to somebody else when its owner is gone");
    } else {
      out.suggest("select them by their labels: an address goes to somebody else when its owner is gone")
          .suggest("write `world` before the range to mean those outside, or except the ranges of workloads with `\\`");
    }
  }

  void say(const NoNames& found) {
    const std::size_t count = found.workloads.size();
    std::optional<Span> place;
    if (found.decider) place = place_in(sources_, span_of(policy_, *found.decider));
    if (!place && policy_.profile_stated) place = place_in(sources_, *policy_.profile_stated);
    Diagnostic& out = diagnostics_.report(no_names, place,
                                          count == 1 ? fmt::format("`{}` may", found.workloads.front())
                                                     : fmt::format("`{}` and {} more may", found.workloads.front(),
                                                                   counted(count - 1, "workload", "workloads")));
    if (found.decider) out.at("denies the question");
    out.note(fmt::format("for example `{}` -> {} : {} is allowed", found.workloads.front(),
                         found.reached.starts_with("world") ? found.reached : fmt::format("`{}`", found.reached),
                         model::to_string(found.service)));
    out.note(in_inventory)
        .suggest("allow udp/53 and tcp/53 to the name service: `import std.dns` has the rules")
        .suggest("where the workloads need no names, set `W3023 = \"allow\"` in the `[lint]` of the project");
  }

  void say_expiring(const model::Rule& rule, model::Moment now) {
    const std::int64_t seconds = static_cast<std::int64_t>(*rule.expires) - static_cast<std::int64_t>(now);
    const std::int64_t days = seconds / 86'400;
    Diagnostic& out = diagnostics_.report(
        expires_soon, place_in(sources_, rule.span), model::to_string(*rule.expires),
        days == 0 ? "in less than a day" : "in " + counted(static_cast<std::size_t>(days), "day", "days"));
    if (rule.used_at) add_label(out, sources_, *rule.used_at, "in this use of its template");
    out.suggest("give it a later date if it is still needed, or delete it");
  }

 private:
  void say_meant(Diagnostic& out, const NobodySelected& found) {
    const auto& [key, written, meant] = *found.misspelt;
    const std::string title = fmt::format(
        "did you mean {}, which somebody has as {}?", in_code(in_quotes(meant)), in_code(model::to_string(key)));
    Span where = found.span;
    if (found.group && place_in(sources_, where)) {  // which is at its name
      const std::string& text = sources_[where.source].text();
      where.end = static_cast<std::uint32_t>(std::min(text.find('\n', where.begin), text.size()));
    }
    const auto place = place_in(sources_, where);
    const auto value = place ? only_place(sources_, *place, in_quotes(written)) : std::nullopt;
    if (value) {
      out.fix(title, *value, in_quotes(meant), Applicability::MaybeIncorrect);
    } else {
      out.suggest(title);
    }
  }

  static constexpr const char* in_inventory = "in the inventory: of other workloads this says nothing";

  const model::Policy& policy_;
  const Sources& sources_;
  Diagnostics& diagnostics_;
};

}  // namespace

void report_closed(const Report& report, const model::Policy& policy, const Sources& sources,
                   Diagnostics& diagnostics) {
  ClosedReporter reporter(policy, sources, diagnostics);
  for (const NobodySelected& found : report.closed.nobody) reporter.say(found);
  for (const RangeWithOwners& found : report.closed.ranges) reporter.say(found);
  for (const NoNames& found : report.closed.no_names) reporter.say(found);
  for (const model::RuleId rule : report.expiring) reporter.say_expiring(policy[rule], report.now);
}

}  // namespace weft::verifier
