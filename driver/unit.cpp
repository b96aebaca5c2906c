#include "driver/unit.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "base/assert.h"
#include "base/text.h"
#include "driver/codes.h"
#include "driver/project_profile.h"
#include "driver/vocabulary.h"
#include "inventory/inventory.h"
#include "stdlib-policies/modules.h"
#include "verifier/memory.h"

namespace weft::driver {

namespace fs = std::filesystem;
using frontend::ast::File;

namespace {

const stdlib_policies::Module* module_named(std::string_view name) {
  const auto all = stdlib_policies::modules();
  const auto found = std::ranges::find(all, name, &stdlib_policies::Module::name);
  return found == all.end() ? nullptr : &*found;
}

void add_all(const Diagnostics& from, Diagnostics& to) {
  for (const Diagnostic& each : from.all()) to.add(each);
}

std::string module_name(const frontend::ast::ImportStatement& statement) {
  std::string out;
  for (const frontend::ast::Name& part : statement.module) out += (out.empty() ? "" : ".") + part.text;
  return out;
}

std::string nearest_file(const fs::path& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(path.parent_path(), error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  std::ranges::sort(names);
  return nearest(path.filename().string(), names);
}

}  // namespace

/// Imports from the texts of the workspace. New ones get a place behind all others.
class Unit::Imports : public frontend::ImportReader {
 public:
  Imports(Unit& unit, Sources& sources) : unit_(unit), sources_(sources) {}

  std::optional<SourceId> file(std::string_view path, Span at, Diagnostics& diagnostics) override {
    const Slot& from = unit_.slots_[static_cast<std::size_t>(at.source)];
    if (path.empty() || path.find('\0') != std::string_view::npos || from.module || !from.path.starts_with('/')) {
      diagnostics.report(file_not_found, at, path);
      return {};
    }
    const fs::path name = (fs::path(from.path).parent_path() / fs::path(path)).lexically_normal();
    std::error_code error;
    if (fs::is_directory(name, error)) {
      diagnostics.report(no_file, at, path, "a directory").suggest("import its files one by one");
      return {};
    }
    // What was there when it was imported first may be gone since.
    const auto known = unit_.slot_of(name.string());
    if (known && unit_.slots_[static_cast<std::size_t>(*known)].text) return place(*known);
    if (!unit_.texts_.exists(name.string())) {
      Diagnostic& diagnostic = diagnostics.report(file_not_found, at, path);
      if (const std::string near = nearest_file(name); !near.empty()) {
        diagnostic.suggest(fmt::format("did you mean `{}`?", (fs::path(path).parent_path() / near).string()));
      }
      return {};
    }
    return place(known ? *known : unit_.add_slot({name.string(), unit_.shown_name(name.string()), false}));
  }

  std::vector<std::string> modules() const override {
    std::vector<std::string> out;
    for (const stdlib_policies::Module& module : stdlib_policies::modules()) out.emplace_back(module.name);
    return out;
  }

  SourceId module(std::string_view name) override {
    if (const auto known = unit_.slot_of(std::string(name))) return place(*known);
    const stdlib_policies::Module* module = module_named(name);
    WEFT_ASSERT(module != nullptr, "only modules that there are are asked for");
    // Who works on a module has its file: it is the module then.
    for (std::size_t i = 0; i < unit_.slots_.size(); ++i) {
      const SourceId id{static_cast<std::uint32_t>(i)};
      if (!unit_.slots_[i].module && sources_[id].text() == module->text) return id;
    }
    return place(unit_.add_slot({std::string(name), std::string(module->path), true}));
  }

 private:
  // The text of a slot becomes a source as soon as it is asked for.
  SourceId place(SourceId id) {
    for (std::size_t next = sources_.size(); next <= static_cast<std::size_t>(id); ++next) {
      const Slot& slot = unit_.slots_[next];
      sources_.add(slot.shown, slot.text ? *slot.text : std::string());
    }
    return id;
  }

