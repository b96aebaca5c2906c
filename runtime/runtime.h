#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bundle/bundle.h"

/// Bundle to kernel and back. All acts on the network namespace of the calling thread, and on those its load names.
///
/// Error codes, each with its remedy in `Error::help`: W6001 no privilege, W6002 the kernel lacks a feature, W6003 the
/// kernel's verifier refused the program, W6004 an interface is missing, W6005 nothing to attach to, W6006 the bundle
/// and its program disagree, W6007 the place at an interface is taken by another's filter, W6008 attaching failed,
/// W6009 locked memory or memory exhausted, W6010 the state file cannot be used, W6011 another load or unload is at
/// work, W6012 the load was abandoned by its caller, W6013 two endpoints want one interface or one slot, W6014 there is
/// nothing to monitor. W6015 is a warning: a node has addresses that the bundle does not know. W6020 no pairs are counted.
namespace weft::runtime {

/// Where the state files live: `$WEFT_STATE_DIRECTORY`, or /run/weft.
std::filesystem::path default_state_directory();

/// How gates hang at interfaces: where the kernel has both, tcx costs less (decision 0010).
enum class Hook : std::uint8_t { Auto, Tcx, Clsact };

/// The clock by which a program keeps its deadlines.
enum class DeadlineClock : std::uint8_t {
  Auto,  ///< Tai where the kernel has it for programs, else Boot
  Tai,   ///< goes along when the time of day is set
  Boot,  ///< goes on as it was when the time of day is set: the program has to be told
};

struct LoadOptions {
  /// Places by workload name ("veth1", "netns:blue:veth1", "cgroup:/web.slice"), over those of the manifest.
  std::map<std::string, std::string> interfaces;
  /// Attach these workloads only; empty: every endpoint that has an interface.
  std::vector<std::string> only;
  /// Endpoints whose interface does not exist are left out with a warning instead of refusing the load.
  bool skip_missing = false;
  Hook hook = Hook::Auto;
  /// Load programs and tables anew, though another content of the tables of addresses would do.
  bool anew = false;
  DeadlineClock clock = DeadlineClock::Auto;
  /// bundle::identity of the bundle where the caller knows it, as `bundle::read` says it; empty: computed, 10 ms a
  /// megabyte.
  std::string identity = {};
  std::filesystem::path state_directory = default_state_directory();
  /// How long to wait for another load or unload of this namespace.
  unsigned lock_timeout_ms = 30'000;
  /// Called before every change to the kernel or the state file with what is about to happen; `false` abandons the
  /// load, and everything done so far is undone. May be empty.
  std::function<bool(std::string_view step)> before_step;
};

/// A program as the kernel holds it.
struct Program {
  std::uint32_t id = 0;            ///< 0: none
  std::string name;                ///< as the kernel has it, cut to 15 bytes
  std::string tag;                 ///< the kernel's hash of its instructions, 16 hexadecimal digits
  std::uint32_t instructions = 0;  ///< after the kernel's own rewriting
  std::uint32_t verified = 0;      ///< instructions the kernel's verifier walked; 0 before Linux 5.16

