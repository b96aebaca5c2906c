#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "runtime/system.h"

/// Gates at a cgroup: where they hang, and single changes there. A cgroup holds its programs as long as it lives, so
/// nothing is pinned. All that hang at a cgroup or above it are asked, and all have to agree.
namespace weft::runtime {

/// Before the name of a cgroup, where the name of an interface may stand as well: no interface has a colon in its name.
inline constexpr std::string_view cgroup_prefix = "cgroup:";

enum class Point : std::uint8_t { Egress, Ingress, Connect4, Connect6, SendMessage4, SendMessage6 };

inline constexpr Point all_points[] = {Point::Egress,   Point::Ingress,      Point::Connect4,
                                       Point::Connect6, Point::SendMessage4, Point::SendMessage6};

/// A program at each point, by its id; 0: none.
using PointPrograms = std::array<std::uint32_t, std::size(all_points)>;

/// "egress gate", "ingress gate", "connect gate (IPv4)", …
std::string_view point_name(Point point);
/// "weft_cgroup_egress", "weft_connect4", …
const char* program_name(Point point);
/// The program that lets the kernel make what `fill_place` fills.
inline constexpr const char* prepare_program = "weft_cgroup_prepare";

struct Cgroup {
  std::string name;  ///< as in the inventory
  std::filesystem::path path;
  std::uint64_t id = 0;  ///< of the kernel, never given twice until the next boot
};

/// The cgroup (version 2) of that name: as /proc/PID/cgroup has it ("/system.slice/web.service"), or as a path in the
/// file system. None if there is none.
///
/// Errors: W6002 where no cgroup file system is mounted, W6005 where the path is no cgroup of version 2, W6001.
Result<std::optional<Cgroup>> find_cgroup(const std::string& name);

/// The cgroup, open; an invalid descriptor where it is gone or another has its path.
Descriptor open_cgroup(const std::filesystem::path& path, std::uint64_t id);

/// Our programs at that point, in the order in which they were attached. Errors: W6001, W6008.
Result<std::vector<std::uint32_t>> our_programs(const Descriptor& cgroup, Point point);

/// Errors of these: W6001, W6002, W6008, with the cgroup.
/// Attaches the program beside others; attached already is attached.
Result<void> attach_to_cgroup(const Descriptor& cgroup, std::string_view name, Point point, int program_fd);
/// Detaches that program; one that is not there is detached.
Result<void> detach_from_cgroup(const Descriptor& cgroup, std::string_view name, Point point, std::uint32_t program);
/// Tells the programs of an object which endpoint the cgroup is, before any of them hangs there.
Result<void> fill_place(const Descriptor& cgroup, const Cgroup& which, std::uint32_t key, int prepare_fd,
                        int places_fd);

}  // namespace weft::runtime
