#include "driver/fix.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fix.h"

namespace weft::driver {
namespace {

namespace fs = std::filesystem;

constexpr int most_rounds = 10;

bool is_regular(const std::string& name) {
  struct stat status{};
  return ::stat(name.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

// The texts of the author: what is built into weft, and what no name on the command line led to, is not among them.
std::vector<SourceId> own_sources(const Compilation& compilation) {
  std::vector<SourceId> out = compilation.files.policies;
  out.insert(out.end(), compilation.files.inventories.begin(), compilation.files.inventories.end());
  return out;
}

std::unexpected<Error> unwritable(const std::string& name, std::string_view why) {
  return std::unexpected(Error{"W9019", fmt::format("cannot change `{}`: {}", name, why),
                               "the file is as it was; `--fix --dry-run` shows what would be changed"});
}

// A file of a new name beside the old one, gone unless it takes its place.
class Replacement {
 public:
  explicit Replacement(const fs::path& target) : target_(target) {
    name_ = (target.parent_path() / fmt::format(".{}.weft-XXXXXX", target.filename().string())).string();
    descriptor_ = ::mkstemp(name_.data());
  }
  ~Replacement() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    if (!placed_) ::unlink(name_.c_str());
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  // False with errno set where a step failed.
  bool fill(std::string_view text, mode_t mode) {
    if (descriptor_ < 0 || ::fchmod(descriptor_, mode & 07777U) != 0) return false;
    while (!text.empty()) {
      const ssize_t written = ::write(descriptor_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(descriptor_) == 0;
  }
  bool place() {
    placed_ = ::rename(name_.c_str(), target_.c_str()) == 0;
    return placed_;
  }

 private:
  fs::path target_;
  std::string name_;
  int descriptor_ = -1;
  bool placed_ = false;
};

}  // namespace

FixOutcome fix(const InputNames& names, const Options& options) {
  FixOutcome out;
  out.names = names;
  std::map<std::string, std::string> originals;
  Options quiet = options;
  quiet.verifier.dump_smt.reset();
  Goal goal = Goal::Understand;
  for (int round = 0;; ++round) {
    const Compilation compilation = compile(out.names, goal, quiet);
    const std::vector<SourceId> own = own_sources(compilation);
    for (const SourceId id : own) {
      // From here on every text is the one that was read first: a pipe gives it once, and a file may change meanwhile.
      const Source& source = compilation.sources[id];
      if (originals.emplace(source.name(), source.text()).second) out.names.texts.emplace(source.name(), source.text());
    }
    std::map<SourceId, std::vector<Edit>> edits;
    for (const auto& [diagnostic, fix] : applicable_fixes(compilation.diagnostics)) {
      const bool editable = std::ranges::all_of(fix->edits, [&](const Edit& edit) {
        if (std::ranges::find(own, edit.span.source) == own.end()) return false;
        const std::string& name = compilation.sources[edit.span.source].name();
        if (is_regular(name)) return true;
        if (std::ranges::find(out.kept, name) == out.kept.end()) out.kept.push_back(name);
        return false;
      });
      if (!editable) continue;
      if (round == most_rounds) {
        out.unfinished = true;
        break;
      }
      for (const Edit& edit : fix->edits) edits[edit.span.source].push_back(edit);
      out.made.push_back({compilation.sources.location(diagnostic->span.value_or(fix->edits.front().span)),
                          diagnostic->code, fix->title});
    }
    for (const auto& [id, made] : edits) {
      const Source& source = compilation.sources[id];
      out.names.texts[source.name()] = apply_edits(source.text(), made);
    }
    if (edits.empty() && goal == Goal::Understand && compilation.understood) {
      goal = Goal::Check;  // what is written as it should be may still say a thing twice
      --round;
      continue;
    }
    if (edits.empty()) {
      for (const SourceId id : own) {
        const std::string& name = compilation.sources[id].name();
        const std::string& before = originals.at(name);
        const std::string& after = out.names.texts.at(name);
        if (before != after) out.files.push_back({name, before, after});
      }
      return out;
    }
  }
}

Result<void> write_fixed(const FixedFile& file) {
  std::error_code error;
  const fs::path target = fs::canonical(file.name, error);  // what a link leads to, so that the link stays
  if (error) return unwritable(file.name, error.message());
  struct stat status{};
  if (::stat(target.c_str(), &status) != 0) return unwritable(file.name, std::strerror(errno));
  // Somebody else's change in the meantime is not to be lost.
  std::ifstream in(target, std::ios::binary);
  const std::string now{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in || now != file.before) {
    return unwritable(file.name, "it has changed since it was read");
  }
  if (::access(target.c_str(), W_OK) != 0) return unwritable(file.name, std::strerror(errno));
  Replacement replacement(target);
  if (!replacement.fill(file.after, status.st_mode) || !replacement.place()) {
    return unwritable(file.name, std::strerror(errno));
  }
  return {};
}

}  // namespace weft::driver
