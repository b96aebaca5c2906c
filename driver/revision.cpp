#include "driver/revision.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "driver/diff_codes.h"

namespace weft::driver {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> no_such(std::string message, std::string help) {
  return std::unexpected(Error{std::string(diff_code::no_such_side), std::move(message), std::move(help)});
}

std::unexpected<Error> git_failed(std::string message, std::string help = {}) {
  return std::unexpected(Error{std::string(diff_code::git_failed), std::move(message), std::move(help)});
}

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

std::string contents(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// A directory that goes when it is no longer needed.
class Scratch {
 public:
  static Result<fs::path> make() {
    std::error_code error;
    fs::path base = fs::temp_directory_path(error);
    if (error) base = "/tmp";
    std::string name = (base / "weft-revision-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      return git_failed(fmt::format("cannot make a directory in `{}`: {}", base.string(), std::strerror(errno)),
                        "set TMPDIR to a directory that can be written");
    }
    return fs::path(name);
  }
};

// Runs git without a shell, with its three streams as files of the directory.
Result<Outcome> git(std::vector<std::string> arguments, const fs::path& scratch, const std::string& input = {},
                    const std::string& index = {}) {
  const fs::path in = scratch / "in", out = scratch / "out", err = scratch / "err";
  std::ofstream(in, std::ios::binary) << input;
  arguments.insert(arguments.begin(), "git");
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);

  // What git says is read by a program, and a pager or a question would hold it up.
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view text = *each;
    if (!text.starts_with("LC_ALL=") && !text.starts_with("GIT_INDEX_FILE=")) variables.emplace_back(text);
  }
  variables.insert(variables.end(), {"LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0"});
  if (!index.empty()) variables.push_back("GIT_INDEX_FILE=" + index);
  std::vector<char*> environment;
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);

  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, in.c_str(), O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, "git", &files, nullptr, words.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&files);
  if (failed != 0) {
    return git_failed(fmt::format("cannot run `git`: {}", std::strerror(failed)),
                      "revisions need git; files and directories can be compared without");
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  Outcome outcome;
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  outcome.out = contents(out);
  outcome.err = contents(err);
  return outcome;
}

std::string first_line(const std::string& text) {
  const std::string line = text.substr(0, text.find('\n'));
  return printable(line.starts_with("fatal: ") ? line.substr(7) : line);
}

std::string without_line_end(std::string text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

template <typename Rename>
Sources renamed(const Sources& sources, const Rename& rename) {
  Sources out;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Source& source = sources[SourceId{static_cast<std::uint32_t>(i)}];
    out.add(rename(source.name()), source.text());
  }
  return out;
}

// What a policy can be made of; the rest of a repository is nobody's business here.
bool may_be_read(std::string_view name) {
  constexpr std::array<std::string_view, 5> endings{".weft", ".toml", ".yaml", ".yml", ".json"};
  return std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
}

}  // namespace

Revision::Revision(Revision&& other) noexcept { *this = std::move(other); }

Revision& Revision::operator=(Revision&& other) noexcept {
  std::swap(revision_, other.revision_);
  std::swap(directory_, other.directory_);
  std::swap(tree_, other.tree_);
  std::swap(prefix_, other.prefix_);
  std::swap(top_, other.top_);
  return *this;
}

Revision::~Revision() {
  std::error_code ignored;
  if (!directory_.empty()) fs::remove_all(directory_, ignored);
}

