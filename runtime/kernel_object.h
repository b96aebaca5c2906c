#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bundle/bundle.h"
#include "runtime/cgroups.h"
#include "runtime/filters.h"
#include "runtime/runtime.h"
#include "runtime/targets.h"

struct bpf_object;

namespace weft::runtime {

/// The maps and programs of one bundle in the kernel, attached nowhere. They go away with this object, unless a filter
/// holds them.
class KernelObject {
 public:
  /// Creates the maps, fills every table, loads both programs. The parts of `times` that it does are filled in. The
  /// connections that the program `former` remembers (0: none) are remembered on, where its tables have the same form:
  /// judging replies by the policy in force is the new program's business. Its gates wait, for the flag of another
  /// object of the same bundle where there is one (`waiting_fd`, else -1); see waiting.h. Deadlines are kept by `clock`,
  /// which is not Auto.
  ///
  /// Errors: W6001, W6002, W6003, W6006, W6009.
  static Result<KernelObject> load(const bundle::Bundle& bundle, const std::vector<Target>& targets, LoadTimes& times,
                                   std::uint32_t former = 0, int waiting_fd = -1,
                                   DeadlineClock clock = DeadlineClock::Boot);
  bool keeps_connections() const { return keeps_connections_; }

  int program_fd(Side side) const { return side == Side::FromWorkload ? from_fd_ : to_fd_; }
  /// The flag for which the gates wait; -1: they cannot, and judge from when they hang.
  int waiting_fd() const { return waiting_fd_; }
  /// Where a target is a cgroup: its programs, the one that prepares places, and the map of these.
  int cgroup_fd(Point point) const { return cgroup_fds_.at(static_cast<std::size_t>(point)); }
  int prepare_fd() const { return prepare_fd_; }
  int places_fd() const { return places_fd_; }
  /// The ids of its programs; without a cgroup among the targets, zeros.
  PointPrograms cgroup_programs() const;

 private:
  struct Close {
    void operator()(bpf_object* object) const;
  };

  std::unique_ptr<bpf_object, Close> object_;
  int from_fd_ = -1;  ///< owned by object_
  int to_fd_ = -1;
  std::array<int, std::size(all_points)> cgroup_fds_{};
  int waiting_fd_ = -1;
  int prepare_fd_ = -1;
  int places_fd_ = -1;
  bool keeps_connections_ = false;
};

/// What the kernel knows of a program; of a descriptor that is none, id 0.
Program program_info(int fd);
/// A program that is still in use somewhere; an invalid descriptor and errno where it is not.
Descriptor program_by_id(std::uint32_t id);

/// The maps a program uses, by the name the kernel keeps of each (15 bytes). Errors: W6001, W6008.
Result<std::map<std::string, Descriptor>> maps_of(std::uint32_t program_id);

/// What the programs counted at one gate, by entry number.
struct GateCounters {
  std::vector<std::uint64_t> packets;
  std::vector<std::uint64_t> without_audit;  ///< see WithoutAudit
};

struct Counters {
  GateCounters egress;
  GateCounters ingress;
};

/// Adds what the program counts, in the maps as it reaches them. Maps already in `seen` are left out: programs of one
/// bundle share them.
Result<void> add_counters(std::uint32_t program_id, std::vector<std::uint32_t>& seen, Counters& sums);

}  // namespace weft::runtime
