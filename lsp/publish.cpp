#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "lsp/diagnostics.h"
#include "lsp/server.h"

namespace weft::lsp {
namespace {

// Proofs that come so soon are told together with the rest: nothing flickers.
constexpr auto patience = std::chrono::milliseconds(40);
// Proofs that take longer are shown to be under way.
constexpr auto long_proof = std::chrono::milliseconds(500);

}  // namespace

// Reads what has changed, begins to prove, and says in a moment what was found.
void Server::check() {
  check_due_.reset();
  const Clock::time_point begin = Clock::now();
  for (driver::Session::Known* known : session_.refresh()) {
    const auto& meaning = known->unit->meaning();
    const bool wait = meaning->understood && session_.proving();
    announcements_[known->unit->name()] = {meaning->revision, Clock::now() + (wait ? patience : Clock::duration())};
  }
  for (const std::string& path : std::exchange(opened_, {})) {
    driver::Session::Known* known = documents_.contains(path) ? session_.policy_of(path) : nullptr;
    if (known != nullptr)
      announcements_.try_emplace(known->unit->name(), known->unit->meaning()->revision, Clock::now());
  }
  check_took_ = Clock::now() - begin;
  for (const auto& unit : session_.forgotten()) withdraw(unit->name());
  if (session_.proving() && !progress_.due && progress_.token.empty()) progress_.due = Clock::now() + long_proof;
}

void Server::publish(driver::Session::Known& known) {
  const Atlas& places = atlas(known);
  const driver::UnitName& name = known.unit->name();
  for (auto& [source, list] : diagnostics_of(known, places, library_)) {
    const std::string& path = places.meaning().paths[static_cast<std::size_t>(source)];
    // A text that is open is judged in its own policy, another by who came first.
    if (documents_.contains(path)) {
      const driver::Session::Known* home = session_.policy_of(path);
      if (home != &known) continue;
    } else if (const auto other = publishers_.find(path); other != publishers_.end() && other->second != name) {
      continue;
    } else if (list.empty() && !published_.contains(path)) {
      continue;  // nothing was said, nothing is to be said
    }
    publishers_[path] = name;
    publish(path, places.uri(source), std::move(list));
  }
  if (client_.refreshes_lenses && known.verdicts) ask("workspace/codeLens/refresh", {});
}

void Server::publish(const std::string& path, const std::string& uri, Json diagnostics) {
  if (diagnostics.empty() && !documents_.contains(path)) {
    published_.erase(path);
    publishers_.erase(path);
  } else {
    published_[path] = uri;
  }
  if (client_.pulls) return keep(path, uri, std::move(diagnostics));
  Json params{{"uri", uri}, {"diagnostics", std::move(diagnostics)}};
  if (const auto open = documents_.find(path); open != documents_.end()) params["version"] = open->second.version;
  notify("textDocument/publishDiagnostics", std::move(params));
}

// Nobody works on that policy any more.
void Server::withdraw(const driver::UnitName& name) {
  indexes_.erase(name);
  announcements_.erase(name);
  std::vector<std::string> paths;
  for (const auto& [path, publisher] : publishers_) {
    if (publisher == name) paths.push_back(path);
  }
  for (const std::string& path : paths) {
    publishers_.erase(path);
    const auto said = published_.find(path);
    if (said != published_.end() && !documents_.contains(path)) publish(path, std::string(said->second), Json::array());
  }
}

void Server::show_progress() {
  const bool proving = session_.proving();
  if (!proving) {
    progress_.due.reset();
    if (!progress_.token.empty()) {
      notify("$/progress", {{"token", progress_.token}, {"value", {{"kind", "end"}}}});
      progress_.token.clear();
    }
    return;
  }
  if (!progress_.due || *progress_.due > Clock::now()) return;
  progress_.due.reset();
  if (!client_.progress) return;
  progress_.token = fmt::format("weft-proofs-{}", ++next_id_);
  ask("window/workDoneProgress/create", {{"token", progress_.token}});
  notify("$/progress", {{"token", progress_.token}, {"value", {{"kind", "begin"}, {"title", "weft: proving"}}}});
}

}  // namespace weft::lsp
