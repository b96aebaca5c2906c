#include "cli/explain_flow.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/decision_text.h"
#include "cli/story_text.h"
#include "driver/codes.h"
#include "driver/compile.h"
#include "driver/explain_flow.h"

namespace weft::cli {
namespace {

std::string_view said(driver::Answer::Verdict verdict) {
  switch (verdict) {
    case driver::Answer::Verdict::Allow:
      return "is allowed";
    case driver::Answer::Verdict::Deny:
      return "is denied";
    case driver::Answer::Verdict::Mixed:
      return "is allowed for some addresses and denied for others";
  }
  return "";
}

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

std::string as_text(const std::string& flow, const driver::FlowExplanation& found,
                    const driver::Compilation& compilation) {
  std::string out = fmt::format("{} {}\n", printable(flow), said(found.answer.verdict));
  for (const driver::FlowStory& story : found.stories) {
    out += '\n';
    if (found.stories.size() > 1) out += fmt::format("  {}\n", story.walk.allowed ? "allowed:" : "denied:");
    out += story_text(story, compilation.policy, compilation.sources);
  }
  for (const std::string& note : found.answer.notes) out += fmt::format("\n  note: {}\n", note);
  return out;
}

std::string as_json(const std::string& flow, const driver::FlowExplanation& found,
                    const driver::Compilation& compilation) {
  std::string out =
      fmt::format("{{\"flow\": {}, \"verdict\": \"{}\", \"service\": {}, \"stories\": [", json_string(flow),
                  word(found.answer.verdict), json_string(model::to_string(found.answer.service)));
  for (std::size_t i = 0; i < found.stories.size(); ++i) {
    out += (i > 0 ? ", " : "") + story_json(found.stories[i], compilation.policy, compilation.sources);
  }
  out += "], \"notes\": [";
  for (std::size_t i = 0; i < found.answer.notes.size(); ++i) {
    out += (i > 0 ? ", " : "") + json_string(found.answer.notes[i]);
  }
  return out + "]}\n";
}

}  // namespace

ExitCode explain_flows(const ExplainArguments& arguments, Console& console) {
  driver::Options options;
  options.now = arguments.now;
  const driver::Compilation compilation = driver::compile(arguments.inputs, driver::Goal::Understand, options);
  console.messages.tell(compilation.diagnostics, compilation.sources);
  if (!compilation.understood) return ExitCode::Usage;

  const driver::Judge judge(compilation.policy, compilation.inventory, arguments.now);
  ExitCode code = ExitCode::Clean;
  std::string_view between;
  for (const std::string& flow : arguments.flows) {
    const auto question = driver::parse_question(flow);
    const auto found = question
                           ? driver::explain_flow(compilation.policy, compilation.inventory, *question, arguments.now)
                           : std::unexpected(question.error());
    if (!found) {
      console.messages.tell(found.error());
      code = ExitCode::Usage;
      continue;
    }
    for (const driver::Doubt& doubt : judge.doubts(*question)) {
      console.messages.warn({std::string(driver::query_code::doubtful), doubt.message, doubt.help});
    }
    if (console.common.format == Format::Json) {
      console.results.write(as_json(flow, *found, compilation));
    } else {
      console.results.write(std::string(between) + as_text(flow, *found, compilation));
      between = "\n";
    }
  }
  return code;
}

}  // namespace weft::cli
