#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/batch.h"
#include "cli/commands.h"
#include "cli/decision_text.h"
#include "driver/codes.h"
#include "driver/compile.h"
#include "driver/query.h"
#include "driver/quick_judge.h"

namespace weft::cli {
namespace {

std::string_view word(driver::Answer::Verdict verdict) {
  switch (verdict) {
    case driver::Answer::Verdict::Allow:
      return "allow";
    case driver::Answer::Verdict::Deny:
      return "deny";
    case driver::Answer::Verdict::Mixed:
      return "mixed: it depends on the addresses";
  }
  return "";
}

std::string as_text(const std::string& flow, const driver::Answer& answer, const DecisionText& text) {
  std::string out = fmt::format("{}: {}\n", flow, word(answer.verdict));
  for (const driver::Judgement& judgement : answer.judgements) {
    if (answer.judgements.size() > 1) {
      const auto address = [](const auto& have) { return have ? to_string(*have) : std::string("no address"); };
      out += fmt::format("  {} -> {}: {}\n", address(judgement.source), address(judgement.destination),
                         judgement.decision.allowed ? "allow" : "deny");
    }
    const char* indent = answer.judgements.size() > 1 ? "    " : "  ";
    out += fmt::format("{}source:      {}\n", indent, text.words(judgement.decision.egress, judgement.decision.self));
    out += fmt::format("{}destination: {}\n", indent, text.words(judgement.decision.ingress, judgement.decision.self));
  }
  for (const std::string& note : answer.notes) out += fmt::format("  note: {}\n", note);
  return out;
}

// Of several flows, which one is meant; most messages about its text show it already.
std::string with_flow(std::string message, const std::string& flow, bool several) {
  if (!several || message.find(flow) != std::string::npos) return message;
  return fmt::format("{} (in `{}`)", message, printable(flow));
}

ExitCode answer_flows(const QueryArguments& arguments, const driver::Judge& judge, DecisionText& text,
                      Console& console) {
  bool refused = false;
  bool denied = false;
  const bool several = arguments.flows.size() > 1;
  for (const std::string& flow : arguments.flows) {
    auto question = driver::parse_question(flow);
    auto answer = question ? judge.answer(*question) : std::unexpected(std::move(question.error()));
    if (!answer) {
      Error shown = answer.error();
      shown.message = with_flow(std::move(shown.message), flow, several);
      console.messages.tell(shown);
      refused = true;
      // One flow, one line: whoever reads them counts.
      if (console.common.format == Format::Json) {
        console.results.write(fmt::format("{{\"flow\": {}, {}}}\n", json_string(flow), error_json(answer.error())));
      }
      continue;
    }
    if (answer->verdict != driver::Answer::Verdict::Allow) denied = true;
    for (const driver::Doubt& doubt : judge.doubts(*question)) {
      if (console.common.format == Format::Json) {
        answer->notes.push_back(doubt.help.empty() ? doubt.message : fmt::format("{}; {}", doubt.message, doubt.help));
      } else {
        console.messages.warn(
            {std::string(driver::query_code::doubtful), with_flow(doubt.message, flow, several), doubt.help});
      }
    }
    if (console.common.format == Format::Json) {
      std::string line = fmt::format("{{\"flow\": {}, ", json_string(flow));
      text.append_json(line, *answer);
      console.results.write(line + "}\n");
    } else {
      console.results.write(as_text(flow, *answer, text));
    }
  }
  if (refused) return ExitCode::Usage;
  return denied && arguments.exit_code ? ExitCode::Findings : ExitCode::Clean;
}

ExitCode answer_batch(const QueryArguments& arguments, const driver::Judge& judge, const driver::QuickJudge& quick,
                      DecisionText& text, Console& console) {
  const bool from_stdin = arguments.batch == "-";
  const int descriptor = from_stdin ? STDIN_FILENO : ::open(arguments.batch.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    const bool missing = errno == ENOENT;
    console.messages.tell(
        missing ? Error{"W9002", fmt::format("there is no file or directory `{}`", arguments.batch), {}}
                : Error{"W9003", fmt::format("cannot read `{}`: {}", arguments.batch, std::strerror(errno)), {}});
    return ExitCode::Usage;
  }
  Batch batch(judge, quick, text);
  const auto done = batch.run(descriptor, from_stdin ? "<stdin>" : arguments.batch, console.results);
  if (!from_stdin) ::close(descriptor);
  if (!done) {
    console.messages.tell(done.error());
    return ExitCode::Usage;
  }
  if (batch.refused() > 0) {
    console.messages.note(fmt::format("{} of {} lines could not be answered; each says why", batch.refused(),
                                      batch.refused() + batch.answered()));
    return ExitCode::Usage;
  }
  return batch.denied() && arguments.exit_code ? ExitCode::Findings : ExitCode::Clean;
}

}  // namespace

ExitCode run(const QueryArguments& arguments, Console& console) {
  driver::Options options;
  options.now = arguments.now;
  const driver::Compilation compilation = driver::compile(arguments.inputs, driver::Goal::Understand, options);
  console.messages.tell(compilation.diagnostics, compilation.sources);
  if (!compilation.understood) return ExitCode::Usage;

  const driver::Judge judge(compilation.policy, compilation.inventory, arguments.now);
  DecisionText text(compilation.policy, compilation.sources);
  if (arguments.batch.empty()) return answer_flows(arguments, judge, text, console);
  const driver::QuickJudge quick(compilation.policy, compilation.inventory, arguments.now);
  return answer_batch(arguments, judge, quick, text, console);
}

}  // namespace weft::cli
