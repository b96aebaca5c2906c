#include "driver/manifest.h"

#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "bundle/abi.h"
#include "driver/class_names.h"

namespace weft::driver {
namespace {

struct FixedEntry {
  std::uint32_t number;
  std::string_view action;
  std::string_view by;
};

// The entries that need no rule, by the numbers of abi.h.
constexpr FixedEntry fixed_entries[] = {
    {WEFT_ENTRY_MALFORMED, "deny", "malformed"}, {WEFT_ENTRY_UNKNOWN, "deny", "unknown"},
    {WEFT_ENTRY_LINK, "allow", "link"},          {WEFT_ENTRY_SELF, "allow", "self"},
    {WEFT_ENTRY_REPLY, "allow", "reply"},        {WEFT_ENTRY_OWN_NODE, "allow", "own-node"},
    {WEFT_ENTRY_NON_IP, "deny", "non-ip"},       {WEFT_ENTRY_FORWARDED, "allow", "forwarded"},
    {WEFT_ENTRY_FRAGMENT, "deny", "fragment"},
};

std::string_view word(plan::Entry::By by) {
  switch (by) {
    case plan::Entry::By::NoGate:
      return "no-gate";
    case plan::Entry::By::Rule:
      return "rule";
    case plan::Entry::By::Isolation:
      return "isolation";
    case plan::Entry::By::Profile:
      return "profile";
  }
  return "";
}

bundle::Entry entry_of(std::uint32_t number, std::string_view action, std::string_view by) {
  bundle::Entry entry;
  entry.number = number;
  entry.action = action;
  entry.by = by;
  return entry;
}

std::vector<bundle::Entry> describe_gate(const Compilation& compilation, const plan::Gate& gate) {
  const model::Policy& policy = compilation.policy;
  std::vector<bundle::Entry> entries;
  for (const FixedEntry& fixed : fixed_entries) {
    entries.push_back(entry_of(fixed.number, fixed.action, fixed.by));
  }
  for (std::uint32_t number = WEFT_ENTRY_FIRST; number < gate.entries.size(); ++number) {
    const plan::Entry& from = gate.entries[number];
    bundle::Entry entry = entry_of(number, to_string(from.verdict), word(from.by));
    const auto place = [&](model::BlockId block, Span span) {
      entry.policy = policy[block].name;
      entry.at = compilation.sources.location(span);
      entry.text = std::string(compilation.sources.text(span));
    };
    entry.audited = from.audited;
    if (from.rule) entry.log = policy[*from.rule].log;
    if (from.rule) place(policy[*from.rule].block, policy[*from.rule].span);
    if (from.isolation) place(policy[*from.isolation].block, policy[*from.isolation].span);
    if (from.tier) entry.tier = policy[*from.tier].name;
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

void describe(const Compilation& compilation, bundle::Manifest& manifest) {
  WEFT_ASSERT(compilation.plan.has_value(), "a manifest describes a plan");
  manifest.weft_version = version();
  manifest.profile = compilation.policy.profile.name;
  manifest.inputs.clear();
  for (const auto* files : {&compilation.files.policies, &compilation.files.inventories}) {
    for (const SourceId file : *files) {
      const Source& source = compilation.sources[file];
      manifest.inputs.push_back({source.name(), bundle::sha256(source.text())});
    }
  }
  manifest.egress = describe_gate(compilation, compilation.plan->egress);
  manifest.ingress = describe_gate(compilation, compilation.plan->ingress);
  manifest.classes = class_names(compilation.policy, compilation.inventory, *compilation.plan);
}

}  // namespace weft::driver
