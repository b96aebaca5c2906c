#include "driver/diff.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/text.h"
#include "driver/diff_codes.h"
#include "driver/diff_pairs.h"
#include "driver/project.h"
#include "model/moment.h"

namespace weft::driver {
namespace {

namespace fs = std::filesystem;

bool is_path(const std::string& word) {
  std::error_code ignored;
  return word != "-" && fs::exists(word, ignored);
}

// `other` is the word of the other side: a revision stands for what that names, as it was.
Result<DiffSide> read_side(const DiffNames& names, const std::optional<std::string>& word,
                           const std::optional<std::string>& other, const Options& options) {
  SideNames side;
  if (word) {
    std::vector<std::string> paths = names.policies;
    if (paths.empty() && other && is_path(*other)) paths = {*other};
    auto found = find_side(*word, paths);
    if (!found) return std::unexpected(std::move(found.error()));
    side = std::move(*found);
  } else if (const auto path = other ? split_side(*other).second : std::nullopt; path && names.policies.empty()) {
    // What became of the path that the other side names.
    auto found = find_side(path->empty() ? "." : *path, {});
    if (!found) return std::unexpected(std::move(found.error()));
    side = std::move(*found);
  } else {
    side.name = "the working tree";
    side.inputs.policies = names.policies;
    side.inputs.project = names.project;
    if (side.inputs.policies.empty() && side.inputs.project.empty()) side.inputs.policies = {"."};
  }
  if (!names.inventories.empty()) side.inputs.inventories = names.inventories;
  return compile_side(std::move(side), options);
}

std::string text_of(const std::optional<model::KeyDomain>& domain) {
  if (!domain) return "not declared";
  if (!domain->values) return "any text";
  std::string out;
  for (const std::string& value : *domain->values)
    out += fmt::format("{}{}", out.empty() ? "" : " | ", in_quotes(value));
  return out;
}

// The inventory that the pairs are looked up in, and whose it is.
std::pair<const Compilation*, std::string> inventory_of(const PolicyDiff& diff, const std::vector<std::string>& given) {
  const Compilation& before = diff.before.compilation;
  const Compilation& after = diff.after.compilation;
  if (!given.empty()) return {&after, "the inventory given"};
  if (after.has_inventory()) return {&after, fmt::format("the inventory of `{}`", diff.after.name)};
  if (before.has_inventory()) return {&before, fmt::format("the inventory of `{}`", diff.before.name)};
  return {nullptr, {}};
}

void say_decider(Diagnostic& out, const char* when, const verifier::Decider& decider, const Compilation& compilation) {
  const std::string place = place_of(decider, compilation);
  out.note(fmt::format("{}: {}{}", when, words_of(decider, compilation), place.empty() ? "" : " at " + place));
}

// A statement that is gone has no place in the new policy, and what has no place is shown beside no code: the beginning
// of the file it stood in, as far as there still is one, or else of the first file.
std::optional<Span> where_it_stood(const verifier::Difference& difference, const PolicyDiff& diff) {
  const Compilation& before = diff.before.compilation;
  const Compilation& after = diff.after.compilation;
  if (after.files.policies.empty()) return {};
  const auto path = [](const DiffSide& side, SourceId source) {
    const std::string& name = side.compilation.sources[source].name();
    std::error_code ignored;
    return fs::weakly_canonical(fs::absolute(side.revision ? side.revision->in_working_tree(name) : name, ignored),
                                ignored);
  };
  for (const verifier::Turn& turn : difference.turns) {
    const auto stood = span_of(turn.before, before.policy);
    if (!stood) continue;
    for (const SourceId source : after.files.policies) {
      if (path(diff.before, stood->source) == path(diff.after, source)) return Span{source, 0, 0};
    }
  }
  return Span{after.files.policies.front(), 0, 0};
}

// What a finding of some difference is told of as: its statements.
bool is_of(const PairChange& change, const DifferenceGroup& group, const verifier::Diff& flows) {
  const verifier::Difference& shown = flows.differences[group.members.front()];
  if (change.gained != shown.gained || change.example.turns.empty()) return false;
  return std::ranges::all_of(shown.turns, [&](const verifier::Turn& turn) {
    return std::ranges::any_of(change.example.turns, [&](const verifier::Turn& other) {
      return group.of_after ? other.after == turn.after : other.before == turn.before;
    });
  });
}

// Peers of the inventory that one finding is about.
void say_pairs(Diagnostic& out, const PolicyDiff& diff, const DifferenceGroup& group) {
  constexpr std::size_t most = 3;
  if (!diff.inventory) return;
  std::size_t found = 0;
  for (const PairChange& change : diff.inventory->changes) {
    if (!is_of(change, group, *diff.flows) || ++found > most) continue;
    out.note(fmt::format("in {}: {} -> {} : {} ({})", diff.inventory->of, text_of(change.sources),
                         text_of(change.destinations), few_services(change.services),
                         change.pairs == 1 ? "1 pair" : fmt::format("{} pairs", change.pairs)));
  }
  if (found > most) out.note(fmt::format("and {} more such groups there", found - most));
}

void add_findings(PolicyDiff& diff) {
  const Compilation& after = diff.after.compilation;
  for (const DifferenceGroup& group : diff.groups) {
    const verifier::Difference& each = diff.flows->differences[group.members.front()];
    std::optional<Span> span;
    for (const verifier::Turn& turn : each.turns) {
      if (!span) span = span_of(turn.after, after.policy);
    }
    if (!span) span = where_it_stood(each, diff);
    Diagnostic& out = diff.findings.report(each.gained ? widened : narrowed, span, describe(each.witness));
    for (const verifier::Turn& turn : each.turns) {
      say_decider(out, "before", turn.before, diff.before.compilation);
      say_decider(out, "now", turn.after, after);
    }
    if (const std::string others = others_of(group); !others.empty()) {
      out.note(fmt::format("{}: {}", group.of_after ? "before" : "now", others));
    }
    say_pairs(out, diff, group);
    if (each.when.until) out.note(fmt::format("so it is until {}", model::to_string(*each.when.until)));
  }
  for (const verifier::NotChecked& gap : diff.flows->not_checked) {
    diff.findings.report(diff_undecided, {}, gap.what, gap.why).suggest(std::string(what_to_do_when_undecided));
  }
  for (const verifier::VocabularyChange& change : diff.flows->vocabulary) {
    const std::optional<Span> span = change.after ? std::optional(change.after->span) : std::nullopt;
    diff.findings.report(other_vocabulary, span, model::to_string(change.key), text_of(change.before),
                         text_of(change.after));
  }
}

// The text of a statement as one line, and not too long a one.
std::string one_line(std::string_view text) {
  constexpr std::size_t longest = 160;
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (out.ends_with(' ')) out.pop_back();
  if (out.size() <= longest) return printable(out);
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;  // not within a character
  return printable(out.substr(0, end)) + " …";
}

}  // namespace

std::optional<Span> span_of(const verifier::Decider& decider, const model::Policy& policy) {
  if (decider.rule) return policy[*decider.rule].span;
  if (decider.isolation) return policy[*decider.isolation].span;
  return {};
}

std::string place_of(const verifier::Decider& decider, const Compilation& compilation) {
  const auto span = span_of(decider, compilation.policy);
  return span ? compilation.sources.location(*span) : "";
}

std::string words_of(const verifier::Decider& decider, const Compilation& compilation) {
  if (!decider.reason) return "no gate there";
  if (const auto span = span_of(decider, compilation.policy)) {
    return fmt::format("`{}`", one_line(compilation.sources.text(*span)));
  }
  if (*decider.reason == model::Reason::OwnNode) {
    return fmt::format("allowed by profile `{}`: the workload's own node", compilation.policy.profile.name);
  }
  return fmt::format("{} by profile `{}`: no rule decides",
                     compilation.policy.profile.allow_by_default ? "allowed" : "denied",
                     compilation.policy.profile.name);
}

Result<PolicyDiff> diff(const DiffNames& names, const Options& options) {
  auto before = read_side(names, names.before, names.after, options);
  if (!before) return std::unexpected(std::move(before.error()));
  auto after = read_side(names, names.after, names.before, options);
  if (!after) return std::unexpected(std::move(after.error()));
  return compare(std::move(*before), std::move(*after), names.inventories, options);
}

PolicyDiff compare(DiffSide before, DiffSide after, const std::vector<std::string>& inventories,
                   const Options& options) {
  PolicyDiff out;
  out.before = std::move(before);
  out.after = std::move(after);
  const Compilation& old_side = out.before.compilation;
  const Compilation& new_side = out.after.compilation;
  if (!old_side.understood || !new_side.understood) return out;

  if (options.on_step) options.on_step("comparing");
  const auto [source, of] = inventory_of(out, inventories);
  const model::Inventory* namespaces = source ? &source->inventory : nullptr;
  if (inventories.empty() && old_side.has_inventory() && new_side.has_inventory() &&
      old_side.inventory.namespaces != new_side.inventory.namespaces) {
    namespaces = nullptr;
    out.notes.emplace_back("the two inventories list different namespaces, so any namespace may have any labels here");
  }
  verifier::Options prover = options.verifier;
  prover.now = options.now;
  out.flows = verifier::diff(old_side.policy, new_side.policy, namespaces, prover);
  for (const DiffSide* side : {&out.before, &out.after}) {
    if (!side->absent) continue;
    out.notes.push_back(fmt::format("`{}` has no policy there: it is compared as an empty one, which denies everything",
                                    printable(side->name)));
  }
  const bool both = !out.before.absent && !out.after.absent;
  if (!both) out.flows->vocabulary.clear();  // a policy that is not there declares nothing otherwise
  if (both && old_side.policy.profile != new_side.policy.profile) {
    out.notes.push_back(
        fmt::format("the profile was `{}` and is `{}`", old_side.policy.profile.name, new_side.policy.profile.name));
  }
  if (out.flows->audited > 0) {
    out.notes.push_back(fmt::format("{} audited and not in force: what they would do is not compared",
                                    out.flows->audited == 1
                                        ? "1 rule or isolation is"
                                        : fmt::format("{} rules and isolations are", out.flows->audited)));
  }
  out.groups = group_differences(*out.flows);
  if (source) {
    out.inventory = diff_pairs(old_side.policy, new_side.policy, source->inventory, options.now);
    out.inventory->of = of;
  }
  add_findings(out);
  return out;
}

}  // namespace weft::driver
