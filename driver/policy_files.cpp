#include "driver/policy_files.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "driver/codes.h"

namespace weft::driver {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> files_below(const std::string& directory, Diagnostics& diagnostics) {
  std::vector<std::string> out;
  std::error_code error;
  fs::recursive_directory_iterator at(directory, error);
  for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    const fs::path& path = at->path();
    const bool hidden = path.filename().string().starts_with('.');
    if (at->is_directory(ignored)) {
      if (hidden) at.disable_recursion_pending();
    } else if (!hidden && path.extension() == ".weft") {
      // "./a.weft" is "a.weft" to people.
      out.push_back(directory == "." ? path.lexically_relative(".").string() : path.string());
    }
  }
  if (error) {
    diagnostics.report(file_unreadable, {}, directory, error.message());
  } else if (out.empty()) {
    diagnostics.report(directory_without_files, {}, directory, "`*.weft`").suggest("name the files");
  }
  std::ranges::sort(out);
  return out;
}

// A new file beside the one it will replace. It is gone again unless `replace` was called.
class Replacement {
 public:
  explicit Replacement(const std::string& target) : target_(target) {
    const fs::path path(target);
    name_ = (path.parent_path() / ("." + path.filename().string() + ".XXXXXX")).string();
    descriptor_ = ::mkostemp(name_.data(), O_CLOEXEC);
    if (descriptor_ < 0) name_.clear();
  }
  ~Replacement() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  /// False with `errno` where some step failed.
  bool write(std::string_view text, const struct stat& like) {
    if (descriptor_ < 0) return false;
    while (!text.empty()) {
      const ssize_t written = ::write(descriptor_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    // Only the superuser can give files away; for others the owner is themselves anyway.
    if (::fchown(descriptor_, like.st_uid, like.st_gid) != 0 && ::geteuid() == 0) return false;
    return ::fchmod(descriptor_, like.st_mode & 07777) == 0 && ::fsync(descriptor_) == 0;
  }
  bool replace() {
    if (::rename(name_.c_str(), target_.c_str()) != 0) return false;
    name_.clear();
    return true;
  }

 private:
  std::string target_;
  std::string name_;
  int descriptor_ = -1;
};

}  // namespace

std::vector<std::string> policy_files(const std::vector<std::string>& names, Diagnostics& diagnostics) {
  std::vector<std::string> out;
  for (const std::string& name : names) {
    std::error_code ignored;
    if (name != "-" && fs::is_directory(name, ignored)) {
      for (std::string& file : files_below(name, diagnostics)) out.push_back(std::move(file));
    } else {
      out.push_back(name);
    }
  }
  return out;
}

Result<void> rewrite_file(const std::string& name, std::string_view text) {
  const auto failed = [&] {
    return std::unexpected(Error{std::string(rewrite_failed),
                                 fmt::format("cannot write `{}`: {}", printable(name), std::strerror(errno)),
                                 "the file is as it was; check its directory's permissions and the space left"});
  };
  std::error_code error;
  const fs::path target = fs::canonical(name, error);  // the file itself, not a link to it
  struct stat status{};
  if (error) errno = error.value();
  if (error || ::stat(target.c_str(), &status) != 0) return failed();
  // Renaming would do what the permissions of the file forbid.
  if (::access(target.c_str(), W_OK) != 0) return failed();
  Replacement replacement(target.string());
  if (!replacement.write(text, status) || !replacement.replace()) return failed();
  return {};
}

}  // namespace weft::driver