  Unit& unit_;
  Sources& sources_;
};

Unit::Unit(UnitName name, Texts& texts, const Preferences& preferences)
    : name_(std::move(name)), texts_(texts), preferences_(preferences) {}

std::optional<SourceId> Unit::source(const std::string& path) const {
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) return {};
  return found->second;
}

bool Unit::is_policy(SourceId source) const {
  return std::ranges::any_of(files_, [&](const File& file) { return file.source == source; });
}

std::optional<SourceId> Unit::slot_of(const std::string& path) { return source(path); }

SourceId Unit::add_slot(Slot slot) {
  const SourceId id{static_cast<std::uint32_t>(slots_.size())};
  if (const auto* module = slot.module ? module_named(slot.path) : nullptr) {
    slot.text = std::make_shared<const std::string>(module->text);
  } else if (!slot.module) {
    slot.text = texts_.text(slot.path);
  }
  // Where places would be others, everything is.
  Slot* former = slots_.size() < former_.size() ? &former_[slots_.size()] : nullptr;
  if (former != nullptr && former->path == slot.path && former->module == slot.module) {
    const bool same = former->text == slot.text || (former->text && slot.text && *former->text == *slot.text);
    former->parsed = former->parsed && same;
    if (!same) former->text = std::move(slot.text);
    slot = std::move(*former);
  }
  by_path_.emplace(slot.path, id);
  slots_.push_back(std::move(slot));
  return id;
}

std::string Unit::shown_name(const std::string& path) const {
  const fs::path shown = fs::path(path).lexically_relative(name_.directory());
  return shown.empty() || *shown.begin() == ".." ? path : shown.string();
}

bool Unit::refresh(model::Moment now, std::uint64_t revision) {
  bool changed = std::exchange(files_stale_, false) && read_files();
  for (Slot& slot : slots_) {
    if (slot.module || (given_.project && &slot == slots_.data())) continue;
    Texts::Text text = texts_.text(slot.path);
    if (text == slot.text || (text && slot.text && *text == *slot.text)) continue;
    slot.text = std::move(text);
    slot.parsed = false;
    changed = true;
  }
  const auto deadline_passed = [&] {
    return std::ranges::any_of(meaning_->policy.rules, [&](const model::Rule& rule) {
      return rule.expires && *rule.expires > meaning_->now && *rule.expires <= now;
    });
  };
  if (!changed && meaning_ && !deadline_passed()) return false;

  auto out = std::make_shared<Meaning>();
  out->revision = revision;
  out->now = now;
  out->diagnostics.set_levels(levels_);
  add_all(given_.diagnostics, out->diagnostics);
  for (const Slot& slot : slots_) out->sources.add(slot.shown, slot.text ? *slot.text : std::string());
  read_policy(*out);
  read_inventory(*out);
  if (!out->diagnostics.has_errors() && out->has_inventory) {
    check_vocabulary(out->policy, *out->inventory, out->sources, out->diagnostics);
  }
  out->understood = !out->diagnostics.has_errors();
  for (const Slot& slot : slots_) {
    out->paths.push_back(slot.module ? slot.shown : slot.path);
    out->built_in.push_back(slot.module);
  }
  meaning_ = std::move(out);
  former_.clear();
  return true;
}

// Which files there are; false if they are those of before. Most files change because somebody saves what is open.
bool Unit::read_files() {
  UnitFiles given = files_of(name_, texts_, preferences_);
  LintLevels levels = given.project ? given.project->levels : LintLevels{};
  levels.insert(preferences_.levels.begin(), preferences_.levels.end());  // those that are there already stay
  // What an import looks for may be there now, so only where none has failed.
  const bool same = meaning_ && meaning_->understood && levels == levels_ &&
                    given.project.has_value() == given_.project.has_value() &&
                    given.project_text == given_.project_text && given.policies == given_.policies &&
                    given.inventories == given_.inventories &&
                    std::ranges::equal(given.diagnostics.all(), given_.diagnostics.all(), {}, &Diagnostic::message,
                                       &Diagnostic::message);
  if (same) return false;
  for (File& file : files_) slots_[static_cast<std::size_t>(file.source)].last.file = std::move(file);
  files_.clear();
  given_ = std::move(given);
  levels_ = std::move(levels);
  former_ = std::exchange(slots_, {});
  by_path_.clear();
  if (given_.project) {
    // Its places are already told as those of the first source.
    Slot project{name_.kind == UnitName::Kind::Project ? name_.path : name_.project, "weft.toml"};
    project.text = std::make_shared<const std::string>(given_.project_text);
    by_path_.emplace(project.path, SourceId{0});
    slots_.push_back(std::move(project));
  }
  for (const auto* paths : {&given_.policies, &given_.inventories}) {
    for (const std::string& path : *paths) {
      if (!source(path)) add_slot({path, shown_name(path)});
    }
  }
  return true;
}

void Unit::parse(SourceId source, bool library) {
  Slot& slot = slots_[static_cast<std::size_t>(source)];
  if (slot.parsed) return;
  // The parser names the source by its place among others, of which there need be none with a text.
  Sources alone;
  for (std::size_t i = 0; i < static_cast<std::size_t>(source); ++i) alone.add({}, {});
  alone.add(slot.shown, slot.text ? *slot.text : std::string());
  slot.findings = {};
  if (library) {
    slot.last = {{}, frontend::parse(alone, source, slot.findings), {}};
    slot.last.file.library = true;
    std::erase_if(slot.last.file.statements, [](const frontend::ast::Statement& it) {
      return std::holds_alternative<frontend::ast::TestStatement>(it);
    });
  } else {
    slot.last.file = frontend::parse_again(alone, source, slot.findings, slot.last);
  }
  slot.lost = slot.last.file.lost;
  slot.parsed = true;
}

void Unit::read_policy(Meaning& out) {
  follow_imports(out);
  frontend::ReadOptions options;
  options.now = out.now;
  if (given_.project && given_.project->profile) options.profile = given_.project->profile->profile;
  out.policy = frontend::resolve(out.sources, files_, out.diagnostics, options);
  if (given_.project) check_project_profile(*given_.project, out.policy, out.diagnostics);
}

// The files given and all they import, each parsed if it is not yet. `frontend::read_imports` comes last, only to say
// what is wrong with imports.
void Unit::follow_imports(Meaning& out) {
  // What was read goes back to its place, and from there to where it is wanted: thousands of rules are not copied.
  for (File& file : files_) slots_[static_cast<std::size_t>(file.source)].last.file = std::move(file);
  files_.clear();
  std::set<SourceId> taken;
  Imports imports(*this, out.sources);
  const auto take = [&](SourceId source, bool library) {
    if (!taken.insert(source).second) return;
    parse(source, library);
    Slot& slot = slots_[static_cast<std::size_t>(source)];
    files_.push_back(std::move(slot.last.file));
    files_.back().lost = slot.lost;
    add_all(slot.findings, out.diagnostics);
  };
  for (const std::string& path : given_.policies) {
    const SourceId id = *source(path);
    if (slots_[static_cast<std::size_t>(id)].text) {
      take(id, false);
    } else {
      out.diagnostics.report(file_not_found, {}, path);
    }
  }
  for (std::size_t i = 0; i < files_.size(); ++i) {
    std::vector<frontend::ast::ImportStatement> wanted;
    for (const auto& statement : files_[i].statements) {
      if (const auto* it = std::get_if<frontend::ast::ImportStatement>(&statement)) wanted.push_back(*it);
    }
    for (const frontend::ast::ImportStatement& statement : wanted) {
      Diagnostics unheard;
      if (statement.path) {
        if (const auto id = imports.file(statement.path->text, statement.path->span, unheard)) take(*id, false);
      } else if (const std::string name = module_name(statement); module_named(name) != nullptr) {
        take(imports.module(name), true);
      }
    }
  }
  frontend::read_imports(out.sources, imports, files_, out.diagnostics);
}

void Unit::read_inventory(Meaning& out) {
  std::vector<SourceId> ids;
  std::vector<Texts::Text> texts;
  for (const std::string& path : given_.inventories) {
    const SourceId id = *source(path);
    const Texts::Text& text = slots_[static_cast<std::size_t>(id)].text;
    if (!text) {
      out.diagnostics.report(file_not_found, {}, path);
      continue;
    }
    ids.push_back(id);
    texts.push_back(text);
  }
  if (!inventory_ || ids != inventory_ids_ || texts != inventory_texts_) {
    inventory_findings_ = {};
    inventory_ = std::make_shared<const model::Inventory>(inventory::read(out.sources, ids, inventory_findings_));
    memory_ = std::make_shared<verifier::InventoryMemory>(*inventory_);
    inventory_ids_ = ids;
    inventory_texts_ = std::move(texts);
  }
  add_all(inventory_findings_, out.diagnostics);
  out.inventory = inventory_;
  out.memory = memory_;
  out.has_inventory = !ids.empty();
  out.inventories = std::move(ids);
}

}  // namespace weft::driver
