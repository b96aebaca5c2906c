#include "driver/files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "driver/codes.h"

namespace weft::driver {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t mebibyte = 1024 * 1024;

// What one kind of input is called on disk, and how much of it is read.
struct Form {
  std::span<const std::string_view> extensions;
  std::string_view wanted;  // for the message about a directory that has none
  std::uint64_t limit;      // bytes
  std::string_view name;
  std::string_view option;
};

constexpr std::string_view policy_extensions[] = {".weft"};
constexpr std::string_view inventory_extensions[] = {".yaml", ".yml", ".json"};
constexpr std::string_view default_inventories[] = {"inventory.yaml", "inventory.yml", "inventory.json"};
constexpr Form policy_form{policy_extensions, "`*.weft`", 64 * mebibyte, "a policy", "--policy"};
// 100,000 workloads of 300 bytes are 30 MB of YAML, their Kubernetes objects ten times that.
constexpr Form inventory_form{inventory_extensions, "`*.yaml`, `*.yml` or `*.json`", 1024 * mebibyte, "an inventory",
                              "--inventory"};
constexpr Form settings_form{{}, {}, mebibyte, "a project file", "--config"};

class Reader {
 public:
  /// `place` is where the text stands that asks for the files, if one does.
  Reader(const InputNames& names, Sources& sources, Diagnostics& diagnostics, std::optional<Span> place = {})
      : texts_(names.texts), sources_(sources), diagnostics_(diagnostics), place_(place) {}

  void read(const std::string& name, const Form& form, std::vector<SourceId>& into);
  void read_file(const std::string& name, const Form& form, std::vector<SourceId>& into);

 private:
  using FileIdentity = std::tuple<const Form*, dev_t, ino_t>;

  void read_directory(const std::string& name, const Form& form, std::vector<SourceId>& into);
  void read_descriptor(int descriptor, const std::string& name, const Form& form, std::vector<SourceId>& into);
  bool refuse_kind(const std::string& name, const Form& form);
  void report_missing(const std::string& name);

  const std::map<std::string, std::string>& texts_;
  Sources& sources_;
  Diagnostics& diagnostics_;
  std::optional<Span> place_;
  std::set<FileIdentity> seen_;
  bool stdin_taken_ = false;
};

bool has_extension(const fs::path& path, const Form& form) {
  return std::ranges::find(form.extensions, path.extension().string()) != form.extensions.end();
}

// A pipe somebody made for this run, as `<(…)` of a shell, not one that lies about and may never be written.
bool is_descriptor(std::string_view name) {
  return name == "/dev/stdin" || name.starts_with("/dev/fd/") || name.starts_with("/proc/self/fd/");
}

std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a named pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

// The names in a directory, sorted, so that a run reads the same files in the same order everywhere.
std::vector<std::string> names_in(const fs::path& directory, std::error_code& error) {
  std::vector<std::string> names;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

void Reader::read(const std::string& name, const Form& form, std::vector<SourceId>& into) {
  if (name == "-") {
    if (std::exchange(stdin_taken_, true)) {
      diagnostics_.report(stdin_twice, {}).suggest("give one of the inputs as a file");
      return;
    }
    read_descriptor(STDIN_FILENO, "<stdin>", form, into);
    return;
  }
  std::error_code ignored;
  if (fs::is_directory(name, ignored)) {
    read_directory(name, form, into);
  } else if (!refuse_kind(name, form)) {
    read_file(name, form, into);
  }
}

// One word about a file of the other kind, instead of an error for each of its lines.
bool Reader::refuse_kind(const std::string& name, const Form& form) {
  const Form& other = &form == &policy_form ? inventory_form : policy_form;
  std::error_code ignored;
  if (!has_extension(name, other) || !fs::exists(name, ignored)) return false;
  diagnostics_.report(wrong_kind, place_, name, other.name)
      .suggest(fmt::format("give it with `{} {}`", other.option, printable(name)));
  return true;
}

void Reader::read_directory(const std::string& name, const Form& form, std::vector<SourceId>& into) {
  std::error_code error;
  const std::vector<std::string> names = names_in(name, error);
  if (error) {
    diagnostics_.report(file_unreadable, place_, name, error.message());
    return;
  }
  bool any = false;
  for (const std::string& file : names) {
    const fs::path path = name == "." ? fs::path(file) : fs::path(name) / file;
    if (file.starts_with('.') || !has_extension(path, form) || fs::is_directory(path, error)) continue;
    any = true;
    read_file(path.string(), form, into);
  }
  if (!any) {
    diagnostics_.report(directory_without_files, place_, name, form.wanted)
        .suggest("name the files, or the directory that holds them; subdirectories are not searched");
  }
}

void Reader::read_file(const std::string& name, const Form& form, std::vector<SourceId>& into) {
  struct stat status{};
  // Before it is opened: that alone would wait for the other end of a pipe.
  if (!is_descriptor(name) && ::stat(name.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    diagnostics_.report(no_file, place_, name, kind_of(status.st_mode))
        .suggest("give a file, or `-` for standard input");
    return;
  }
  const int descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == ENOENT) {
      report_missing(name);
    } else {
      diagnostics_.report(file_unreadable, place_, name, std::strerror(errno));
    }
    return;
  }
  const bool repeated = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
                        !seen_.emplace(&form, status.st_dev, status.st_ino).second;
  if (!repeated) read_descriptor(descriptor, name, form, into);
  ::close(descriptor);
}

void Reader::read_descriptor(int descriptor, const std::string& name, const Form& form, std::vector<SourceId>& into) {
  if (const auto given = texts_.find(name); given != texts_.end()) {
    into.push_back(sources_.add(name, given->second));
    return;
  }
  std::string text;
  struct stat status{};
  const bool regular = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  std::size_t block = 64 * 1024;
  if (regular)
    block = std::max<std::size_t>(block,
                                  std::min<std::uint64_t>(static_cast<std::uint64_t>(status.st_size), form.limit) + 1);
  for (;;) {
    const std::size_t have = text.size();
    text.resize(have + block);
    const ssize_t got = ::read(descriptor, text.data() + have, block);
    text.resize(have + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      diagnostics_.report(file_unreadable, place_, name, std::strerror(errno));
      return;
    }
    if (got == 0) break;
    if (text.size() > form.limit) {
      diagnostics_.report(file_too_big, place_, name, form.limit / mebibyte);
      return;
    }
    block = std::max<std::size_t>(64 * 1024, std::min<std::size_t>(text.size(), 16 * mebibyte));
  }
  // Told here, where no excerpt of it has to be shown.
  if (&form == &policy_form && (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))) {
    diagnostics_.report(utf16_policy, place_, name).suggest("save it as UTF-8");
    return;
  }
  into.push_back(sources_.add(name, std::move(text)));
}

