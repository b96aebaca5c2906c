#include "runtime/clock.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <string>

#include "runtime/kernel_object.h"

namespace weft::runtime {
namespace {

constexpr std::int64_t second = 1'000'000'000;
// Both clocks are read one after the other: what is less than this is no step of the clock.
constexpr std::int64_t moment = 1'000'000;

clockid_t id_of(DeadlineClock clock) { return clock == DeadlineClock::Tai ? CLOCK_TAI : CLOCK_BOOTTIME; }

/// The number that the program adds, in the running program. Another thread of ours, and every processor that runs the
/// program, sees the one before or the new one.
class Shared {
 public:
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  Shared(Shared&& other) noexcept
      : base_(std::exchange(other.base_, MAP_FAILED)), length_(other.length_), at_(other.at_) {}
  ~Shared() {
    if (base_ != MAP_FAILED) ::munmap(base_, length_);
  }

  static Result<Shared> open(const Descriptor& map, std::uint64_t offset) {
    bpf_map_info info{};
    std::uint32_t size = sizeof info;
    const auto failed = [](int number) { return kernel_failure(number, "W6008", "look at the clock of the program"); };
    if (bpf_obj_get_info_by_fd(map.get(), &info, &size) != 0) return failed(errno);
    if (offset % alignof(std::uint64_t) != 0 || info.value_size < sizeof(std::uint64_t) ||
        offset > info.value_size - sizeof(std::uint64_t)) {
      return failed(EINVAL);
    }
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const std::uint64_t begin = offset / page * page, inside = offset - begin;
    Shared out;
    out.length_ = inside + sizeof(std::uint64_t);
    out.base_ = ::mmap(nullptr, out.length_, PROT_READ | PROT_WRITE, MAP_SHARED, map.get(), static_cast<off_t>(begin));
    if (out.base_ == MAP_FAILED) return failed(errno);
    out.at_ = reinterpret_cast<std::uint64_t*>(static_cast<std::byte*>(out.base_) + inside);
    return out;
  }

  std::uint64_t read() const { return std::atomic_ref<std::uint64_t>(*at_).load(std::memory_order_relaxed); }
  void write(std::uint64_t value) const {
    std::atomic_ref<std::uint64_t>(*at_).store(value, std::memory_order_relaxed);
  }

 private:
  Shared() = default;

  void* base_ = MAP_FAILED;
  std::size_t length_ = 0;
  std::uint64_t* at_ = nullptr;
};

/// That number in every network namespace of a load. Programs that went away meanwhile are left out.
Result<std::vector<Shared>> offsets_of(const Record& record) {
  std::set<std::uint32_t> programs;
  for (const RecordedNamespace& part : record.namespaces) {
    if (!part.interfaces.empty()) programs.insert(part.from_program);
  }
  // Cgroups share the maps with the interfaces of the first namespace.
  if (!record.cgroups.empty() && record.namespaces.front().interfaces.empty()) {
    programs.insert(record.cgroup_programs[0]);
  }
  // The kernel keeps 15 bytes of a name; libbpf puts that of the object before the section.
  const std::string name = ("weft" + record.clock->section).substr(0, BPF_OBJ_NAME_LEN - 1);
  std::vector<Shared> out;
  for (const std::uint32_t program : programs) {
    if (!program_by_id(program).valid()) continue;
    const auto maps = maps_of(program);
    if (!maps) return std::unexpected(maps.error());
    const auto map = maps->find(name);
    if (map == maps->end()) continue;
    auto shared = Shared::open(map->second, record.clock->offset);
    if (!shared) return std::unexpected(shared.error());
    out.push_back(std::move(*shared));
  }
  return out;
}

DeadlineClock clock_of(const Record& record) { return record.clock->tai ? DeadlineClock::Tai : DeadlineClock::Boot; }

std::int64_t late_by(std::uint64_t right, std::uint64_t found) { return static_cast<std::int64_t>(right - found); }

}  // namespace

std::int64_t time_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * second + time.tv_nsec;
}

// The kernel shows the shifts of the namespace that children get; where that is another one it was made by this
// process, which then is in the first, as nearly all are.
std::int64_t time_namespace_shift(clockid_t clock) {
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/ns/time", error);
  if (error || own != std::filesystem::read_symlink("/proc/self/ns/time_for_children", error)) return 0;
  std::ifstream file("/proc/self/timens_offsets");
  std::string name;
  std::int64_t seconds = 0, nanoseconds = 0;
  while (file >> name >> seconds >> nanoseconds) {
    if (name == (clock == CLOCK_BOOTTIME ? "boottime" : "monotonic")) return seconds * second + nanoseconds;
  }
  return 0;
}

Result<DeadlineClock> choose_clock(DeadlineClock wanted) {
  if (wanted == DeadlineClock::Boot) return wanted;
  const int found = libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_ktime_get_tai_ns, nullptr);
  if (found == 1) return DeadlineClock::Tai;
  if (wanted == DeadlineClock::Auto) return DeadlineClock::Boot;
  if (found < 0) return kernel_failure(-found, "W6002", "ask for a clock that follows the time of day");
  return failure("W6002", "this kernel has no clock for programs that follows the time of day",
                 "it comes with Linux 6.1: leave the choice to weft");
}

std::uint64_t offset_for(DeadlineClock clock) {
  const clockid_t id = id_of(clock);
  const std::int64_t shift = clock == DeadlineClock::Tai ? 0 : time_namespace_shift(id);
  std::int64_t shortest = std::numeric_limits<std::int64_t>::max(), out = 0;
  // Whoever is stopped between the clocks measures how long: the quickest of some looks is right.
  for (int look = 0; look < 8; ++look) {
    const std::int64_t before = time_of(id), real = time_of(CLOCK_REALTIME), after = time_of(id);
    if (after - before >= shortest) continue;
    shortest = after - before;
    out = real - (before + (after - before) / 2);
  }
  out += shift;
  // Atomic time differs from the time of day by whole seconds.
  if (clock == DeadlineClock::Tai) out = (out + (out < 0 ? -second / 2 : second / 2)) / second * second;
  return out == 0 ? 1 : static_cast<std::uint64_t>(out);
}

Result<std::optional<Deadlines>> deadlines_of(const Record& record) {
  if (!record.clock) return std::nullopt;
  const auto offsets = offsets_of(record);
  if (!offsets) return std::unexpected(offsets.error());
  if (offsets->empty()) return std::nullopt;
  Deadlines out{clock_of(record), 0};
  const std::uint64_t right = offset_for(out.clock);
  for (const Shared& each : *offsets) {
    const std::uint64_t found = each.read();
    if (found == 0) return Deadlines{out.clock, std::nullopt};
    const std::int64_t late = late_by(right, found);
    if (std::abs(late) > std::abs(*out.late)) out.late = late;
  }
  return out;
}

Result<std::optional<std::int64_t>> correct_deadlines(const Record& record) {
  if (!record.clock) return std::nullopt;
  const auto offsets = offsets_of(record);
  if (!offsets) return std::unexpected(offsets.error());
  std::optional<std::int64_t> out;
  const std::uint64_t right = offset_for(clock_of(record));
  for (const Shared& each : *offsets) {
    const std::int64_t late = late_by(right, each.read());
    if (std::abs(late) < moment) continue;
    each.write(right);
    if (!out || std::abs(late) > std::abs(*out)) out = late;
  }
  return out;
}

}  // namespace weft::runtime
