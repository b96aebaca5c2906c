#include "bundle/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace weft::bundle {
namespace {

namespace fs = std::filesystem;

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string reason(int number) { return std::generic_category().message(number); }

std::unexpected<Error> unwritable(const fs::path& path, std::string_view why, std::string help = "") {
  return std::unexpected(Error{"W5001", fmt::format("cannot write `{}`: {}", path.string(), why), std::move(help)});
}

std::unexpected<Error> unreadable(const fs::path& path, std::string_view why) {
  return std::unexpected(Error{"W5002", fmt::format("cannot read `{}`: {}", path.string(), why),
                               "a bundle is a directory that `weft build` wrote"});
}

/// Removes a directory of ours and everything in it, unless told to keep it.
class Temporary {
 public:
  explicit Temporary(fs::path path) : path_(std::move(path)) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  fs::path path_;
};

/// mkdtemp would make it unreadable for others; this one has the mode that the user's umask gives.
Result<fs::path> make_beside(const fs::path& target) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    fs::path path =
        target.parent_path() / fmt::format(".{}.{}-{}.tmp", target.filename().string(), ::getpid(), attempt);
    if (::mkdir(path.c_str(), 0777) == 0) return path;
    if (errno != EEXIST) return unwritable(target, reason(errno));
  }
  return unwritable(target, "too many temporary directories beside it", "remove them");
}

Result<void> write_file(const fs::path& path, const NamedFile& contents) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.valid()) return unwritable(path, reason(errno));
  const Sink write = [&](std::string_view piece) -> Result<void> {
    while (!piece.empty()) {
      const ssize_t written = ::write(file.get(), piece.data(), piece.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return unwritable(path, reason(errno));
      piece.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  };
  if (auto written = contents.contents(write); !written) return written;
  if (::fsync(file.get()) != 0) return unwritable(path, reason(errno));
  return {};
}

Result<void> sync_directory(const fs::path& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid() || ::fsync(directory.get()) != 0) return unwritable(path, reason(errno));
  return {};
}

/// True if replacing the directory can destroy nothing but a former bundle.
Result<void> check_replaceable(const fs::path& target, std::span<const NamedFile> files,
                               std::span<const std::string_view> required) {
  std::error_code error;
  if (!fs::is_directory(target, error)) {
    return unwritable(target, "it exists and is no directory", "remove it, or write to another path");
  }
  std::size_t found = 0;
  std::size_t total = 0;
  for (fs::directory_iterator it(target, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    ++total;
    if (std::ranges::find(required, name) != required.end()) ++found;
    if (std::ranges::find(files, name, &NamedFile::name) == files.end() || !fs::is_regular_file(it->symlink_status())) {
      return unwritable(target, fmt::format("it exists and is no bundle: it holds `{}`", name),
                        "remove it, or write to another path");
    }
  }
  if (error) return unwritable(target, error.message());
  if (total != 0 && found != required.size()) {
    return unwritable(target, "it exists and is no bundle", "remove it, or write to another path");
  }
  return {};
}

/// Puts `prepared` in the place of `target`; afterwards `prepared` holds what was there, or is gone.
Result<void> swap_into_place(const fs::path& prepared, const fs::path& target, bool exists) {
  const unsigned flags = exists ? RENAME_EXCHANGE : RENAME_NOREPLACE;
  if (::renameat2(AT_FDCWD, prepared.c_str(), AT_FDCWD, target.c_str(), flags) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS && errno != EXDEV) return unwritable(target, reason(errno));

  // A file system without these flags: two steps. In between a reader finds no bundle at all, never a mix.
  if (!exists) {
    if (::rename(prepared.c_str(), target.c_str()) != 0) return unwritable(target, reason(errno));
    return {};
  }
  const fs::path old = prepared.string() + ".old";
  if (::rename(target.c_str(), old.c_str()) != 0) return unwritable(target, reason(errno));
  if (::rename(prepared.c_str(), target.c_str()) != 0) {
    const int number = errno;
    if (::rename(old.c_str(), target.c_str()) != 0) {
      return unwritable(target, reason(number), fmt::format("the former bundle is now `{}`", old.string()));
    }
    return unwritable(target, reason(number));
  }
  std::error_code ignored;
  fs::remove_all(old, ignored);
  return {};
}

Result<std::string> read_file(int directory, const fs::path& path, const char* name, std::size_t limit) {
  // Without O_NONBLOCK a FIFO of that name would hold us for ever.
  const Descriptor file(::openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return unreadable(path / name, reason(errno));
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return unreadable(path / name, reason(errno));
  if (!S_ISREG(info.st_mode)) return unreadable(path / name, "it is no plain file");
  if (info.st_size < 0 || static_cast<std::uint64_t>(info.st_size) > limit) {
    return std::unexpected(
        Error{"W5003", fmt::format("`{}` is larger than {} bytes", (path / name).string(), limit), ""});
  }
  std::string contents(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t filled = 0;
  while (filled < contents.size()) {
    const ssize_t got = ::read(file.get(), contents.data() + filled, contents.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(path / name, reason(errno));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  contents.resize(filled);
  return contents;
}

}  // namespace

Result<void> replace_directory(const fs::path& directory, std::span<const NamedFile> files,
                               std::span<const std::string_view> required) {
  std::error_code error;
  // Resolved first: renaming must replace what a symbolic link points at, not the link.
  fs::path target = fs::weakly_canonical(fs::absolute(directory, error), error);
  if (error) return unwritable(directory, error.message());
  if (target.filename().empty()) target = target.parent_path();
  if (target == target.root_path()) return unwritable(directory, "it is the root directory");
  fs::create_directories(target.parent_path(), error);
  if (error) return unwritable(directory, error.message());

  const bool exists = fs::exists(fs::symlink_status(target, error));
  if (exists) {
    if (auto replaceable = check_replaceable(target, files, required); !replaceable) return replaceable;
  }
  const auto made = make_beside(target);
  if (!made) return std::unexpected(made.error());
  Temporary prepared(*made);
  for (const NamedFile& file : files) {
    if (auto written = write_file(prepared.path() / file.name, file); !written) return written;
  }
  if (auto synced = sync_directory(prepared.path()); !synced) return synced;
  if (auto swapped = swap_into_place(prepared.path(), target, exists); !swapped) return swapped;
  if (!exists) prepared.keep();
  return sync_directory(target.parent_path());
}

Result<std::vector<std::string>> read_directory(const fs::path& directory, std::span<const std::string_view> names,
                                                std::size_t limit) {
  for (int attempt = 0;; ++attempt) {
    const Descriptor open_directory(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!open_directory.valid()) return unreadable(directory, reason(errno));
    std::vector<std::string> out;
    Error failure;
    for (const std::string_view name : names) {
      auto contents = read_file(open_directory.get(), directory, std::string(name).c_str(), limit);
      if (!contents) {
        failure = contents.error();
        break;
      }
      out.push_back(std::move(*contents));
    }
    if (failure.code.empty()) return out;
    // The directory may have been replaced, and its files removed, while we read: then the path leads to another one
    // now.
    struct stat opened{};
    struct stat now{};
    const bool replaced = ::fstat(open_directory.get(), &opened) == 0 && ::stat(directory.c_str(), &now) == 0 &&
                          opened.st_ino != now.st_ino;
    if (!replaced || attempt == 10) return std::unexpected(failure);
  }
}

}  // namespace weft::bundle
