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

bool exists(const std::string& name) {
  std::error_code ignored;
  return name == "-" || fs::exists(name, ignored);
}

// The project file that holds for a path: in the directory it names, or the nearest one above, no further than a
// repository or `top`.
std::string project_around(const std::string& path, const fs::path& top = {}) {
  std::error_code error;
  if (path == "-") return {};
  fs::path at = fs::is_directory(path, error) ? fs::path(path) : fs::path(path).parent_path();
  fs::path whole = fs::weakly_canonical(fs::absolute(at.empty() ? "." : at, error), error);
  const fs::path stop = top.empty() ? fs::path() : fs::weakly_canonical(top, error);
  for (;;) {
    const fs::path file = (at.empty() ? fs::path(".") : at) / "weft.toml";
    if (fs::is_regular_file(file, error)) return file.lexically_normal().string();
    if (fs::exists(whole / ".git", error) || whole == stop || whole == whole.parent_path()) return {};
    whole = whole.parent_path();
    at = at.empty() ? fs::path("..") : at / "..";
  }
}

// What to read for a path: a directory with a project file, or such a file, stands for the project.
InputNames names_at(const std::string& path) {
  InputNames out;
  std::error_code ignored;
  const fs::path given(path);
  if (given.filename() == "weft.toml") {
    out.project = path;
  } else {
    out.project = project_around(path);
    const bool whole = !out.project.empty() && fs::is_directory(given, ignored) &&
                       fs::equivalent(fs::path(out.project).parent_path().empty() ? "." : fs::path(out.project).parent_path(),
                                      given, ignored);
    if (!whole) out.policies = {path};
  }
  return out;
}

// Sources under other names; the numbers stay.
Sources renamed(const Sources& sources, const Revision& revision) {
  Sources out;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Source& source = sources[SourceId{static_cast<std::uint32_t>(i)}];
    out.add(revision.shown(source.name()), source.text());
  }
  return out;
}

class Reader {
 public:
  Reader(const DiffNames& names, const Options& options) : names_(names), options_(options) {}

  Result<DiffSide> side(const std::optional<std::string>& word, const std::optional<std::string>& other) {
    if (!word) return working_tree();
    if (exists(*word)) return path(*word);
    const std::size_t colon = word->find(':');
    if (colon != std::string::npos && colon > 0) return revision(word->substr(0, colon), {word->substr(colon + 1)}, *word);
    // What the other side names, as it was.
    std::vector<std::string> paths = names_.policies;
    if (paths.empty() && other && exists(*other) && *other != "-") paths = {*other};
    return revision(*word, paths, *word);
  }

 private:
  DiffSide understood(std::string name, InputNames inputs, std::optional<Revision> revision) const {
    if (!names_.inventories.empty()) inputs.inventories = names_.inventories;
    DiffSide out;
    out.name = std::move(name);
    out.revision = std::move(revision);
    out.compilation = compile(inputs, Goal::Understand, options_);
    if (out.revision) {
      out.compilation.sources = renamed(out.compilation.sources, *out.revision);
    }
    return out;
  }

  Result<DiffSide> path(const std::string& name) const { return understood(name, names_at(name), {}); }

  Result<DiffSide> working_tree() const {
    InputNames inputs;
    inputs.policies = names_.policies;
    inputs.project = names_.project;
    if (inputs.policies.empty() && inputs.project.empty()) inputs.policies = {"."};
    return understood("the working tree", std::move(inputs), {});
  }

  Result<DiffSide> revision(const std::string& revision, const std::vector<std::string>& paths,
                            const std::string& name) const {
    auto checked_out = Revision::check_out(revision);
    if (!checked_out) return std::unexpected(std::move(checked_out.error()));
    InputNames inputs;
    if (paths.empty()) {
      inputs.project = checked_out->project();
      if (inputs.project.empty()) {
        auto here = checked_out->file(".");
        if (!here) return std::unexpected(std::move(here.error()));
        inputs.policies = {std::move(*here)};
      }
      return understood(name, std::move(inputs), std::move(*checked_out));
    }
    for (const std::string& each : paths) {
      auto file = checked_out->file(each.empty() ? "." : each);
      if (!file) return std::unexpected(std::move(file.error()));
      InputNames at = names_at(*file);
      inputs.policies.insert(inputs.policies.end(), at.policies.begin(), at.policies.end());
      if (inputs.project.empty()) inputs.project = at.project;
    }
    return understood(name, std::move(inputs), std::move(*checked_out));
  }