Result<Revision> Revision::check_out(const std::string& revision, const std::string& directory) {
  auto scratch = Scratch::make();
  if (!scratch) return std::unexpected(std::move(scratch.error()));
  Revision out;
  out.revision_ = revision;
  out.directory_ = *scratch;
  out.tree_ = *scratch / "tree";

  auto top = git({"-C", directory, "rev-parse", "--show-toplevel"}, *scratch);
  if (!top) return std::unexpected(std::move(top.error()));
  if (top->code != 0) {
    return no_such(fmt::format("`{}` is no file, and no revision: {}", printable(revision), first_line(top->err)),
                   "give two files or directories, or run this inside of a git repository");
  }
  out.top_ = without_line_end(top->out);
  const auto prefix = git({"-C", directory, "rev-parse", "--show-prefix"}, *scratch);
  if (prefix && prefix->code == 0) out.prefix_ = without_line_end(prefix->out);

  // A word that begins with a dash is never an option.
  auto commit =
      git({"-C", directory, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"}, *scratch);
  if (!commit) return std::unexpected(std::move(commit.error()));
  if (commit->code != 0) {
    return no_such(
        fmt::format("`{}` is neither a file nor a directory, and git knows no such revision", printable(revision)),
        "`git log --oneline` lists revisions; a revision and a path are written `REVISION:PATH`");
  }
  const std::string index = (*scratch / "index").string();
  const std::string id = without_line_end(commit->out);
  auto read = git({"-C", directory, "read-tree", id}, *scratch, {}, index);
  if (!read) return std::unexpected(std::move(read.error()));
  if (read->code != 0) return git_failed(fmt::format("git cannot read `{}`: {}", revision, first_line(read->err)));
  // From the top, wherever the working directory is.
  auto names = git({"-C", out.top_.string(), "ls-files", "-z", "--cached"}, *scratch, {}, index);
  if (!names) return std::unexpected(std::move(names.error()));
  std::string wanted;
  for (std::size_t begin = 0; begin < names->out.size();) {
    const std::size_t end = std::min(names->out.find('\0', begin), names->out.size());
    const std::string_view name(names->out.data() + begin, end - begin);
    if (may_be_read(name)) wanted.append(name).push_back('\0');
    begin = end + 1;
  }
  std::error_code ignored;
  fs::create_directories(out.tree_ / ".git", ignored);  // where whoever looks for a project file turns back
  auto written =
      git({"-C", out.top_.string(), "checkout-index", "-z", "--stdin", "--prefix=" + out.tree_.string() + "/"},
          *scratch, wanted, index);
  if (!written) return std::unexpected(std::move(written.error()));
  if (written->code != 0) {
    return git_failed(fmt::format("git cannot write the files of `{}`: {}", revision, first_line(written->err)));
  }
  return out;
}

Result<std::string> Revision::file(const std::string& path) const {
  std::error_code error;
  const fs::path given(path);
  fs::path inside = (prefix_ / given).lexically_normal();
  if (given.is_absolute()) inside = fs::weakly_canonical(given, error).lexically_relative(top_);
  if (inside.empty() || *inside.begin() == "..") {
    return no_such(fmt::format("`{}` lies outside of the git repository `{}`", printable(path), top_.string()),
                   "give a path inside of it");
  }
  fs::path found = tree_ / inside;
  if (!found.has_filename()) found = found.parent_path();
  if (!fs::exists(found, error)) {
    return no_such(
        fmt::format("revision `{}` has no policy file or directory `{}`", printable(revision_), printable(path)),
        fmt::format("`git ls-tree -r --name-only {}` lists its files", revision_));
  }
  return found.string();
}

Result<std::string> Revision::empty_policy() const {
  const fs::path name = directory_ / "nothing.weft";
  std::ofstream stream(name, std::ios::binary);
  stream << "// There is no policy here yet.\n";
  stream.close();
  if (!stream) return git_failed(fmt::format("cannot write into `{}`", directory_.string()));
  return name.string();
}

std::string Revision::project() const {
  std::error_code ignored;
  fs::path at = prefix_;
  while (true) {
    const fs::path file = tree_ / at / "weft.toml";
    if (fs::is_regular_file(file, ignored)) return file.lexically_normal().string();
    if (at.empty()) return {};
    at = at.has_filename() ? at.parent_path() : at.parent_path().parent_path();
  }
}

std::string Revision::shown(const std::string& name) const {
  const fs::path inside = fs::path(name).lexically_normal().lexically_relative(tree_);
  if (inside.empty() || *inside.begin() == "..") return fs::path(name).parent_path() == directory_ ? revision_ : name;
  return fmt::format("{}:{}", revision_, inside.string());
}

std::string Revision::in_working_tree(const std::string& shown) const {
  const std::string prefix = revision_ + ":";
  return shown.starts_with(prefix) ? (top_ / shown.substr(prefix.size())).string() : shown;
}

Sources Revision::shown(const Sources& sources) const {
  return renamed(sources, [&](const std::string& name) { return shown(name); });
}

Sources Revision::in_working_tree(const Sources& sources) const {
  return renamed(sources, [&](const std::string& name) { return in_working_tree(name); });
}

bool is_revision(const std::string& word) {
  const auto scratch = Scratch::make();
  if (!scratch) return false;
  const auto asked = git({"rev-parse", "--verify", "--quiet", "--end-of-options", word + "^{commit}"}, *scratch);
  std::error_code ignored;
  fs::remove_all(*scratch, ignored);
  return asked && asked->code == 0;
}

}  // namespace weft::driver
