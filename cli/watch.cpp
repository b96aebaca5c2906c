#include "cli/watch.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/text.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

constexpr int quiet_milliseconds = 50;
constexpr int most_rounds = 40;  // a file that is written to all the time must not keep the tests from running

std::unexpected<Error> cannot_watch(const std::string& what) {
  const bool full = errno == ENOSPC || errno == EMFILE;
  return std::unexpected(Error{"W9029", fmt::format("cannot watch {}: {}", what, std::strerror(errno)),
                               full ? "raise fs.inotify.max_user_watches or max_user_instances" : ""});
}

std::string directory_of(const fs::path& file) {
  const std::string parent = file.parent_path().string();
  return parent.empty() ? "." : parent;
}

bool ends_like_inventory(std::string_view name) {
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

}  // namespace

Watch::Watch() = default;

Watch::~Watch() {
  if (changes_ >= 0) ::close(changes_);
}

Result<void> Watch::begin() {
  changes_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (ending_.descriptor() < 0 || changes_ < 0) return cannot_watch("files");
  return {};
}

Result<bool> Watch::add_directory(const std::string& name) {
  // A directory, not the file: editors write a new file and rename it over the old one.
  const int watch = ::inotify_add_watch(
      changes_, name.c_str(), IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR);
  if (watch < 0 && (errno == ENOENT || errno == ENOTDIR)) return false;
  if (watch < 0) return cannot_watch(fmt::format("`{}`", printable(name)));
  return directories_.insert_or_assign(watch, name).second;
}

Result<bool> Watch::follow(const driver::Compilation& compilation) {
  files_.clear();
  whole_.clear();
  std::set<std::string> wanted;
  const auto follow_file = [&](const std::string& name) {
    const fs::path path(name);
    files_.insert(directory_of(path) + "/" + path.filename().string());
    wanted.insert(directory_of(path));
  };
  for (std::uint32_t i = 0; i < compilation.sources.size(); ++i) follow_file(compilation.sources[SourceId{i}].name());
  if (!compilation.names.project.empty()) follow_file(compilation.names.project);
  const auto follow_name = [&](const std::string& name, bool inventory) {
    std::error_code ignored;
    if (!fs::is_directory(name, ignored)) return follow_file(name);
    wanted.insert(name);
    if (inventory) whole_.insert(name);
  };
  for (const std::string& name : compilation.names.policies) follow_name(name, false);
  for (const std::string& name : compilation.names.inventories) follow_name(name, true);

  bool fresh = false;
  for (const std::string& name : wanted) {
    const auto added = add_directory(name);
    if (!added) return added;
    fresh = fresh || *added;
  }
  return fresh;
}

bool Watch::drain() {
  bool matters = false;
  alignas(inotify_event) char buffer[16 * 1024];
  for (;;) {
    const ssize_t got = ::read(changes_, buffer, sizeof buffer);
    if (got <= 0) return matters;
    for (const char* at = buffer; at < buffer + got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      at += sizeof(inotify_event) + event->len;
      if ((event->mask & IN_Q_OVERFLOW) != 0) matters = true;
      const auto directory = directories_.find(event->wd);
      if (directory == directories_.end()) continue;
      if ((event->mask & IN_IGNORED) != 0) {  // deleted, and perhaps made again under its name
        directories_.erase(directory);
        matters = true;
        continue;
      }
      const std::string_view name = event->len > 0 ? event->name : "";
      matters = matters || files_.contains(directory->second + "/" + std::string(name)) || name.ends_with(".weft") ||
                name == "weft.toml" || (name.starts_with("inventory.") && ends_like_inventory(name)) ||
                (whole_.contains(directory->second) && ends_like_inventory(name));
    }
  }
}

Watch::Event Watch::wait() {
  bool changed = false;
  for (int rounds = 0;;) {
    pollfd ready[] = {{ending_.descriptor(), POLLIN, 0}, {changes_, POLLIN, 0}};
    const int count = ::poll(ready, 2, changed ? quiet_milliseconds : -1);
    if (count < 0 && errno != EINTR) return Event::Ended;
    if (ready[0].revents != 0) return Event::Ended;
    if (count > 0 && ready[1].revents != 0) changed = drain() || changed;
    if (changed && (count == 0 || ++rounds > most_rounds)) return Event::Changed;
  }
}

}  // namespace weft::cli
