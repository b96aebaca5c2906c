#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "model/moment.h"
#include "verifier/diagnostics.h"
#include "verifier/path_chain.h"
#include "verifier/report_closed.h"
#include "verifier/report_dead.h"
#include "verifier/report_text.h"
#include "verifier/verifier.h"

namespace weft::verifier {

using model::Direction;
using model::GateDecision;
using model::Rule;
using model::Verdict;

namespace {

// "until 2027-01-31", "from 2027-01-31 on"; the time from which the report looks is no beginning to speak of.
std::string text_of(const Interval& when, model::Moment start) {
  const std::string until = when.until ? "until " + model::to_string(*when.until) : "";
  if (when.from == start) return until;
  const std::string from = "from " + model::to_string(when.from);
  return when.until ? from + " " + until : from + " on";
}

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

// When the first of two rules expires, if either does.
std::optional<model::Moment> common_end(const Rule& a, const Rule& b) {
  if (!a.expires || !b.expires) return a.expires ? a.expires : b.expires;
  return std::min(*a.expires, *b.expires);
}

class Reporter {
 public:
  Reporter(const model::Policy& policy, const Sources& sources, model::Moment start, Diagnostics& diagnostics)
      : policy_(policy), sources_(sources), start_(start), diagnostics_(diagnostics) {}

  void say(const Finding& finding) {
    if (finding.kind == Finding::Kind::Conflict) {
      say_conflict(finding);
    } else {
      say_ambiguous(finding);
    }
  }

  void say(const model::Assertion& assertion, const AssertionResult& result) {
    const Answer& answer = result.answer;
    if (const auto* refuted = std::get_if<Refuted>(&answer)) {
      if (refuted->chain.empty()) {
        say_broken(assertion, result, refuted->witness);
      } else {
        say_chain(assertion, result, refuted->chain);
      }
    } else if (const auto* proved = std::get_if<Proved>(&answer)) {
      if (!proved->vacuous) return;
      Diagnostic& out =
          diagnostics_.report(vacuous_assertion, place(assertion.span), in_code(as_written(assertion)), proved->why);
      show_use(out, assertion);
      out.suggest("compare its labels, addresses and ports with those the policy knows");
    } else {
      Diagnostic& out = diagnostics_.report(undecided, place(assertion.span), in_code(as_written(assertion)),
                                            std::get<Undecided>(answer).why);
      show_use(out, assertion);
      say_parts(out, result);
      out.note("the assertion counts as neither proved nor broken");
      if (std::get<Undecided>(answer).why == no_inventory_given) {
        out.suggest(
            "give one with `--inventory FILE`, or name a directory that holds the policy and an `inventory.yaml`");
        return;
      }
      if (std::get<Undecided>(answer).why.starts_with(address_of_two_peers)) {
        say_who_asks_for(out, std::get<Undecided>(answer).why.substr(address_of_two_peers.size()));
        return;
      }
      out.suggest("ask for less at once (fewer ports, narrower selectors), or give the keys it mentions finite values")
          .suggest("allow more work for each question: `weft check --effort 10`");
    }
  }

  void say(const NotChecked& gap) {
    diagnostics_.report(left_out, gap.span ? place(*gap.span) : std::nullopt, gap.what, gap.why)
        .note(gap.only_a_warning ? "it could at most have become a warning, and leaves no claim open"
                                 : "it counts as undecided")
        .suggest("`weft check` looks at all there is, and `weft check --effort 10` allows more work for it");
  }

 private:
  // The rules that ask for one address.
  void say_who_asks_for(Diagnostic& out, const std::string& address) {
    constexpr std::size_t max_labels = 4;
    std::size_t labels = 0;
    const std::function<bool(const model::Selector&)> asks = [&](const model::Selector& selector) {
      const auto is_it = [&](const model::AddressRange& range) {
        return range.first == range.last && model::to_string(range.first) == address;
      };
      return (selector.kind == model::Selector::Kind::Address &&
              std::ranges::any_of(selector.addresses.ranges(), is_it)) ||
             std::ranges::any_of(selector.operands, asks);
    };
    for (const Rule& rule : policy_.rules) {
      if (!asks(rule.source) && !asks(rule.destination)) continue;
      if (++labels <= max_labels) label(out, rule.span, "asks for that address");
    }
    out.suggest("say who is meant by labels instead of `addr` in the rules that ask for it")
        .suggest("or claim it `in inventory`, where every address has one owner");
  }

