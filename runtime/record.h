#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bundle/bundle.h"
#include "runtime/address_changes.h"
#include "runtime/cgroups.h"
#include "runtime/filters.h"
#include "runtime/system.h"

/// What a load did, or is about to do, so that a later process can undo it.
namespace weft::runtime {

struct RecordedInterface {
  std::string workload;
  std::string interface;
  std::uint32_t ifindex = 0;
  bool created_clsact = false;    ///< by this load or one before it: nobody else's
  std::uint32_t former_from = 0;  ///< program of ours that was there before this load; 0 none
  std::uint32_t former_to = 0;
  Way former_way = Way::Clsact;  ///< how they hung there
  bool is_node = false;          ///< of a node itself: its gates hang the other way round

  bool operator==(const RecordedInterface&) const = default;
};

/// What of a load is in one network namespace: interfaces, and a program that knows them by their numbers.
struct RecordedNamespace {
  std::string name{};  ///< as in the inventory; empty: that of the state file
  NetworkNamespace where{};
  std::uint32_t from_program = 0;
  std::uint32_t to_program = 0;
  std::vector<RecordedInterface> interfaces{};

  const RecordedInterface* find(std::uint32_t ifindex) const;
  /// What has to hang there.
  std::uint32_t program_at(const RecordedInterface& interface, Side hook) const {
    return gate_at(hook, interface.is_node) == Side::FromWorkload ? from_program : to_program;
  }
};

struct RecordedCgroup {
  std::string workload;
  std::string name;  ///< as in the inventory
  std::string path;
  std::uint64_t id = 0;
  std::uint32_t key = 0;  ///< of its endpoint in the program, and of its connections and events

  std::string place() const { return std::string(cgroup_prefix) + name; }
  bool operator==(const RecordedCgroup&) const = default;
};

/// A step of an update, of one of the programs; its table is a section or a map.
struct RecordedStep {
  std::uint32_t program = 0;
  TableStep step{};
};

/// Where the programs of a load keep what they add to a clock for the time of day.
struct RecordedClock {
  bool tai = false;          ///< which clock
  std::string section;       ///< of the object: the map "weft" + section
  std::uint64_t offset = 0;  ///< in it

  bool operator==(const RecordedClock&) const = default;
};

struct Record {
  /// All but Loaded are intents: found without a lock, their process died.
  enum class Phase : std::uint8_t { Loading, Loaded, Unloading, Updating };

  Phase phase = Phase::Loading;
  NetworkNamespace where;
  std::string bundle;
  std::string object;  ///< SHA-256 of its program; empty in records of before it was kept
  std::string loaded_at;
  std::string weft_version;
  std::string profile;
  Way way = Way::Clsact;
  std::vector<RecordedNamespace> namespaces;  ///< that of the state file first, others where something is attached
  PointPrograms cgroup_programs{};
  std::vector<RecordedCgroup> cgroups;
  std::map<std::string, std::string> names;  ///< the workloads of the bundle by their addresses
  std::vector<bundle::ClassName> classes;    ///< by number
  std::optional<RecordedClock> clock;        ///< of a bundle with deadlines
  std::vector<bundle::Entry> egress;
  std::vector<bundle::Entry> ingress;
  std::vector<RecordedStep> steps;       ///< while updating: of all its programs, in order
  std::shared_ptr<const Record> former;  ///< while loading: what was loaded before, none at first

  /// What is in that network namespace, or null.
  const RecordedNamespace* in(const NetworkNamespace& where) const;
  RecordedNamespace* in(const NetworkNamespace& where);
  const RecordedInterface* find(const NetworkNamespace& where, std::uint32_t ifindex) const;
  const RecordedCgroup* find_cgroup(std::uint32_t key) const;
  /// One of the programs that share the tables of that one of the namespaces; 0 where nothing is attached.
  std::uint32_t program_in(std::size_t number) const;
  /// A program that is in use as long as anything of this record is.
  std::uint32_t any_program() const;
  /// True if this record, or the one before it, says that we created the clsact qdisc of that interface.
  bool created_clsact(const NetworkNamespace& where, std::uint32_t ifindex) const;
  /// True if we created it, and the gates of this record do not hang on it.
  bool can_spare_clsact(const NetworkNamespace& where, std::uint32_t ifindex) const;
};

/// Now, as records say when they were made: UTC, "2026-02-03T04:05:06Z".
std::string time_of_record();

/// The state file of one network namespace, locked: one load, unload or status at a time.
class StateFile {
 public:
  /// Waits for the lock up to `timeout_ms`; creates the directory, readable by its owner only.
  ///
  /// Errors: W6010, W6011.
  static Result<StateFile> open(const std::filesystem::path& directory, unsigned timeout_ms);
  StateFile(StateFile&&) noexcept = default;
  StateFile& operator=(StateFile&&) = delete;
  ~StateFile();

  /// The record, none if there is none or it is about a former namespace or boot. A file that is no record of ours is
  /// an error: nobody knows what it meant. Errors: W6010.
  Result<std::optional<Record>> read() const;
  /// Replaces the record in one step. Errors: W6010, and the former record stays.
  Result<void> write(const Record& record) const;
  Result<void> remove() const;

  const NetworkNamespace& where() const { return where_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  StateFile(NetworkNamespace where, std::filesystem::path path, std::filesystem::path lock_path, Descriptor lock);

  NetworkNamespace where_;
  std::filesystem::path path_;
  std::filesystem::path lock_path_;
  Descriptor lock_;
};

}  // namespace weft::runtime
