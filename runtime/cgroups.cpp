#include "runtime/cgroups.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "runtime/kernel_object.h"

namespace weft::runtime {
namespace {

namespace fs = std::filesystem;

constexpr long cgroup2_file_system = 0x63677270;  // CGROUP2_SUPER_MAGIC
constexpr std::size_t most_programs = 64;         // BPF_CGROUP_MAX_PROGS

bpf_attach_type type_of(Point point) {
  switch (point) {
    case Point::Egress:
      return BPF_CGROUP_INET_EGRESS;
    case Point::Ingress:
      return BPF_CGROUP_INET_INGRESS;
    case Point::Connect4:
      return BPF_CGROUP_INET4_CONNECT;
    case Point::Connect6:
      return BPF_CGROUP_INET6_CONNECT;
    case Point::SendMessage4:
      return BPF_CGROUP_UDP4_SENDMSG;
    case Point::SendMessage6:
      return BPF_CGROUP_UDP6_SENDMSG;
  }
  std::unreachable();
}

/// Where cgroups of version 2 are mounted; empty where they are not.
fs::path mount_point() {
  std::ifstream mounts("/proc/thread-self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    // "… root mount-point options - type source …"; a mount of a part of the tree would not have its paths.
    std::istringstream words(line);
    std::string skipped, root, at, word;
    words >> skipped >> skipped >> skipped >> root >> at;
    while (words >> word && word != "-") continue;
    if (words >> word && word == "cgroup2" && root == "/") return at;
  }
  return {};
}

bool is_within(const fs::path& path, const fs::path& directory) {
  return std::ranges::mismatch(directory, path).in1 == directory.end();
}

bool is_ours(std::uint32_t program) {
  const Descriptor fd = program_by_id(program);
  const std::string name = program_info(fd.get()).name;
  return name.starts_with("weft_cgroup_") || name.starts_with("weft_connect") || name.starts_with("weft_sendmsg");
}

}  // namespace

std::string_view point_name(Point point) {
  switch (point) {
    case Point::Egress:
      return "egress gate";
    case Point::Ingress:
      return "ingress gate";
    case Point::Connect4:
      return "connect gate (IPv4)";
    case Point::Connect6:
      return "connect gate (IPv6)";
    case Point::SendMessage4:
      return "sendmsg gate (IPv4)";
    case Point::SendMessage6:
      return "sendmsg gate (IPv6)";
  }
  std::unreachable();
}

const char* program_name(Point point) {
  switch (point) {
    case Point::Egress:
      return "weft_cgroup_egress";
    case Point::Ingress:
      return "weft_cgroup_ingress";
    case Point::Connect4:
      return "weft_connect4";
    case Point::Connect6:
      return "weft_connect6";
    case Point::SendMessage4:
      return "weft_sendmsg4";
    case Point::SendMessage6:
      return "weft_sendmsg6";
  }
  std::unreachable();
}

Result<std::optional<Cgroup>> find_cgroup(const std::string& name) {
  const fs::path mounted = mount_point();
  if (mounted.empty()) {
    return failure("W6002", "no file system of cgroups (version 2) is mounted",
                   "mount it: mount -t cgroup2 none /sys/fs/cgroup");
  }
  const fs::path asked = fs::path(name).lexically_normal();
  const fs::path path = is_within(asked, mounted) ? asked : mounted / asked.relative_path();
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return kernel_failure(errno, "W6005", fmt::format("look at cgroup `{}`", name));
  }
  struct statfs system{};
  if (!S_ISDIR(info.st_mode) || ::statfs(path.c_str(), &system) != 0 || system.f_type != cgroup2_file_system) {
    return failure(
        "W6005", fmt::format("`{}` is no cgroup of version 2", name),
        fmt::format("name one as /proc/PID/cgroup does in its line `0::`, or by its path below {}", mounted.string()));
  }
  return Cgroup{name, path, info.st_ino};
}

Descriptor open_cgroup(const fs::path& path, std::uint64_t id) {
  Descriptor out(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat info{};
  if (!out.valid() || ::fstat(out.get(), &info) != 0 || info.st_ino != id) return Descriptor();
  return out;
}

Result<std::vector<std::uint32_t>> our_programs(const Descriptor& cgroup, Point point) {
  std::array<std::uint32_t, most_programs> found{};
  std::uint32_t count = found.size();
  if (bpf_prog_query(cgroup.get(), type_of(point), 0, nullptr, found.data(), &count) != 0) {
    if (errno == ENODEV || errno == ENOENT) return std::vector<std::uint32_t>{};  // removed just now
    return kernel_failure(errno, "W6008", "list the programs of a cgroup");
  }
  std::vector<std::uint32_t> out(found.begin(), found.begin() + std::min<std::size_t>(count, found.size()));
  std::erase_if(out, [](std::uint32_t id) { return !is_ours(id); });
  return out;
}

Result<void> attach_to_cgroup(const Descriptor& cgroup, std::string_view name, Point point, int program_fd) {
  if (bpf_prog_attach(program_fd, cgroup.get(), type_of(point), BPF_F_ALLOW_MULTI) == 0) return {};
  const int number = errno;
  // The kernel says EINVAL of a program that hangs there already.
  const auto there = our_programs(cgroup, point);
  if (there && std::ranges::find(*there, program_info(program_fd).id) != there->end()) return {};
  const std::string what = fmt::format("attach the {} to cgroup `{}`", point_name(point), name);
  if (number == ENOENT || number == ENODEV) return failure("W6004", fmt::format("cannot {}: it is gone", what));
  if (number == EPERM && (effective_capabilities() & (std::uint64_t{1} << 12)) != 0) {  // CAP_NET_ADMIN
    return failure(
        "W6007",
        fmt::format("cannot {}: a program of another is there, or above it, that tolerates none beside it", what),
        "find it with `bpftool cgroup tree`, and have it attached with `multi`");
  }
  return kernel_failure(number, "W6008", what, "`weft doctor` shows what the kernel lacks");
}

Result<void> detach_from_cgroup(const Descriptor& cgroup, std::string_view name, Point point, std::uint32_t program) {
  const Descriptor fd = program_by_id(program);
  if (!fd.valid() && errno == ENOENT) return {};
  if (fd.valid() && bpf_prog_detach2(fd.get(), cgroup.get(), type_of(point)) == 0) return {};
  if (errno == ENOENT || errno == ENODEV) return {};
  return kernel_failure(errno, "W6008", fmt::format("detach the {} from cgroup `{}`", point_name(point), name));
}

Result<void> fill_place(const Descriptor& cgroup, const Cgroup& which, std::uint32_t key, int prepare_fd,
                        int places_fd) {
  if (auto attached = attach_to_cgroup(cgroup, which.name, Point::Egress, prepare_fd); !attached) return attached;
  const int result = bpf_map_update_elem(places_fd, &which.id, &key, BPF_EXIST);
  const int number = errno;
  // What was made stays as long as the map.
  auto detached = detach_from_cgroup(cgroup, which.name, Point::Egress, program_info(prepare_fd).id);
  if (result != 0) return kernel_failure(number, "W6008", fmt::format("prepare cgroup `{}`", which.name));
  return detached;
}

}  // namespace weft::runtime