  void say_conflict(const Finding& finding) {
    const bool denies_first = policy_[finding.first].verdict == Verdict::Deny;
    const Rule& denies = policy_[denies_first ? finding.first : finding.second];
    const Rule& allows = policy_[denies_first ? finding.second : finding.first];
    Diagnostic& out =
        diagnostics_.report(conflict, place(denies.span), policy_[denies.block].name, policy_[allows.block].name,
                            finding.decisive ? "the `deny` wins" : "the `deny` would win where nothing decides before");
    out.at("denies it");
    show_use(out, denies);
    label(out, allows.span, "allows it");
    show_use(out, allows);
    show(out, finding);
    out.suggest(
        "narrow one of the two; or put them into different tiers, policies with different priorities, or one `ordered` "
        "policy");
  }

  void say_ambiguous(const Finding& finding) {
    const Rule& first = policy_[finding.first];
    const Rule& second = policy_[finding.second];
    Diagnostic& out = diagnostics_.report(ambiguous_priority, place(second.span), policy_[first.block].name,
                                          policy_[second.block].name, first.level.priority, policy_[first.tier].name);
    out.at(fmt::format("says {}", word(second.verdict)));
    show_use(out, second);
    label(out, first.span, fmt::format("says {} of the same flow", word(first.verdict)));
    show_use(out, first);
    show(out, finding);
    out.suggest("give the two policies different priorities");
  }

  void say_broken(const model::Assertion& assertion, const AssertionResult& result, const Witness& witness) {
    const bool never = assertion.kind == model::Assertion::Kind::Never;
    const std::string flow = fmt::format("{} {} {} on {}", describe_source(witness),
                                         never             ? "reaches"
                                         : assertion.chain ? "does not reach, by any chain of hops,"
                                                           : "does not reach",
                                         describe_destination(witness), model::to_string(witness.service));
    Diagnostic& out =
        never ? diagnostics_.report(never_refuted, place(assertion.span), in_code(as_written(assertion)), flow)
              : diagnostics_.report(always_refuted, place(assertion.span), in_code(as_written(assertion)), flow);

    show_use(out, assertion);
    say_parts(out, result);
    const auto& [allowed, self, egress, ingress] = witness.decision;
    const auto by_rule = [](const std::optional<GateDecision>& gate) { return gate && gate->rule; };
    const bool same = by_rule(egress) && by_rule(ingress) && egress->rule == ingress->rule;
    if (same) {
      label(out, policy_[*egress->rule].span,
            fmt::format("this rule {} it, at both ends", never ? "allows" : "denies"));
    } else {
      blame(out, egress, allowed, "at the source");
      blame(out, ingress, allowed, "at the destination");
    }
    out.note(describe_gate(witness, Direction::Egress, policy_, sources_));
    out.note(describe_gate(witness, Direction::Ingress, policy_, sources_));

    if (result.grounds) say_grounds(out, *result.grounds);
    const auto denied_by_rule = [&](const std::optional<GateDecision>& gate) {
      return by_rule(gate) && gate->verdict == Verdict::Deny;
    };
    if (never) {
      if (by_rule(egress) || by_rule(ingress)) {
        out.suggest("narrow that rule, deny the flow in an earlier tier, or except it from the assertion");
      } else if (!egress && !ingress) {
        out.suggest(touches_node(witness)
                        ? "turn the gates of the node on with `guard`, or except it from the assertion"
                        : "no gate sees this flow: except it from the assertion");
      } else {
        out.suggest("deny the flow by a rule, `isolate` its ends, or except it from the assertion");
      }
    } else if (denied_by_rule(egress) || denied_by_rule(ingress)) {
      out.suggest("narrow that rule, allow the flow in an earlier tier, or except it from the assertion");
    } else if (assertion.chain) {
      out.suggest("allow it, or the hops of a chain that leads there");
    } else {
      out.suggest(fmt::format("allow it: `allow {}`", as_rule(assertion)));
    }
  }

  // Not this flow alone: none that the assertion speaks of is allowed.
  void say_grounds(Diagnostic& out, const Grounds& grounds) {
    out.note(fmt::format("no such flow is allowed at all: {}", describe(grounds, policy_, sources_)));
  }

  // For each stretch of time what is true in it, where that changes.
  static void say_parts(Diagnostic& out, const AssertionResult& result) {
    for (const TimedAnswer& part : result.parts) {
      const std::string when = text_of(part.when, result.parts.front().when.from);
      if (part.answer == result.answer) {
        out.note(fmt::format("so it is {}", when));
      } else if (const auto* refuted = std::get_if<Refuted>(&part.answer)) {
        out.note(fmt::format("{} it is broken by {}", when, describe(refuted->witness)));
      } else {
        out.note(fmt::format("{} it {}", when, std::holds_alternative<Proved>(part.answer) ? "holds" : "is undecided"));
      }
    }
  }