  const DiffNames& names_;
  const Options& options_;
};

std::string text_of(const std::optional<model::KeyDomain>& domain) {
  if (!domain) return "not declared";
  if (!domain->values) return "any text";
  std::string out;
  for (const std::string& value : *domain->values) out += fmt::format("{}{}", out.empty() ? "" : " | ", model::quoted(value));
  return out;
}

// The inventory that the pairs are looked up in, and whose it is.
std::pair<const Compilation*, std::string> inventory_of(const PolicyDiff& diff, const DiffNames& names) {
  const Compilation& before = diff.before.compilation;
  const Compilation& after = diff.after.compilation;
  if (!names.inventories.empty()) return {&after, "the inventory given"};
  if (after.has_inventory()) return {&after, fmt::format("the inventory of `{}`", diff.after.name)};
  if (before.has_inventory()) return {&before, fmt::format("the inventory of `{}`", diff.before.name)};
  return {nullptr, {}};
}

void say_decider(Diagnostic& out, const char* when, const verifier::Decider& decider, const Compilation& compilation) {
  const std::string place = place_of(decider, compilation);
  out.note(fmt::format("{}: {}{}", when, words_of(decider, compilation), place.empty() ? "" : " at " + place));
}

void add_findings(PolicyDiff& diff) {
  const Compilation& after = diff.after.compilation;
  for (const verifier::Difference& each : diff.flows->differences) {
    std::optional<Span> span;
    for (const verifier::Turn& turn : each.turns) {
      if (!span) span = span_of(turn.after, after.policy);
    }
    Diagnostic& out = diff.findings.report(each.gained ? widened : narrowed, span, describe(each.witness));
    for (const verifier::Turn& turn : each.turns) {
      say_decider(out, "before", turn.before, diff.before.compilation);
      say_decider(out, "now", turn.after, after);
    }
    if (each.when.until) out.note(fmt::format("so it is until {}", model::to_string(*each.when.until)));
  }
  for (const verifier::NotChecked& gap : diff.flows->not_checked) {
    diff.findings.report(diff_undecided, {}, gap.what, gap.why)
        .suggest("compare in smaller steps, or give the labels finite values");
  }
  for (const verifier::VocabularyChange& change : diff.flows->vocabulary) {
    const std::optional<Span> span = change.after ? std::optional(change.after->span) : std::nullopt;
    diff.findings.report(other_vocabulary, span, model::to_string(change.key), text_of(change.before), text_of(change.after));
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
                     compilation.policy.profile.allow_by_default ? "allowed" : "denied", compilation.policy.profile.name);
}

Result<PolicyDiff> diff(const DiffNames& names, const Options& options) {
  Reader reader(names, options);
  PolicyDiff out;
  auto before = reader.side(names.before, names.after);
  if (!before) return std::unexpected(std::move(before.error()));
  auto after = reader.side(names.after, names.before);
  if (!after) return std::unexpected(std::move(after.error()));
  out.before = std::move(*before);
  out.after = std::move(*after);
  const Compilation& old_side = out.before.compilation;
  const Compilation& new_side = out.after.compilation;
  if (!old_side.understood || !new_side.understood) return out;

  if (options.on_step) options.on_step("comparing");
  const auto [source, of] = inventory_of(out, names);
  const model::Inventory* namespaces = source ? &source->inventory : nullptr;
  if (names.inventories.empty() && old_side.has_inventory() && new_side.has_inventory() &&
      old_side.inventory.namespaces != new_side.inventory.namespaces) {
    namespaces = nullptr;
    out.notes.emplace_back("the two inventories list different namespaces, so any namespace may have any labels here");
  }
  verifier::Options prover = options.verifier;
  prover.now = options.now;
  out.flows = verifier::diff(old_side.policy, new_side.policy, namespaces, prover);
  if (old_side.policy.profile != new_side.policy.profile) {
    out.notes.push_back(fmt::format("the profile was `{}` and is `{}`", old_side.policy.profile.name,
                                    new_side.policy.profile.name));
  }
  if (out.flows->audited > 0) {
    out.notes.push_back(fmt::format("{} audited and not in force: what they would do is not compared",
                                    out.flows->audited == 1 ? "1 rule or isolation is"
                                                            : fmt::format("{} rules and isolations are", out.flows->audited)));
  }
  if (source) {
    out.inventory = diff_pairs(old_side.policy, new_side.policy, source->inventory, options.now);
    out.inventory->of = of;
  }
  add_findings(out);
  return out;
}

}  // namespace weft::driver