  bool operator==(const Program&) const = default;
};

/// An interface, or a cgroup, with the gates of its workload: packets from the workload pass the egress gate, packets
/// to it the ingress gate.
struct Attached {
  std::string workload;
  std::string interface;  ///< or "netns:NAMESPACE:INTERFACE", or "cgroup:PATH"
  std::uint32_t ifindex = 0;
  std::string hook;       ///< "tcx", "clsact" or "cgroup"
  Program from_workload;  ///< at the ingress hook of the interface; of a node at the egress hook of its own
  Program to_workload;    ///< at the other
};

/// How long each part of a load took, in nanoseconds.
struct LoadTimes {
  std::uint64_t open = 0;    ///< the object was read, global data prepared
  std::uint64_t kernel = 0;  ///< maps created and programs through the kernel's verifier
  std::uint64_t fill = 0;    ///< hash and LPM maps filled
  std::uint64_t attach = 0;  ///< all interfaces
  /// Of an update, which has none of these times:
  std::uint64_t compare = 0;  ///< what is in the kernel was compared with the bundle
  std::uint64_t change = 0;   ///< and changed
};

/// Where the bundle has the program that is loaded, and differs in addresses only: what became other in its tables.
struct AddressUpdate {
  std::size_t addresses = 0;  ///< that are somebody else now, or nobody, or were nobody
  std::size_t networks = 0;   ///< whose other addresses are
};

struct Loaded {
  std::string bundle;                 ///< bundle::identity of what was loaded
  std::vector<Attached> attached;     ///< first what is in the namespace of the calling thread
  std::vector<std::string> skipped;   ///< endpoints left out: "shop/web: interface `veth3` does not exist"
  std::vector<std::string> detached;  ///< interfaces the bundle before had and this one has not
  std::vector<std::string> warnings;
  std::vector<Error> unlisted;           ///< W6015, of nodes that have addresses which the bundle does not know
  std::optional<AddressUpdate> updated;  ///< the programs were kept, with their counters, and these changes made
  bool replaced = false;                 ///< there was a bundle before
  bool keeps_connections = false;  ///< its replies go on passing, as far as the new policy allows their connections
  std::size_t map_entries = 0;     ///< keys of hash and LPM maps
  std::size_t global_bytes = 0;    ///< bytes of the filled tables in global data
  LoadTimes times;
};

/// Loads the bundle and attaches it to the interface of each endpoint. Everything is loaded, verified and filled before
/// the first interface changes; one step takes all of them from the program they had to the new one. Where the bundle
/// loaded before has the same program at the same places, and only tables of addresses differ, these are changed where
/// they are instead, so that every packet is judged by the one bundle or the other. On any error all namespaces are as
/// they were: programs and tables of a bundle loaded before are back in place, nothing new is left.
Result<Loaded> load(const bundle::Bundle& bundle, const LoadOptions& options = {});

struct StatusOptions {
  std::filesystem::path state_directory = default_state_directory();
  unsigned lock_timeout_ms = 30'000;
};

/// How often an entry decided, over all processors and all interfaces.
struct Hits {
  bundle::Entry entry;  ///< of fixed entries (malformed, reply, …) `by` says which; see abi.h
  std::uint64_t packets = 0;
};

/// How the deadlines of a bundle are kept.
struct Deadlines {
  DeadlineClock clock = DeadlineClock::Boot;
  /// By how many nanoseconds they come too late, measured against the time of day now; negative: too early. Some
  /// thousands are what the measurement costs. Nothing where a program was never told the time: it denies everything.
  std::optional<std::int64_t> late;

  bool operator==(const Deadlines&) const = default;
};

struct Status {
  bool loaded = false;       ///< at least one of our filters is attached
  std::string bundle;        ///< bundle::identity; empty if unknown
  std::string loaded_at;     ///< UTC, "2026-02-03T04:05:06Z"; empty if unknown
  std::string weft_version;  ///< that compiled the bundle
  std::string profile;
  std::vector<Attached> attached;
  std::vector<Hits> egress;  ///< every entry of the egress gate, ascending
  std::vector<Hits> ingress;
  /// Where the record and the kernel disagree: "shop/web on `veth3`: the egress gate is gone: …"; empty is healthy.
  std::vector<std::string> differences;
  std::vector<std::string> recovered;  ///< what was cleaned up after a load or unload that was killed
  std::optional<Deadlines> deadlines;  ///< of a bundle that has some
};

/// What is attached in this namespace. A load or unload that was killed half-way is first brought to an end: a first
/// load is undone, a replacement is completed where the kernel still has the programs, and undone where it has the old
/// ones.
Result<Status> status(const StatusOptions& options = {});

struct UnloadOptions {
  std::filesystem::path state_directory = default_state_directory();
  unsigned lock_timeout_ms = 30'000;
  std::function<bool(std::string_view step)> before_step;  ///< as in LoadOptions; what was detached stays detached
};

struct Unloaded {
  std::vector<std::string> interfaces;  ///< and cgroups that lost a gate
  std::size_t filters = 0;              ///< detached, and gates of cgroups
  std::size_t qdiscs = 0;               ///< clsact qdiscs removed: those that `load` had created and nobody else uses
  std::vector<std::string> warnings;
};

/// Detaches everything of ours in this namespace, recorded or not, and forgets the record. Filters of others stay.
/// Nothing attached is success: unloading twice is the same as once.
Result<Unloaded> unload(const UnloadOptions& options = {});

/// One thing a kernel must, or may, offer.
struct Check {
  enum class State : std::uint8_t {
    Ok,
    Missing,   ///< needed: `load` will fail
    Optional,  ///< not there and not needed
    Unknown,   ///< cannot be told without privilege
  };

  State state = State::Unknown;
  std::string name;   ///< "kernel", "bpf system call", …
  std::string found;  ///< what was seen
  std::string help;   ///< what it means and what to do; empty where all is well

  bool operator==(const Check&) const = default;
};

/// What this kernel and this process offer. Needs no privilege, changes nothing that outlives the call.
std::vector<Check> doctor();

}  // namespace weft::runtime