  void say_chain(const model::Assertion& assertion, const AssertionResult& result, const std::vector<Witness>& chain) {
    const std::string how = chain.size() == 1 ? "directly" : fmt::format("in {} hops", chain.size());
    Diagnostic& out = diagnostics_.report(
        never_refuted, place(assertion.span), in_code(as_written(assertion)),
        fmt::format("{} reaches {} on {} {}", describe_source(chain.front()), describe_destination(chain.back()),
                    model::to_string(chain.back().service), how));
    show_use(out, assertion);
    say_parts(out, result);
    std::vector<model::RuleId> shown;
    for (std::size_t i = 0; i < chain.size(); ++i) {
      const std::string hop = chain.size() == 1 ? "it" : fmt::format("hop {}", i + 1);
      for (const auto* gate : {&chain[i].decision.egress, &chain[i].decision.ingress}) {
        if (!*gate || !(*gate)->rule || std::ranges::find(shown, *(*gate)->rule) != shown.end()) continue;
        shown.push_back(*(*gate)->rule);
        label(out, policy_[*(*gate)->rule].span, fmt::format("this rule allows {}", hop));
      }
      if (chain.size() > 1) out.note(fmt::format("{}: {}", hop, describe(chain[i])));
      out.note(describe_gate(chain[i], Direction::Egress, policy_, sources_));
      out.note(describe_gate(chain[i], Direction::Ingress, policy_, sources_));
    }
    out.suggest(chain.size() == 1
                    ? "narrow the rule that allows it"
                    : "narrow a rule that allows one of these hops; or say with `avoiding` whom a chain may "
                      "lead over");
  }

  static bool touches_node(const Witness& witness) {
    return witness.source.kind == model::PeerKind::Node || witness.destination.kind == model::PeerKind::Node;
  }

  // Points at what decided a gate, where it decided the way that breaks the assertion.
  void blame(Diagnostic& out, const std::optional<GateDecision>& gate, bool allowed, const char* where) {
    if (!gate || (gate->verdict == Verdict::Allow) != allowed) return;
    if (gate->rule) {
      label(out, policy_[*gate->rule].span, fmt::format("this rule {} it {}", allowed ? "allows" : "denies", where));
    } else if (gate->isolation) {
      label(out, policy_[*gate->isolation].span,
            fmt::format("isolated here: no rule of tier `{}` allows it {}", policy_[*gate->tier].name, where));
    }
  }

  void show(Diagnostic& out, const Finding& finding) {
    const Witness& witness = finding.witness;
    out.note("for example " + describe(witness));
    // The same flow may be decided elsewhere; whoever reads this wants to know what becomes of it.
    out.note(describe_gate(witness, Direction::Egress, policy_, sources_));
    out.note(describe_gate(witness, Direction::Ingress, policy_, sources_));
    if (finding.when.until || finding.when.from != start_) {
      const auto ends = common_end(policy_[finding.first], policy_[finding.second]);
      out.note(fmt::format("so it is {}{}", text_of(finding.when, start_),
                           ends == finding.when.until ? ", when one of the two rules expires" : ""));
    }
  }

  // A rule or claim of a template is read with the `use` that made it.
  template <typename Statement>
  void show_use(Diagnostic& out, const Statement& statement) {
    if (statement.used_at) label(out, *statement.used_at, "in this use of its template");
  }

  void label(Diagnostic& out, Span span, std::string text) {
    if (const auto known = place(span)) out.label(*known, std::move(text));
  }

  // Policies that were not read from text have no places.
  std::optional<Span> place(Span span) const {
    if (static_cast<std::size_t>(span.source) >= sources_.size() || span.begin == span.end) return {};
    return span;
  }

  // On one line, without the reason its author gives for it.
  std::string as_written(const model::Assertion& assertion) const {
    return fmt::format("{} {}", keyword(assertion), claim(assertion));
  }

  // What a rule would say, which speaks of no inventory.
  std::string as_rule(const model::Assertion& assertion) const {
    std::string out = claim(assertion);
    constexpr std::string_view clause = " in inventory";
    if (const auto at = out.rfind(clause); assertion.in_inventory && at != std::string::npos) {
      out.erase(at, clause.size());
    }
    return out;
  }

