#include "lsp/commands.h"

#include <algorithm>

#include <fmt/format.h>

#include "driver/query.h"
#include "driver/test_runner.h"
#include "driver/walk.h"
#include "frontend/place.h"
#include "lsp/describe.h"

namespace weft::lsp {
namespace {

[[noreturn]] void refuse(std::string why) { throw RequestError{error_code::request_failed, std::move(why)}; }

void require_understood(const View& view) {
  if (!view.meaning.understood) refuse("the policy has errors: they come first");
}

}  // namespace

std::string explain_decision(const View& view, const std::string& text) {
  require_understood(view);
  const model::Policy& policy = view.meaning.policy;
  const model::Inventory& inventory = *view.meaning.inventory;
  const auto question = driver::parse_question(text);
  if (!question) refuse(question.error().message);
  const driver::Judge judge(policy, inventory, view.meaning.now);
  const auto answer = judge.answer(*question);
  if (!answer)
    refuse(answer.error().help.empty() ? answer.error().message : answer.error().message + "; " + answer.error().help);
  using Verdict = driver::Answer::Verdict;
  std::string out = fmt::format("`{}` is {}", text,
                                answer->verdict == Verdict::Allow  ? "allowed"
                                : answer->verdict == Verdict::Deny ? "denied"
                                                                   : "allowed for some addresses, denied for others");
  for (const driver::Judgement& each : answer->judgements) {
    out += '\n';
    const auto gate = [&](const std::optional<model::GateDecision>& decision, std::string_view where) {
      if (!decision) {
        out += fmt::format("\n- {}: no gate", where);
        return;
      }
      std::string by = "the profile";
      if (decision->rule) {
        const model::Rule& rule = policy[*decision->rule];
        by = fmt::format("`{}` at {}", policy[rule.block].name, view.meaning.sources.location(rule.span));
      } else if (decision->isolation) {
        by = fmt::format("isolation at {}", view.meaning.sources.location(policy[*decision->isolation].span));
      } else if (decision->reason == model::Reason::OwnNode) {
        by = "the profile: its own node may come in";
      }
      out += fmt::format("\n- {}: {} by {}", where, decision->verdict == model::Verdict::Allow ? "allow" : "deny", by);
    };
    if (each.decision.self) {
      out += "\n- a workload talking to itself passes no gate";
      continue;
    }
    gate(each.decision.egress, "at the source");
    gate(each.decision.ingress, "at the destination");
  }
  for (const std::string& note : answer->notes) out += "\n\n" + note;
  return out;
}

std::string run_tests_at(const View& view, std::uint32_t offset) {
  const frontend::Place place = view.file() == nullptr ? frontend::Place() : frontend::place_in(*view.file(), offset);
  return run_tests(view, place.test == nullptr ? std::string() : place.test->name.text);
}

std::string run_tests(const View& view, const std::string& name) {
  require_understood(view);
  const model::Policy& policy = view.meaning.policy;
  // The runner's filter is a part of a name; one test is meant.
  model::Policy chosen = policy;
  std::erase_if(chosen.tests, [&](const model::Test& test) {
    return name.empty() ? test.span.source != view.source : test.name != name;
  });
  if (chosen.tests.empty()) refuse(name.empty() ? "there is no test here" : fmt::format("there is no test `{}`", name));
  const driver::TestReport report =
      driver::run_tests(chosen, *view.meaning.inventory, view.meaning.has_inventory, {{}, view.meaning.now});
  std::string out;
  for (const driver::TestResult& result : report.tests) {
    if (!out.empty()) out += "\n\n";
    const auto failed =
        static_cast<std::size_t>(std::ranges::count_if(result.expectations, [](const auto& it) { return !it.passed; }));
    if (failed == 0) {
      out += fmt::format("`{}` passes: {}", result.test->name,
                         counted(result.expectations.size(), "expectation holds", "expectations hold"));
      continue;
    }
    out += fmt::format("`{}` fails:\n\n```", result.test->name);
    for (const driver::ExpectationResult& each : result.expectations) {
      if (each.passed) continue;
      out += fmt::format("\n{}: {}", view.meaning.sources.location(each.expectation->span), each.why);
      if (!each.first) continue;
      out += fmt::format("\n  {} -> {} : {}", each.first->source, each.first->destination,
                         model::to_string(each.first->service));
      for (const std::string& line : driver::lines_of(each.first->walk, policy, view.meaning.sources))
        out += "\n  " + line;
    }
    out += "\n```";
  }
  return out;
}

}  // namespace weft::lsp
