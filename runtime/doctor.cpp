#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <net/if.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <thread>

#include "runtime/cgroups.h"
#include "runtime/filters.h"
#include "runtime/log.h"
#include "runtime/namespaces.h"
#include "runtime/runtime.h"
#include "runtime/system.h"

namespace weft::runtime {
namespace {

using State = Check::State;

constexpr long bpf_file_system = 0xcafe4a11;

Check ok(std::string name, std::string found) { return {State::Ok, std::move(name), std::move(found), ""}; }
Check missing(std::string name, std::string found, std::string help) {
  return {State::Missing, std::move(name), std::move(found), std::move(help)};
}
Check unknown(std::string name) {
  return {State::Unknown, std::move(name), "cannot be told without privilege", privilege_help()};
}

Check kernel() {
  utsname system{};
  ::uname(&system);
  int major = 0;
  int minor = 0;
  std::sscanf(system.release, "%d.%d", &major, &minor);
  const std::string found = fmt::format("Linux {} on {}", system.release, system.machine);
  if (major > 5 || (major == 5 && minor >= 15)) return ok("kernel", found);
  return missing("kernel", found, "programs are made for Linux 5.15 and later: use a newer kernel");
}

Check types() {
  if (::access("/sys/kernel/btf/vmlinux", R_OK) == 0) return ok("kernel BTF", "/sys/kernel/btf/vmlinux");
  return {State::Optional, "kernel BTF", "no /sys/kernel/btf/vmlinux",
          "programs load without it; tools that show them say less (CONFIG_DEBUG_INFO_BTF)"};
}

Check capabilities() {
  constexpr std::uint64_t bpf = std::uint64_t{1} << 39;
  constexpr std::uint64_t admin = std::uint64_t{1} << 21;
  constexpr std::uint64_t network = std::uint64_t{1} << 12;
  const std::uint64_t have = effective_capabilities();
  std::string lacking;
  if ((have & (bpf | admin)) == 0) lacking += " CAP_BPF";
  if ((have & network) == 0) lacking += " CAP_NET_ADMIN";
  if ((have & admin) == 0) lacking += " CAP_SYS_ADMIN";
  if (lacking.empty()) return ok("privilege", "CAP_BPF, CAP_NET_ADMIN and CAP_SYS_ADMIN");
  return missing("privilege", "lacks" + lacking, privilege_help());
}

/// Creates the smallest map there is: the one sure way to know that bpf() works here.
Check system_call(bool& allowed) {
  const Descriptor map(bpf_map_create(BPF_MAP_TYPE_ARRAY, nullptr, 4, 8, 1, nullptr));
  allowed = map.valid();
  if (allowed) return ok("bpf system call", "allowed");
  const int number = errno;
  if (number == ENOSYS) return missing("bpf system call", reason(number), "it needs CONFIG_BPF_SYSCALL");
  return missing("bpf system call", reason(number),
                 privilege_help() + "; in a container, its seccomp profile must allow bpf()");
}

Check map_type(const char* name, bpf_map_type type, bool allowed, const char* configured) {
  if (!allowed) return unknown(name);
  if (libbpf_probe_bpf_map_type(type, nullptr) == 1) return ok(name, "available");
  return missing(name, "not available", configured);
}

Check program_type(bool allowed) {
  if (!allowed) return unknown("tc programs");
  if (libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SCHED_CLS, nullptr) == 1) return ok("tc programs", "available");
  return missing("tc programs", "not available", "they need CONFIG_NET_CLS_BPF and CONFIG_BPF_SYSCALL");
}

Check coarse_clock(bool allowed) {
  if (!allowed) return unknown("coarse clock helper");
  if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_ktime_get_coarse_ns, nullptr) == 1) {
    return ok("coarse clock helper", "available");
  }
  return missing("coarse clock helper", "not available", "connection state needs it: Linux 5.11 or later");
}

/// What some bundles need.
Check optional_map(const char* name, bpf_map_type type, bool allowed, const char* who) {
  Check out = map_type(name, type, allowed, who);
  if (out.state == State::Missing) out.state = State::Optional;
  return out;
}

Check calendar_clock(bool allowed) {
  if (!allowed) return unknown("clock of the time of day");
  if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_ktime_get_tai_ns, nullptr) == 1) {
    return ok("clock of the time of day", "available");
  }
  return {State::Optional, "clock of the time of day", "not available",
          "rules that expire follow the clock when it is set with Linux 6.1; before, a `weft load` or `weft monitor` "
          "puts them right"};
}

Check global_data(bool allowed) {
  if (!allowed) return unknown("mappable global data");
  bpf_map_create_opts options{};
  options.sz = sizeof options;
  options.map_flags = BPF_F_MMAPABLE;
  const Descriptor map(bpf_map_create(BPF_MAP_TYPE_ARRAY, nullptr, 4, 4096, 1, &options));
  if (map.valid()) return ok("mappable global data", "available");
  return missing("mappable global data", reason(errno), "tables live in it: Linux 5.5 or later");
}