  std::string claim(const model::Assertion& assertion) const {
    if (const auto span = place(assertion.span)) {
      std::string text = one_line(sources_.text(*span));
      if (!assertion.because.empty()) text = text.substr(0, text.rfind(" because \""));
      const std::string start = fmt::format("{} ", keyword(assertion));
      if (text.starts_with(start)) return text.substr(start.size());
    }
    std::string out = fmt::format("{} {} {} : {}", model::to_string(assertion.source), assertion.chain ? "~>" : "->",
                                  model::to_string(assertion.destination), model::to_string(assertion.ports));
    if (assertion.avoiding) out += " avoiding " + model::to_string(*assertion.avoiding);
    if (assertion.in_inventory) out += " in inventory";
    for (const model::Relation& relation : assertion.relations) {
      out += fmt::format("{}source.{} {} destination.{}", &relation == assertion.relations.data() ? " when " : " && ",
                         model::to_string(relation.source),
                         relation.equal ? "==" : "!=", model::to_string(relation.destination));
    }
    return out;
  }

  static const char* keyword(const model::Assertion& assertion) {
    return assertion.kind == model::Assertion::Kind::Never ? "never" : "always";
  }

  static std::string one_line(std::string_view text) {
    std::string out;
    for (const char c : text) {
      const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
      if (!space) {
        out += c;
      } else if (!out.empty() && out.back() != ' ') {
        out += ' ';
      }
    }
    while (out.ends_with(' ')) out.pop_back();
    return out;
  }

  static const char* word(Verdict verdict) {
    return verdict == Verdict::Allow ? "`allow`" : verdict == Verdict::Deny ? "`deny`" : "`pass`";
  }

  const model::Policy& policy_;
  const Sources& sources_;
  model::Moment start_;
  Diagnostics& diagnostics_;
};

}  // namespace

namespace {

std::string listed(const std::vector<Statement>& statements, const model::Policy& policy, const Sources& sources) {
  std::vector<std::string> parts;
  for (const Statement& each : statements) {
    const auto place = place_in(sources, span_of(policy, each));
    parts.push_back(fmt::format("{} of `{}`{}", word(policy, each), policy[block_of(policy, each)].name,
                                place ? " at " + sources.location(*place) : ""));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

std::string describe(const Grounds& grounds, const model::Policy& policy, const Sources& sources) {
  if (grounds.relays) {
    const std::string last = describe(Grounds{grounds.allowed, grounds.statements}, policy, sources);
    const std::string others = describe(Grounds{grounds.allowed, *grounds.relays}, policy, sources);
    return fmt::format("of the last hop: {}; of hops to anybody else: {}", last, others);
  }
  if (grounds.statements.empty()) {
    const bool by_default = grounds.allowed == policy.profile.allow_by_default;
    return by_default ? fmt::format("no rule {} any of it, and profile `{}` {}", grounds.allowed ? "denies" : "allows",
                                    policy.profile.name, grounds.allowed ? "allows" : "denies")
                      : "no gate sees it";
  }
  return listed(grounds.statements, policy, sources);
}

void report_to(const Report& report, const model::Policy& policy, const Sources& sources, Diagnostics& diagnostics) {
  report_to(report, policy, sources, diagnostics, diagnostics);
}

void report_to(const Report& report, const model::Policy& policy, const Sources& sources, Diagnostics& diagnostics,
               const Diagnostics& said) {
  Reporter reporter(policy, sources, report.now, diagnostics);
  for (const std::string& error : report.internal_errors) {
    diagnostics.report(internal_disagreement, {}, error)
        .note("this is a mistake of the tool and says nothing about the policy");
  }
  for (std::size_t i = 0; i < report.assertions.size(); ++i) {
    reporter.say(policy.assertions[i], report.assertions[i]);
  }
  for (const Finding& finding : report.findings) reporter.say(finding);
  report_dead(report, policy, sources, diagnostics, said);
  report_closed(report, policy, sources, diagnostics);
  if (report.audited_rules + report.audited_isolations > 0) {
    std::string what;
    if (report.audited_rules > 0) what = counted(report.audited_rules, "audited rule", "audited rules");
    if (report.audited_isolations > 0) {
      what +=
          (what.empty() ? "" : " and ") + counted(report.audited_isolations, "audited isolation", "audited isolations");
    }
    const bool one = report.audited_rules + report.audited_isolations == 1;
    diagnostics.report(audited, {}, fmt::format("{} {}", what, one ? "is" : "are"), one ? "it" : "them");
  }
  for (const NotChecked& gap : report.not_checked) reporter.say(gap);
}

}  // namespace weft::verifier
