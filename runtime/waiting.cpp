#include "runtime/waiting.h"

#include <bpf/bpf.h>

#include <cerrno>

#include "runtime/kernel_object.h"

namespace weft::runtime {

Result<void> set_waiting(int flag, bool waiting) {
  // A section is a map of one element. Only the lowest byte ever changes, so whoever reads it sees one or the other.
  const std::uint32_t element = 0, value = waiting ? 1 : 0;
  if (bpf_map_update_elem(flag, &element, &value, BPF_ANY) == 0) return {};
  return kernel_failure(errno, "W6008", waiting ? "let the new gates wait" : "put the new gates into force");
}

Result<Descriptor> waiting_flag_of(std::uint32_t program) {
  if (!program_by_id(program).valid()) return Descriptor();
  auto maps = maps_of(program);
  if (!maps) return std::unexpected(maps.error());
  const auto found = maps->find(waiting_section);
  return found == maps->end() ? Descriptor() : std::move(found->second);
}

Result<Descriptor> waiting_flag_of(const Record& record) {
  for (const RecordedNamespace& each : record.namespaces) {
    auto flag = waiting_flag_of(each.from_program);
    if (!flag || flag->valid()) return flag;
  }
  return waiting_flag_of(record.cgroup_programs[0]);
}

Result<bool> is_waiting(const Descriptor& flag) {
  if (!flag.valid()) return false;
  const std::uint32_t element = 0;
  std::uint32_t value = 0;
  if (bpf_map_lookup_elem(flag.get(), &element, &value) == 0) return value != 0;
  return kernel_failure(errno, "W6008", "ask whether the gates are in force");
}

}  // namespace weft::runtime
