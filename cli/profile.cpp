#include <optional>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "driver/compile.h"
#include "model/profile.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Sentence {
  std::string_view name;
  std::string_view value;
  std::string_view text;
};

// What tells profiles apart.
std::vector<Sentence> sentences_of(const model::Profile& profile) {
  return {
      profile.allow_by_default ? Sentence{"default", "allow", "a flow that no rule and no isolation decides is allowed"}
                               : Sentence{"default", "deny", "a flow that no rule and no isolation decides is denied"},
      profile.own_node_may_enter
          ? Sentence{"own node", "allow", "the node a workload runs on may always open connections to it"}
          : Sentence{"own node", "as any", "the node a workload runs on is a peer like any other"},
      profile.node_gates ? Sentence{"nodes", "judged", "every node has gates, as workloads have"}
                         : Sentence{"nodes", "open", "a node has gates only where `guard` selects it"},
  };
}

// What holds in all of them.
constexpr std::string_view common_sentences[] = {
    "what a workload sends to itself passes no gate, and does not come from outside",
    "a reply passes as long as the flow it answers is allowed",
    "a sender whose address is not its own, and a packet that makes no sense, are denied",
    "ARP and IPv6 neighbour discovery pass as far as they stay on the link",
    "what is neither IP nor ARP is denied, and so is a later fragment: no rule could name it",
    "up to two VLAN tags are skipped, and the packet is judged as if it had none",
};

std::string text_of(const model::Profile& profile, bool used) {
  std::string out = fmt::format("{}{}\n", profile.name, used ? "  (of this policy)" : "");
  for (const Sentence& each : sentences_of(profile)) {
    out += fmt::format("  {:<9} {:<7} {}\n", each.name, each.value, each.text);
  }
  return out;
}

Json json_of(const model::Profile& profile) {
  Json out;
  out["name"] = profile.name;
  out["default"] = profile.allow_by_default ? "allow" : "deny";
  out["own_node_may_enter"] = profile.own_node_may_enter;
  out["node_gates"] = profile.node_gates;
  out["rules"] = Json::array();
  for (const Sentence& each : sentences_of(profile)) out["rules"].push_back(each.text);
  for (const std::string_view each : common_sentences) out["rules"].push_back(each);
  return out;
}

}  // namespace

ExitCode run(const ProfileArguments& arguments, Console& console) {
  const bool json = console.common.format == Format::Json;
  if (!arguments.name.empty()) {
    const model::Profile& profile = *model::find_profile(arguments.name);
    if (json) {
      console.results.write(json_of(profile).dump(2) + "\n");
      return ExitCode::Clean;
    }
    std::string text = text_of(profile, false);
    text += "\nas in every profile:\n";
    for (const std::string_view each : common_sentences) text += fmt::format("  {}\n", each);
    console.results.write(text);
    return ExitCode::Clean;
  }

  // The one in use is marked, where there is a policy to use one.
  std::optional<std::string> used;
  ExitCode code = ExitCode::Clean;
  if (!arguments.inputs.policies.empty() || !arguments.inputs.project.empty()) {
    const driver::Compilation compilation = driver::compile(arguments.inputs, driver::Goal::Understand);
    console.messages.tell(compilation.diagnostics, compilation.sources);
    if (compilation.understood) used = compilation.policy.profile.name;
    if (!compilation.understood) code = ExitCode::Usage;
  }
  if (json) {
    Json out = Json::array();
    for (const model::Profile& profile : model::profiles()) {
      out.push_back(json_of(profile));
      out.back()["used"] = used == profile.name;
    }
    console.results.write(out.dump(2) + "\n");
    return code;
  }
  std::string text;
  for (const model::Profile& profile : model::profiles()) text += text_of(profile, used == profile.name) + "\n";
  text += "as in every profile:\n";
  for (const std::string_view each : common_sentences) text += fmt::format("  {}\n", each);
  console.results.write(text);
  return code;
}

}  // namespace weft::cli
