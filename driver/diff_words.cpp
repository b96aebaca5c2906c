#include "driver/diff.h"

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

}  // namespace weft::driver