Check batches(bool allowed) {
  if (!allowed) return unknown("batch operations");
  const Descriptor map(bpf_map_create(BPF_MAP_TYPE_HASH, nullptr, 4, 4, 2, nullptr));
  const std::uint32_t keys[] = {1, 2};
  const std::uint32_t values[] = {1, 2};
  std::uint32_t count = 2;
  if (map.valid() && bpf_map_update_batch(map.get(), keys, values, &count, nullptr) == 0) {
    return ok("batch operations", "available");
  }
  return {State::Optional, "batch operations", reason(errno),
          "big tables load slowly without them: Linux 5.6 or later"};
}

/// Tried on the loopback of a network namespace made for it, which goes away with its thread.
Check clsact(bool allowed) {
  if (!allowed) return unknown("tc clsact");
  Check out;
  std::thread([&out] {
    if (::unshare(CLONE_NEWNET) != 0) {
      out = unknown("tc clsact");
      return;
    }
    const auto created = create_clsact(::if_nametoindex("lo"), "lo");
    out = created ? ok("tc clsact", "available") : missing("tc clsact", created.error().message, created.error().help);
  }).join();
  return out;
}

Check tcx(bool allowed) {
  if (!allowed) return unknown("tcx");
  const auto found = has_tcx();
  if (!found) return unknown("tcx");
  if (*found) return ok("tcx", "available; gates at interfaces are attached to it");
  return {State::Optional, "tcx", "not available", "clsact is used instead; tcx comes with Linux 6.6"};
}

Check namespaces() {
  auto here = calling_namespace();
  if (here) here->name = "self";  // a name is what makes it one to enter
  const auto entered = here ? Inside::enter(*here) : std::unexpected(here.error());
  if (entered) return ok("network namespaces", "others can be entered");
  return {State::Optional, "network namespaces", entered.error().message,
          "workloads attached in another network namespace need CAP_SYS_ADMIN"};
}

Check cgroups(bool allowed) {
  const auto root = find_cgroup("/");
  if (!root)
    return {State::Optional, "cgroups", root.error().message,
            "workloads that are cgroups need it: " + root.error().help};
  if (!allowed) return unknown("cgroups");
  for (const bpf_prog_type type : {BPF_PROG_TYPE_CGROUP_SKB, BPF_PROG_TYPE_CGROUP_SOCK_ADDR}) {
    if (libbpf_probe_bpf_prog_type(type, nullptr) == 1) continue;
    return {State::Optional, "cgroups", "no programs at them", "workloads that are cgroups need CONFIG_CGROUP_BPF"};
  }
  return ok("cgroups", "version 2 at " + (*root)->path.string() + "; programs at them available");
}

Check bpf_mount() {
  struct statfs info{};
  if (::statfs("/sys/fs/bpf", &info) == 0 && info.f_type == bpf_file_system)
    return ok("bpf file system", "/sys/fs/bpf");
  return {State::Optional, "bpf file system", "not mounted at /sys/fs/bpf", "weft pins nothing and does not need it"};
}

Check locked_memory() {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  const std::string found = limit.rlim_cur == RLIM_INFINITY ? "unlimited" : fmt::format("{} kB", limit.rlim_cur / 1024);
  return ok("locked memory", found + "; raised by itself where the kernel counts maps in it (before 5.11)");
}

}  // namespace

std::vector<Check> doctor() {
  const LibbpfLog log;
  bool allowed = false;
  std::vector<Check> out = {kernel(), types(), capabilities()};
  out.push_back(system_call(allowed));
  out.push_back(program_type(allowed));
  out.push_back(clsact(allowed));
  out.push_back(map_type("hash maps", BPF_MAP_TYPE_HASH, allowed, "they need Linux 3.19 or later"));
  out.push_back(map_type("LRU hash maps", BPF_MAP_TYPE_LRU_HASH, allowed, "connection state needs them: Linux 4.10"));
  out.push_back(map_type("LPM tries", BPF_MAP_TYPE_LPM_TRIE, allowed, "CIDR rules need them: Linux 4.11 or later"));
  out.push_back(map_type("per-CPU arrays", BPF_MAP_TYPE_PERCPU_ARRAY, allowed, "counters need them: Linux 4.6"));
  out.push_back(map_type("ring buffers", BPF_MAP_TYPE_RINGBUF, allowed,
                         "`weft monitor` needs them: Linux 5.8, or build with `--events 0`"));
  out.push_back(optional_map("cgroup storage", BPF_MAP_TYPE_CGROUP_STORAGE, allowed,
                             "workloads that are cgroups need it: Linux 4.19 with CONFIG_CGROUP_BPF"));
  out.push_back(optional_map("socket storage", BPF_MAP_TYPE_SK_STORAGE, allowed,
                             "workloads that are cgroups need it: Linux 5.2 with CONFIG_BPF_SYSCALL and CONFIG_NET"));
  out.push_back(global_data(allowed));
  out.push_back(coarse_clock(allowed));
  out.push_back(calendar_clock(allowed));
  out.push_back(batches(allowed));
  out.push_back(tcx(allowed));
  out.push_back(namespaces());
  out.push_back(cgroups(allowed));
  out.push_back(bpf_mount());
  out.push_back(locked_memory());
  return out;
}

}  // namespace weft::runtime