void Reader::report_missing(const std::string& name) {
  Diagnostic& diagnostic = diagnostics_.report(file_not_found, place_, name);
  const fs::path path(name);
  std::error_code error;
  const std::string near =
      nearest(path.filename().string(), names_in(path.has_parent_path() ? path.parent_path() : ".", error));
  if (!near.empty()) diagnostic.suggest(fmt::format("did you mean `{}`?", (path.parent_path() / near).string()));
}

bool says_nothing(const Source& source) { return source.text().find_first_not_of(" \t\r\n") == std::string::npos; }

// The inventory of a project directory, or nothing.
std::optional<std::string> inventory_in(const std::string& name) {
  std::error_code error;
  if (name == "-" || !fs::is_directory(name, error)) return {};
  for (const std::string_view file : default_inventories) {
    const fs::path path = name == "." ? fs::path(file) : fs::path(name) / file;
    if (fs::exists(path, error)) return path.string();
  }
  return {};
}

// A directory that holds a policy and its inventory is a project: naming it names both.
std::vector<std::string> inventories_of(const InputNames& names) {
  std::vector<std::string> out;
  for (const std::string& name : names.inventories) out.push_back(inventory_in(name).value_or(name));
  if (!names.inventories.empty() || !names.look_for_inventory) return out;
  for (const std::string& name : names.policies) {
    if (auto found = inventory_in(name)) out.push_back(std::move(*found));
  }
  return out;
}

}  // namespace

InputFiles read_inputs(const InputNames& names, Sources& sources, Diagnostics& diagnostics) {
  InputFiles files;
  Reader reader(names, sources, diagnostics);
  for (const std::string& name : names.policies) reader.read(name, policy_form, files.policies);
  for (const SourceId file : files.policies) {
    // A policy of nothing denies or allows everything: a file cut short must not pass for one.
    const Source& source = sources[file];
    if (!says_nothing(source)) continue;
    diagnostics.report(empty_policy, Span{file, 0, 0}, source.name()).suggest("was it written completely?");
  }
  for (const std::string& name : inventories_of(names)) reader.read(name, inventory_form, files.inventories);
  return files;
}

bool brings_inventory(const InputNames& names) {
  return std::ranges::any_of(names.policies, [](const std::string& name) { return inventory_in(name).has_value(); });
}

std::optional<SourceId> read_file(const std::string& name, Sources& sources, Diagnostics& diagnostics) {
  std::vector<SourceId> read;
  const InputNames as_it_is;
  Reader(as_it_is, sources, diagnostics).read_file(name, settings_form, read);
  if (read.empty()) return {};
  return read.front();
}

std::optional<SourceId> read_policy_file(const std::string& name, Span place, const InputNames& names, Sources& sources,
                                         Diagnostics& diagnostics) {
  std::vector<SourceId> read;
  Reader(names, sources, diagnostics, place).read(name, policy_form, read);
  if (read.empty()) return {};
  if (!says_nothing(sources[read.front()])) return read.front();
  diagnostics.report(empty_policy, place, name).suggest("was it written completely?");
  return {};
}

void prepare_directory(const std::string& name, Diagnostics& diagnostics) {
  std::error_code error;
  fs::create_directories(name, error);
  if (!error && ::access(name.c_str(), W_OK | X_OK) != 0) error.assign(errno, std::generic_category());
  if (!error && !fs::is_directory(name, error)) error = std::make_error_code(std::errc::not_a_directory);
  if (error) diagnostics.report(directory_unwritable, {}, name, error.message());
}

}  // namespace weft::driver
