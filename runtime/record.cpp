#include "runtime/record.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>
#include <thread>

#include "runtime/runtime.h"

namespace weft::runtime {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view format = "weft-state";
constexpr std::size_t largest_record = std::size_t{256} << 20;

std::string_view phase_name(Record::Phase phase) {
  switch (phase) {
    case Record::Phase::Loading:
      return "loading";
    case Record::Phase::Loaded:
      return "loaded";
    case Record::Phase::Unloading:
      return "unloading";
    case Record::Phase::Updating:
      return "updating";
  }
  return "";
}

Json json_of(const std::vector<bundle::Entry>& entries) {
  Json out = Json::array();
  for (const bundle::Entry& entry : entries) {
    out.push_back({entry.number, entry.action, entry.by, entry.policy, entry.tier, entry.at, entry.text});
    if (entry.audited || entry.log) out.back().push_back(entry.audited);
    if (entry.log) out.back().push_back(*entry.log);
  }
  return out;
}

std::string hexadecimal(const bundle::Bytes& bytes) { return fmt::format("{:02x}", fmt::join(bytes, "")); }

bundle::Bytes bytes_of(const std::string& hexadecimal) {
  bundle::Bytes out;
  for (std::size_t at = 0; at + 2 <= hexadecimal.size(); at += 2) {
    std::from_chars(hexadecimal.data() + at, hexadecimal.data() + at + 2, out.emplace_back(), 16);
  }
  return out;
}

Json json_of(const RecordedStep& each) {
  const TableStep& step = each.step;
  return {each.program,           step.table, step.offset, hexadecimal(step.key), hexadecimal(step.before),
          hexadecimal(step.after)};
}

RecordedStep step_of(const Json& json) {
  return {json.at(0).get<std::uint32_t>(),
          {json.at(1).get<std::string>(), json.at(2).get<std::uint64_t>(), bytes_of(json.at(3).get<std::string>()),
           bytes_of(json.at(4).get<std::string>()), bytes_of(json.at(5).get<std::string>())}};
}

Json json_of(const RecordedNamespace& there) {
  Json out = {{"name", there.name},
              {"inode", there.where.inode},
              {"namespace", there.where.cookie},
              {"programs", {{"from_workload", there.from_program}, {"to_workload", there.to_program}}},
              {"interfaces", Json::array()}};
  for (const RecordedInterface& each : there.interfaces) {
    out["interfaces"].push_back({{"workload", each.workload},
                                 {"interface", each.interface},
                                 {"ifindex", each.ifindex},
                                 {"created_clsact", each.created_clsact},
                                 {"former_from", each.former_from},
                                 {"former_to", each.former_to},
                                 {"former_hook", way_name(each.former_way)}});
    if (each.is_node) out["interfaces"].back()["node"] = true;
  }
  return out;
}

Json json_of(const Record& record) {
  Json out = {{"format", format},
              {"version", 1},
              {"phase", phase_name(record.phase)},
              {"bundle", record.bundle},
              {"object", record.object},
              {"loaded_at", record.loaded_at},
              {"weft_version", record.weft_version},
              {"profile", record.profile},
              {"hook", way_name(record.way)},
              {"boot", record.where.boot},
              {"namespace", record.where.cookie}};
  for (const RecordedNamespace& each : record.namespaces) {
    Json there = json_of(each);
    // That of the file as it was written before there could be others.
    if (&each == &record.namespaces.front()) {
      out["programs"] = std::move(there["programs"]);
      out["interfaces"] = std::move(there["interfaces"]);
    } else {
      out["namespaces"].push_back(std::move(there));
    }
  }
  if (!record.cgroups.empty()) {
    out["programs"]["cgroups"] = record.cgroup_programs;
    out["cgroups"] = Json::array();
    for (const RecordedCgroup& each : record.cgroups) {
      out["cgroups"].push_back({{"workload", each.workload},
                                {"cgroup", each.name},
                                {"path", each.path},
                                {"id", each.id},
                                {"key", each.key}});
    }
  }
  out["names"] = Json::object();
  for (const auto& [address, workload] : record.names) out["names"][address] = workload;
  for (const RecordedStep& each : record.steps) out["steps"].push_back(json_of(each));
  if (record.former != nullptr) out["former"] = json_of(*record.former);
  if (record.clock) {
    out["clock"] = {{"tai", record.clock->tai}, {"section", record.clock->section}, {"offset", record.clock->offset}};
  }
  if (!record.classes.empty()) out["classes"] = Json::array();
  for (const bundle::ClassName& name : record.classes) {
    out["classes"].push_back({name.text, name.example, name.members});
  }
  // Last, because they are long and the rest is what people look for.
  out["egress"] = json_of(record.egress);
  out["ingress"] = json_of(record.ingress);
  return out;
}

std::vector<bundle::Entry> entries_of(const Json& json) {
  std::vector<bundle::Entry> out;
  for (const Json& entry : json) {
    out.push_back({entry.at(0).get<std::uint32_t>(), entry.at(1).get<std::string>(), entry.at(2).get<std::string>(),
                   entry.at(3).get<std::string>(), entry.at(4).get<std::string>(), entry.at(5).get<std::string>(),
                   entry.at(6).get<std::string>()});
    if (entry.size() > 7) out.back().audited = entry.at(7).get<bool>();
    if (entry.size() > 8) out.back().log = entry.at(8).get<std::string>();
  }
  return out;
}

/// Records of before there was a choice know of clsact only.
Way way_of(const Json& json, const char* key) {
  return json.value(key, "clsact") == way_name(Way::Tcx) ? Way::Tcx : Way::Clsact;
}

RecordedNamespace namespace_of(const Json& json, const NetworkNamespace& where) {
  RecordedNamespace out;
  out.where = where;
  out.from_program = json.at("programs").at("from_workload").get<std::uint32_t>();
  out.to_program = json.at("programs").at("to_workload").get<std::uint32_t>();
  for (const Json& each : json.at("interfaces")) {
    out.interfaces.push_back({each.at("workload").get<std::string>(), each.at("interface").get<std::string>(),
                              each.at("ifindex").get<std::uint32_t>(), each.at("created_clsact").get<bool>(),
                              each.at("former_from").get<std::uint32_t>(), each.at("former_to").get<std::uint32_t>(),
                              way_of(each, "former_hook"), each.value("node", false)});
  }
  return out;
}

Record record_of(const Json& json, const NetworkNamespace& here, bool outermost) {
  Record out;
  const auto phase = json.at("phase").get<std::string>();
  out.phase = phase == "loaded"      ? Record::Phase::Loaded
              : phase == "unloading" ? Record::Phase::Unloading
              : phase == "updating"  ? Record::Phase::Updating
                                     : Record::Phase::Loading;
  out.where = {here.inode, json.at("namespace").get<std::uint64_t>(), json.at("boot").get<std::string>()};
  out.bundle = json.at("bundle").get<std::string>();
  out.object = json.value("object", "");
  out.loaded_at = json.at("loaded_at").get<std::string>();
  out.weft_version = json.at("weft_version").get<std::string>();
  out.profile = json.at("profile").get<std::string>();
  out.way = way_of(json, "hook");
  out.namespaces.push_back(namespace_of(json, out.where));
  if (json.contains("namespaces")) {
    for (const Json& each : json.at("namespaces")) {
      const NetworkNamespace where{each.at("inode").get<std::uint64_t>(), each.at("namespace").get<std::uint64_t>(),
                                   out.where.boot};
      out.namespaces.push_back(namespace_of(each, where));
      out.namespaces.back().name = each.at("name").get<std::string>();
    }
  }
  if (json.contains("cgroups")) {
    out.cgroup_programs = json.at("programs").at("cgroups").get<PointPrograms>();
    for (const Json& each : json.at("cgroups")) {
      out.cgroups.push_back({each.at("workload").get<std::string>(), each.at("cgroup").get<std::string>(),
                             each.at("path").get<std::string>(), each.at("id").get<std::uint64_t>(),
                             each.at("key").get<std::uint32_t>()});
    }
  }
  if (json.contains("names")) {
    for (const auto& [address, workload] : json.at("names").items()) out.names[address] = workload.get<std::string>();
  }
  if (json.contains("steps")) {
    for (const Json& each : json.at("steps")) out.steps.push_back(step_of(each));
  }
  if (json.contains("clock")) {
    const Json& clock = json.at("clock");
    out.clock = {clock.at("tai").get<bool>(), clock.at("section").get<std::string>(),
                 clock.at("offset").get<std::uint64_t>()};
  }
  if (json.contains("classes")) {
    for (const Json& name : json.at("classes")) {
      out.classes.push_back(
          {name.at(0).get<std::string>(), name.at(1).get<std::string>(), name.at(2).get<std::uint32_t>()});
    }
  }
  // Only a load in progress has a former record, and that one has none: no depth for a damaged file to exploit.
  if (outermost && json.contains("former")) {
    out.former = std::make_shared<Record>(record_of(json.at("former"), here, false));
  }
  out.egress = entries_of(json.at("egress"));
  out.ingress = entries_of(json.at("ingress"));
  return out;
}

std::unexpected<Error> unusable(const fs::path& path, std::string_view why) {
  return failure("W6010", fmt::format("cannot use the state file `{}`: {}", path.string(), why),
                 "state files live in /run/weft, or where $WEFT_STATE_DIRECTORY says");
}

/// Only root has the directory: whoever may not open it lacks privilege for everything else too.
std::unexpected<Error> not_opened(const fs::path& path, int number) {
  if (number != EACCES && number != EPERM) return unusable(path, reason(number));
  return failure("W6001", fmt::format("cannot open `{}`: {}", path.string(), reason(number)), privilege_help());
}

Result<std::string> contents_of(const fs::path& path, const Descriptor& file) {
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return unusable(path, reason(errno));
  if (!S_ISREG(info.st_mode)) return unusable(path, "it is no plain file");
  if (static_cast<std::uint64_t>(info.st_size) > largest_record) return unusable(path, "it is too large");
  std::string out(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t got = ::read(file.get(), out.data() + filled, out.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return unusable(path, got < 0 ? reason(errno) : "it changed while it was read");
    filled += static_cast<std::size_t>(got);
  }
  return out;
}

/// True if `path` still leads to the open file: its holder may have removed it while we waited for the lock.
bool is_at(const Descriptor& file, const fs::path& path) {
  struct stat opened{};
  struct stat named{};
  return ::fstat(file.get(), &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

}  // namespace

fs::path default_state_directory() {
  const char* const chosen = std::getenv("WEFT_STATE_DIRECTORY");
  return chosen != nullptr && *chosen != '\0' ? fs::path(chosen) : fs::path("/run/weft");
}

const RecordedInterface* RecordedNamespace::find(std::uint32_t ifindex) const {
  const auto found = std::ranges::find(interfaces, ifindex, &RecordedInterface::ifindex);
  return found == interfaces.end() ? nullptr : &*found;
}

const RecordedNamespace* Record::in(const NetworkNamespace& asked) const {
  const auto found = std::ranges::find(namespaces, asked, &RecordedNamespace::where);
  return found == namespaces.end() ? nullptr : &*found;
}

RecordedNamespace* Record::in(const NetworkNamespace& asked) {
  const auto found = std::ranges::find(namespaces, asked, &RecordedNamespace::where);
  return found == namespaces.end() ? nullptr : &*found;
}

const RecordedInterface* Record::find(const NetworkNamespace& asked, std::uint32_t ifindex) const {
  const RecordedNamespace* const there = in(asked);
  return there == nullptr ? nullptr : there->find(ifindex);
}

std::uint32_t Record::program_in(std::size_t number) const {
  const RecordedNamespace& part = namespaces.at(number);
  if (!part.interfaces.empty()) return part.from_program;
  return number == 0 ? cgroup_programs[0] : 0;  // cgroups are where the load ran
}

std::uint32_t Record::any_program() const {
  for (const RecordedNamespace& each : namespaces) {
    if (!each.interfaces.empty()) return each.from_program;
  }
  return cgroup_programs[0];
}

const RecordedCgroup* Record::find_cgroup(std::uint32_t key) const {
  const auto found = std::ranges::find(cgroups, key, &RecordedCgroup::key);
  return found == cgroups.end() ? nullptr : &*found;
}

bool Record::created_clsact(const NetworkNamespace& asked, std::uint32_t ifindex) const {
  const RecordedInterface* const here = find(asked, ifindex);
  if (here != nullptr && here->created_clsact) return true;
  return former != nullptr && former->created_clsact(asked, ifindex);
}

bool Record::can_spare_clsact(const NetworkNamespace& asked, std::uint32_t ifindex) const {
  return created_clsact(asked, ifindex) && (way == Way::Tcx || find(asked, ifindex) == nullptr);
}

std::string time_of_record() {
  const std::time_t time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", parts);
}

StateFile::StateFile(NetworkNamespace where, fs::path path, fs::path lock_path, Descriptor lock)
    : where_(std::move(where)), path_(std::move(path)), lock_path_(std::move(lock_path)), lock_(std::move(lock)) {}

StateFile::~StateFile() {
  // While the lock is held nobody else owns the name; who waits for it finds the name gone and starts over.
  if (lock_.valid()) ::unlink(lock_path_.c_str());
}

Result<StateFile> StateFile::open(const fs::path& directory, unsigned timeout_ms) {
  auto where = network_namespace();
  if (!where) return std::unexpected(where.error());
  std::error_code error;
  if (directory.has_parent_path()) fs::create_directories(directory.parent_path(), error);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return not_opened(directory, errno);

  const fs::path path = directory / fmt::format("{}.json", where->inode);
  const fs::path lock_path = directory / fmt::format("{}.lock", where->inode);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  for (;;) {
    Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock.valid()) return not_opened(lock_path, errno);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) {
      if (is_at(lock, lock_path)) return StateFile(std::move(*where), path, lock_path, std::move(lock));
      continue;
    }
    if (errno != EWOULDBLOCK && errno != EINTR) return unusable(lock_path, reason(errno));
    if (std::chrono::steady_clock::now() >= deadline) {
      return failure("W6011", "another load, unload or status of this network namespace is at work",
                     "try again when it is done");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Result<std::optional<Record>> StateFile::read() const {
  const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid() && errno == ENOENT) return std::nullopt;
  if (!file.valid()) return unusable(path_, reason(errno));
  const auto text = contents_of(path_, file);
  if (!text) return std::unexpected(text.error());
  const Json json = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  try {
    if (json.is_discarded() || json.at("format") != format || json.at("version") != 1) {
      return unusable(path_, "it is no state file of this version");
    }
    Record record = record_of(json, where_, true);
    // Inode numbers are given again: a namespace of that number may have died with everything attached in it.
    if (record.where != where_) return std::nullopt;
    return record;
  } catch (const Json::exception&) {
    return unusable(path_, "it is damaged");
  }
}

Result<void> StateFile::write(const Record& record) const {
  const fs::path temporary = path_.string() + ".tmp";
  const std::string text = json_of(record).dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.valid()) return unusable(temporary, reason(errno));
    std::string_view rest = text;
    while (!rest.empty()) {
      const ssize_t written = ::write(file.get(), rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        const int number = errno;
        ::unlink(temporary.c_str());
        return unusable(path_, reason(number));
      }
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  // Not synced to disk: after a power cut nothing is attached, and /run is empty.
  if (::rename(temporary.c_str(), path_.c_str()) != 0) {
    const int number = errno;
    ::unlink(temporary.c_str());
    return unusable(path_, reason(number));
  }
  return {};
}

Result<void> StateFile::remove() const {
  ::unlink((path_.string() + ".tmp").c_str());
  if (::unlink(path_.c_str()) != 0 && errno != ENOENT) return unusable(path_, reason(errno));
  return {};
}

}  // namespace weft::runtime
