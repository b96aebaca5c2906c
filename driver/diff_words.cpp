#include "driver/diff.h"

#include <algorithm>

#include <fmt/format.h>

namespace weft::driver {

std::string_view verdict_word(const PolicyDiff& diff) {
  const auto verdict = diff.flows->verdict();
  if (!verdict) return "undecided";
  switch (*verdict) {
    case verifier::Diff::Verdict::Equivalent:
      return "equivalent";
    case verifier::Diff::Verdict::OnlyWidens:
      return "only widens";
    case verifier::Diff::Verdict::OnlyNarrows:
      return "only narrows";
    case verifier::Diff::Verdict::Both:
      return "widens and narrows";
  }
  return "";
}

std::string verdict_sentence(const PolicyDiff& diff) {
  const verifier::Diff& flows = *diff.flows;
  const auto verdict = flows.verdict();
  if (!verdict) {
    std::string out = "it could not be decided whether ";
    out += flows.gained_open && flows.lost_open ? "flows are gained or lost"
           : flows.gained_open                  ? "more flows are gained"
                                                : "more flows are lost";
    if (flows.gains()) out += "; some flows are gained";
    if (flows.loses()) out += "; some flows are lost";
    return out;
  }
  switch (*verdict) {
    case verifier::Diff::Verdict::Equivalent:
      return flows.questions == 0 ? "both policies allow the same flows: no statement in force differs"
                                  : "both policies allow the same flows, however they are written";
    case verifier::Diff::Verdict::OnlyWidens:
      return "every flow that was allowed still is, and more are";
    case verifier::Diff::Verdict::OnlyNarrows:
      return "every flow that is allowed was so before, and some no longer are";
    case verifier::Diff::Verdict::Both:
      return "flows are allowed that were denied, and denied that were allowed";
  }
  return "";
}

std::string others_of(const DifferenceGroup& group) {
  const std::size_t others = group.members.size() - 1;
  if (others == 0) return {};
  return fmt::format("and {}{} other {} for other flows", group.more ? "at least " : "", others,
                     others == 1 ? "statement" : "statements");
}

std::string few_services(const model::PointSet& services) {
  constexpr std::size_t shown = 6;
  const std::string all = model::to_string(services);
  if (services.ranges().size() <= shown) return all;
  std::size_t end = 0;
  for (std::size_t i = 0; i < shown && end != std::string::npos; ++i) end = all.find(", ", end == 0 ? 0 : end + 2);
  if (end == std::string::npos) return all;
  return fmt::format("{} and {} more", all.substr(0, end), std::ranges::count(all.substr(end), ','));
}

std::string text_of(const PairEnds& ends) {
  if (!ends.named) return ends.name;
  return fmt::format("{} ({} {})", ends.name, ends.members.size(), ends.nodes ? "nodes" : "workloads");
}

}  // namespace weft::driver
