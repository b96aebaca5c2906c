#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/explain_flow.h"
#include "driver/explanations.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;
using driver::Explanation;

std::string_view word(Severity severity) {
  return severity == Severity::Error ? "error" : severity == Severity::Warning ? "warning" : "note";
}

// "W1003" of `w1003`, `1003` and `W1003`.
std::string code_of(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const bool number = !out.empty() && std::ranges::all_of(out, [](char c) { return c >= '0' && c <= '9'; });
  return number ? "W" + out : out;
}

std::string list_text() {
  std::string out = "Codes, by what they are about. More on one: weft explain CODE\n";
  std::string_view group;
  for (const Explanation& each : driver::explanations()) {
    if (const std::string_view own = driver::code_group(each.code); own != group) {
      group = own;
      out += fmt::format("\n{}xx  {}\n", each.code.substr(0, 3), group);
    }
    out += fmt::format("  {}  {}\n", each.code, each.title);
  }
  return out;
}

// A fenced block as a terminal shows it: what it is, and its lines moved to the right.
std::string_view heading(std::string_view fence) {
  if (fence.ends_with(" fails")) return "Refused:";
  if (fence.ends_with(" passes")) return "Accepted:";
  if (fence == "weft") return "With the policy:";
  return fence == "yaml" || fence == "json" ? "With the inventory:" : "";  // commands and the like speak for themselves
}

std::string page_text(const Explanation& page) {
  std::string out = fmt::format("{} {}: {}\n\n", word(page.severity), page.code, page.title);
  bool in_block = false;
  for (std::string_view rest = page.text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end);
    if (!line.starts_with("```")) {
      out += in_block && line != "\n" ? fmt::format("    {}", line) : std::string(line);
      continue;
    }
    if (!in_block) {
      std::string_view title = heading(line.substr(3, line.size() - 4));
      if (page.severity != Severity::Error && title == "Refused:") title = "Reported:";
      if (!title.empty()) out += fmt::format("{}\n\n", title);
    }
    in_block = !in_block;
  }
  return out;
}

Json page_json(const Explanation& page) {
  return {{"code", page.code},
          {"severity", word(page.severity)},
          {"group", driver::code_group(page.code)},
          {"title", page.title},
          {"text", page.text}};
}

Error unknown(const std::string& text) {
  std::vector<std::string> codes;
  for (const Explanation& each : driver::explanations()) codes.emplace_back(each.code);
  const std::string near = nearest(code_of(text), codes);
  return {"W9001", fmt::format("there is no code `{}`", printable(text)),
          near.empty() ? "see `weft explain` for all of them" : fmt::format("did you mean `weft explain {}`?", near)};
}

}  // namespace

ExitCode run(const ExplainArguments& arguments, Console& console) {
  if (!arguments.flows.empty()) return explain_flows(arguments, console);
  const bool json = console.common.format == Format::Json;
  if (arguments.code.empty()) {
    if (json) {
      Json all = Json::array();
      for (const Explanation& each : driver::explanations()) all.push_back(page_json(each));
      console.results.write(all.dump(2) + "\n");
    } else {
      console.results.write(list_text());
    }
    return ExitCode::Clean;
  }
  const Explanation* page = driver::find_explanation(code_of(arguments.code));
  if (page == nullptr) {
    console.messages.tell(unknown(arguments.code));
    return ExitCode::Usage;
  }
  console.results.write(json ? page_json(*page).dump(2) + "\n" : page_text(*page));
  return ExitCode::Clean;
}

}  // namespace weft::cli
