#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/kernel_object.h"
#include "runtime/recover.h"
#include "runtime/targets.h"

/// What a load, an unload and a recovery change at cgroups. A replacement first adds the new gates beside the old ones,
/// where they wait (see waiting.h). From when they judge, both have to agree until the old ones are taken away: at no
/// moment does anything pass that neither bundle allows, and a load that is killed can be brought to an end from where
/// it stopped.
namespace weft::runtime {

using OnUndo = std::function<void(std::function<Result<void>()>)>;

/// The cgroups among the targets as they are now. Errors: W6007 where a cgroup has gates of ours that `former`, the
/// load before, does not know of; W6001, W6008.
Result<std::vector<RecordedCgroup>> recorded_cgroups(const std::vector<Target>& targets, const Record* former);

/// Fills the places of the programs, then adds the gates. Errors: W6001, W6004, W6007, W6008, W6012.
Result<void> add_cgroup_gates(const std::vector<RecordedCgroup>& cgroups, const KernelObject& object,
                              const BeforeStep& before_step, const OnUndo& on_undo);
/// Takes away what the load before left at cgroups, of this load or not. The cgroups that are left for good.
Result<std::vector<std::string>> remove_former_cgroup_gates(const Record& record, const BeforeStep& before_step,
                                                            const OnUndo& on_undo);

/// Are all gates of the record at its cgroups? Of cgroups that are gone, and of a record without cgroups: yes.
Result<bool> all_cgroup_gates_hang(const Record& record);
/// Takes away what this record's load had added.
Result<void> remove_new_cgroup_gates(const Record& record);

struct SweptCgroups {
  std::vector<std::string> places;
  std::size_t gates = 0;
};

/// Takes everything of ours away from the cgroups that the record and the one before it name.
Result<SweptCgroups> sweep_cgroups(const Record& record, const BeforeStep& before_step);

/// Where the record and the kernel disagree about cgroups.
Result<void> compare_cgroups(const Record& record, std::vector<std::string>& differences);

}  // namespace weft::runtime
