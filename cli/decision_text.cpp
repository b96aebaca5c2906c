#include "cli/decision_text.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace weft::cli {
namespace {

std::string_view word(driver::Answer::Verdict verdict) {
  switch (verdict) {
    case driver::Answer::Verdict::Allow:
      return "allow";
    case driver::Answer::Verdict::Deny:
      return "deny";
    case driver::Answer::Verdict::Mixed:
      return "mixed";
  }
  return "";
}

// A rule on one line: the first of its text, marked where there is more.
std::string one_line(std::string_view text) {
  const std::size_t end = text.find('\n');
  std::string out = printable(text.substr(0, end));
  while (out.ends_with(' ')) out.pop_back();
  if (end != std::string_view::npos) out += " …";
  return out;
}

// What would have been, as a decision of its own.
model::GateDecision audited(const model::GateDecision& gate) {
  const model::WouldBe& would_be = *gate.would_be;
  return {would_be.verdict, would_be.reason, would_be.rule, would_be.isolation, would_be.tier};
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t valid = std::min(first_invalid_utf8(text), text.size());
    for (const char c : text.substr(0, valid)) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
      } else if (byte < 0x20) {
        out += fmt::format("\\u{:04x}", byte);
      } else {
        out += c;
      }
    }
    if (valid == text.size()) break;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(valid + 1);
  }
  return out + '"';
}

std::string error_json(const Error& error) {
  std::string out =
      fmt::format("\"error\": {{\"code\": {}, \"message\": {}", json_string(error.code), json_string(error.message));
  if (!error.help.empty()) out += fmt::format(", \"help\": {}", json_string(error.help));
  return out + '}';
}

DecisionText::DecisionText(const model::Policy& policy, const Sources& sources)
    : policy_(policy), sources_(sources), rules_(policy.rules.size()), isolations_(2 * policy.isolations.size()) {
  profile_ =
      fmt::format("{{\"verdict\": \"{}\", \"by\": \"profile\"}}", policy.profile.allow_by_default ? "allow" : "deny");
  own_node_ = "{\"verdict\": \"allow\", \"by\": \"own-node\"}";
}

std::string_view DecisionText::json(const std::optional<model::GateDecision>& gate) {
  if (!gate) return "null";
  switch (gate->reason) {
    case model::Reason::Profile:
      return profile_;
    case model::Reason::OwnNode:
      return own_node_;
    case model::Reason::Rule: {
      std::string& text = rules_[static_cast<std::size_t>(*gate->rule)];
      if (!text.empty()) return text;
      const model::Rule& rule = policy_[*gate->rule];
      text = fmt::format("{{\"verdict\": \"{}\", \"rule\": {}, \"at\": {}, \"tier\": {}}}", to_string(gate->verdict),
                         json_string(policy_[rule.block].name), json_string(sources_.location(rule.span)),
                         json_string(policy_[rule.tier].name));
      return text;
    }
    case model::Reason::Isolation: {
      const bool denies = gate->verdict == model::Verdict::Deny;  // an audited one allows, and would deny
      std::string& text = isolations_[2 * static_cast<std::size_t>(*gate->isolation) + (denies ? 1 : 0)];
      if (!text.empty()) return text;
      const model::Isolation& isolation = policy_[*gate->isolation];
      text = fmt::format("{{\"verdict\": \"{}\", \"by\": \"isolation\", \"policy\": {}, \"at\": {}, \"tier\": {}}}",
                         to_string(gate->verdict), json_string(policy_[isolation.block].name),
                         json_string(sources_.location(isolation.span)), json_string(policy_[isolation.tier].name));
      return text;
    }
  }
  return "null";
}

void DecisionText::append_gate(std::string& out, const std::optional<model::GateDecision>& gate) {
  out += json(gate);
  if (!gate || !gate->would_be) return;
  out.pop_back();  // the brace, which comes back behind what would have been
  out += ", \"would_be\": ";
  out += json(audited(*gate));
  out += '}';
}

void DecisionText::append_json(std::string& out, const model::Decision& decision) {
  if (decision.self) out += ", \"by\": \"self\"";
  out += ", \"source\": ";
  append_gate(out, decision.egress);
  out += ", \"destination\": ";
  append_gate(out, decision.ingress);
}

void DecisionText::append_json(std::string& out, const driver::Answer& answer) {
  out += "\"verdict\": \"";
  out += word(answer.verdict);
  out += '"';
  // Of a mixed answer the gates shown first are those of a denied pair: whoever reads no further is not misled.
  const auto shown =
      answer.verdict == driver::Answer::Verdict::Mixed
          ? std::ranges::find_if(answer.judgements, [](const auto& each) { return !each.decision.allowed; })
          : answer.judgements.begin();
  append_json(out, shown->decision);
  if (answer.judgements.size() > 1) {
    out += ", \"by_address\": [";
    std::string_view between;
    for (const driver::Judgement& judgement : answer.judgements) {
      const auto address = [](const auto& have) { return have ? fmt::format("\"{}\"", to_string(*have)) : "null"; };
      out += fmt::format("{}{{\"from\": {}, \"to\": {}, \"verdict\": \"{}\"", std::exchange(between, ", "),
                         address(judgement.source), address(judgement.destination),
                         judgement.decision.allowed ? "allow" : "deny");
      append_json(out, judgement.decision);
      out += '}';
    }
    out += ']';
  }
  if (!answer.notes.empty()) {
    out += ", \"notes\": [";
    std::string_view between;
    for (const std::string& note : answer.notes) {
      out += std::exchange(between, ", ");
      out += json_string(note);
    }
    out += ']';
  }
}

std::string DecisionText::words(const std::optional<model::GateDecision>& gate, bool self) const {
  if (self) return "no gate: a workload's traffic to itself passes none";
  if (!gate) return "no gate";
  std::string out = words(*gate);
  if (gate->would_be) out += fmt::format("; without `audit` it would be {}", words(audited(*gate)));
  return out;
}

std::string DecisionText::words(const model::GateDecision& gate) const {
  switch (gate.reason) {
    case model::Reason::Profile:
      return fmt::format("{} by profile `{}`: no rule decides", to_string(gate.verdict), policy_.profile.name);
    case model::Reason::OwnNode:
      return fmt::format("allow by profile `{}`: a workload's own node may enter", policy_.profile.name);
    case model::Reason::Rule: {
      const model::Rule& rule = policy_[*gate.rule];
      return fmt::format("{} by `{}` at {} (tier `{}`): {}", to_string(gate.verdict), policy_[rule.block].name,
                         sources_.location(rule.span), policy_[rule.tier].name, one_line(sources_.text(rule.span)));
    }
    case model::Reason::Isolation: {
      const model::Isolation& isolation = policy_[*gate.isolation];
      return fmt::format("{} by isolation in `{}` at {} (tier `{}`): {}", to_string(gate.verdict),
                         policy_[isolation.block].name, sources_.location(isolation.span), policy_[isolation.tier].name,
                         one_line(sources_.text(isolation.span)));
    }
  }
  return "";
}

}  // namespace weft::cli
