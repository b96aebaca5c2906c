#include "driver/session.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace weft::driver {

namespace fs = std::filesystem;

Session::Session(Options options) : options_(std::move(options)), checks_(options_.wake) {}

void Session::prefer(Preferences preferences) {
  preferences_ = std::move(preferences);
  files_changed();
}

void Session::open(const std::string& path, std::string text) {
  const bool fresh = !texts_.exists(path);
  const Texts::Text before = texts_.text(path);
  const bool same = before && *before == text;
  texts_.open(path, std::move(text));
  open_.insert(path);
  // A file nobody had before belongs to the policy of its directory.
  if (fresh) files_changed();
  if (!same) touch(path);
}

void Session::change(const std::string& path, std::string text) {
  texts_.open(path, std::move(text));
  touch(path);
}

void Session::close(const std::string& path) {
  const Texts::Text before = texts_.text(path);
  texts_.close(path);
  open_.erase(path);
  homes_.erase(path);
  // Most texts are closed as they were saved.
  const Texts::Text now = texts_.text(path);
  if (!before || !now || *before != *now) touch(path);
  if (!texts_.exists(path)) files_changed();
  forget_unused();
}

// Most files change because somebody saves what is open: what is known of it stays until it proves to be another.
void Session::files_changed() {
  homes_.clear();
  for (auto& [name, known] : units_) {
    known.unit->files_changed();
    known.stale = true;
  }
}

// Whatever is being proved of a policy that this text is part of is no longer about what is there.
void Session::touch(const std::string& path) {
  for (auto& [name, known] : units_) {
    if (known.unit->source(path)) cancel(known);
  }
}

void Session::cancel(Known& known) {
  known.stale = true;
  known.verdicts.reset();
  if (const auto& meaning = known.unit->meaning(); meaning && known.checked == meaning->revision) {
    checks_.cancel(meaning);
    known.checked = 0;
  }
}

UnitName Session::home_of(const std::string& path) {
  if (const auto home = homes_.find(path); home != homes_.end()) return home->second;
  UnitName out{UnitName::Kind::File, path, {}};
  if (path.starts_with('/')) {
    const std::string directory = fs::path(path).parent_path().string();
    const std::string project = project_above(directory);
    if (project.empty()) {
      out = {UnitName::Kind::Directory, directory, {}};
    } else {
      const UnitName whole{UnitName::Kind::Project, project, {}};
      Known& all = known(whole);
      update(all);
      out = all.unit->source(path) ? whole : UnitName{UnitName::Kind::File, path, project};
    }
  }
  homes_[path] = out;
  return out;
}

Session::Known& Session::known(const UnitName& name) {
  Known& out = units_[name];
  if (!out.unit) out.unit = std::make_unique<Unit>(name, texts_, preferences_);
  return out;
}

bool Session::update(Known& known) {
  if (!std::exchange(known.stale, false)) return false;
  const auto before = known.unit->meaning();
  if (!known.unit->refresh(options_.now(), revision_ + 1)) return false;
  ++revision_;
  if (before) checks_.cancel(before);
  known.verdicts.reset();
  return true;
}

void Session::refresh(Known& known) { update(known); }

std::vector<Session::Known*> Session::policies() {
  std::vector<Known*> out;
  for (const std::string& path : open_) {
    Known* found = policy_of(path);
    if (found != nullptr && std::ranges::find(out, found) == out.end()) out.push_back(found);
  }
  return out;
}

std::vector<Session::Known*> Session::refresh() {
  std::vector<Known*> out;
  for (Known* each : policies()) {
    const auto& meaning = each->unit->meaning();
    if (each->checked == meaning->revision) continue;
    each->checked = meaning->revision;
    out.push_back(each);
    // Nothing is proved of what is not understood.
    if (meaning->understood && options_.prove) checks_.start(meaning, each->unit->levels());
  }
  forget_unused();
  return out;
}

std::vector<Session::Known*> Session::collect() {
  std::vector<Known*> out;
  for (Verdicts& verdicts : checks_.collect()) {
    for (auto& [name, known] : units_) {
      if (known.unit->meaning() != verdicts.meaning || known.checked != verdicts.meaning->revision) continue;
      known.verdicts = std::move(verdicts);
      out.push_back(&known);
      break;
    }
  }
  return out;
}

Session::Known* Session::policy_of(const std::string& path) {
  if (!texts_.exists(path)) return nullptr;
  Known& out = known(home_of(path));
  update(out);
  return &out;
}

Session::Known* Session::last_policy_of(const std::string& path) {
  const auto home = homes_.find(path);
  const auto found = home == homes_.end() ? units_.end() : units_.find(home->second);
  return found == units_.end() || !found->second.unit->meaning() ? nullptr : &found->second;
}

std::vector<std::unique_ptr<Unit>> Session::forgotten() { return std::exchange(forgotten_, {}); }

void Session::forget_unused() {
  std::set<UnitName> used;
  for (const std::string& path : open_) used.insert(home_of(path));
  for (auto it = units_.begin(); it != units_.end();) {
    if (used.contains(it->first)) {
      ++it;
      continue;
    }
    cancel(it->second);
    forgotten_.push_back(std::move(it->second.unit));
    it = units_.erase(it);
  }
}

}  // namespace weft::driver
