// Gates at cgroups: loaded, replaced, abandoned, killed, unloaded.
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>

#include "runtime/cgroups.h"
#include "runtime/system.h"
#include "tests/unit/runtime/world.h"

using namespace weft;
using namespace weft::runtime;
using namespace weft::runtime::test;

namespace {

using Lines = std::vector<std::string>;
namespace fs = std::filesystem;

bool lacks_cgroups() {
  if (skipped()) return true;
  for (const Check& check : doctor()) {
    if (check.name != "cgroups" || check.state == Check::State::Ok) continue;
    std::printf("SKIPPED: cgroups: %s\n", check.found.c_str());
    return true;
  }
  return false;
}

/// A network namespace whose node listens on ports 80 and 81, and two cgroups on it.
class Cgroups {
 public:
  Cgroups() : world(1) {
    REQUIRE(run("ip link set lo up") == "");
    root_ = find_cgroup("/").value()->path;
    for (const std::string& name : names()) fs::create_directories(root_ / name);
  }
  Cgroups(const Cgroups&) = delete;
  Cgroups& operator=(const Cgroups&) = delete;
  ~Cgroups() {
    for (const std::string& name : names()) ::rmdir((root_ / name).c_str());
    ::rmdir((root_ / top()).c_str());
  }

  static std::string top() { return fmt::format("weft-runtime-test-{}", parent()); }
  static Lines names() { return {top() + "/a", top() + "/b"}; }
  static std::string place(std::size_t which) { return "cgroup:/" + names().at(which); }
  fs::path path(std::size_t which) const { return root_ / names().at(which); }

  /// Does a process in that cgroup get a connection to the node's port?
  bool connects(std::size_t which, std::uint16_t port) const {
    std::string before;
    std::ifstream own("/proc/self/cgroup");
    for (std::string line; std::getline(own, line);) {
      if (line.starts_with("0::")) before = line.substr(4);
    }
    move_to(path(which));
    const Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    move_to(root_ / before);
    const timeval patience{.tv_sec = 0, .tv_usec = 250'000};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    REQUIRE(::inet_pton(AF_INET, "10.0.1.1", &address.sin_addr) == 1);
    return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  /// Every program at the cgroups, ours or not, point by point.
  std::size_t programs() const {
    std::size_t out = 0;
    for (std::size_t which = 0; which < names().size(); ++which) {
      const Descriptor fd(::open(path(which).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      for (const auto type : {BPF_CGROUP_INET_EGRESS, BPF_CGROUP_INET_INGRESS, BPF_CGROUP_INET4_CONNECT,
                              BPF_CGROUP_INET6_CONNECT, BPF_CGROUP_UDP4_SENDMSG, BPF_CGROUP_UDP6_SENDMSG}) {
        std::uint32_t ids[64];
        std::uint32_t count = 64;
        REQUIRE(bpf_prog_query(fd.get(), type, 0, nullptr, ids, &count) == 0);
        out += count;
      }
    }
    return out;
  }

  bundle::Bundle bundle(std::uint16_t port, std::size_t cgroups = 2) const {
    bundle::Bundle out = gate_bundle(1, port);
    for (std::size_t which = 0; which < cgroups; ++which) {
      out.manifest.endpoints.push_back({fmt::format("unit/{}", which), place(which), 0, {{"10.0.1.1", 7}}});
    }
    return out;
  }

  World world;

 private:
  // The same in a child process.
  static pid_t parent() {
    static const pid_t own = ::getpid();
    return own;
  }

  static void move_to(const fs::path& cgroup) {
    std::ofstream procs(cgroup / "cgroup.procs");
    procs << "0" << std::flush;
    REQUIRE(procs.good());
  }

  fs::path root_;
};

void check_open_ports(const Cgroups& cgroups, std::uint16_t open, std::uint16_t closed) {
  for (const std::size_t which : {0U, 1U}) {
    CHECK(cgroups.connects(which, open));
    CHECK_FALSE(cgroups.connects(which, closed));
  }
  CHECK(cgroups.world.connects_out(1, open));
  CHECK_FALSE(cgroups.world.connects_out(1, closed));
}

}  // namespace

TEST_CASE("gates at cgroups and at interfaces are of one bundle", "[runtime][kernel]") {
  if (lacks_cgroups()) return;
  const Cgroups cgroups;
  CHECK(cgroups.connects(0, 81));
  const auto loaded = load(cgroups.bundle(80), cgroups.world.options());
  if (!loaded) FAIL(loaded.error().message);
  REQUIRE(loaded->attached.size() == 3);
  CHECK(loaded->attached[1].hook == "cgroup");
  CHECK(loaded->attached[1].interface == Cgroups::place(0));
  CHECK(loaded->attached[1].from_workload.name == "weft_cgroup_egr");
  CHECK(cgroups.programs() == 12);
  check_open_ports(cgroups, 80, 81);

  const auto status = cgroups.world.status();
  REQUIRE(status.has_value());
  CHECK(status->differences == Lines{});
  CHECK(status->attached.size() == 3);
  const auto next = load(cgroups.bundle(81, 1), cgroups.world.options());
  if (!next) FAIL(next.error().message);
  CHECK(next->replaced);
  CHECK(next->detached == Lines{Cgroups::place(1)});
  CHECK(cgroups.programs() == 6);
  CHECK(cgroups.connects(0, 81));
  CHECK_FALSE(cgroups.connects(0, 80));
  CHECK(cgroups.connects(1, 80));

  const auto unloaded = cgroups.world.unload();
  CHECK(unloaded->interfaces == Lines{"weft1", Cgroups::place(0)});
  CHECK(unloaded->filters == 8);
  CHECK(cgroups.programs() == 0);
  CHECK(cgroups.connects(0, 80));
}

TEST_CASE("a replacement at cgroups that is abandoned at any step leaves the bundle before", "[runtime][kernel]") {
  if (lacks_cgroups()) return;
  const Cgroups cgroups;
  REQUIRE(load(cgroups.bundle(80), cgroups.world.options()).has_value());
  bool done = false;
  for (std::size_t stop = 0; !done; ++stop) {
    LoadOptions options = cgroups.world.options();
    options.before_step = [&, at = std::size_t{0}](std::string_view) mutable { return at++ != stop; };
    done = load(cgroups.bundle(81), options).has_value();
    INFO("abandoned before step " << stop);
    CHECK(cgroups.programs() == 12);
    CHECK(cgroups.world.status()->differences == Lines{});
    CHECK(cgroups.connects(0, done ? 81 : 80));
    CHECK_FALSE(cgroups.connects(1, done ? 80 : 81));
    REQUIRE(stop < 64);
  }
  check_open_ports(cgroups, 81, 80);
  CHECK(cgroups.world.unload().has_value());
  CHECK(cgroups.programs() == 0);
}

TEST_CASE("a load at cgroups that is killed at any step ends as the old bundle or as the new one",
          "[runtime][kernel]") {
  if (lacks_cgroups()) return;
  const bool first = GENERATE(true, false);
  const Cgroups cgroups;
  bool done = false;
  for (std::size_t stop = 0; !done; ++stop) {
    INFO("killed before step " << stop << (first ? " of a first load" : " of a replacement"));
    if (!first) REQUIRE(load(cgroups.bundle(80), cgroups.world.options()).has_value());
    const bundle::Bundle next = cgroups.bundle(81);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      LoadOptions options = cgroups.world.options();
      options.before_step = [stop, at = std::size_t{0}](std::string_view) mutable {
        if (at++ == stop) ::raise(SIGKILL);
        return true;
      };
      ::_exit(load(next, options).has_value() ? 0 : 1);
    }
    int ended = 0;
    REQUIRE(::waitpid(child, &ended, 0) == child);
    done = !WIFSIGNALED(ended);
    kernel_frees();
    const auto after = cgroups.world.status();
    REQUIRE(after.has_value());
    CHECK(after->differences == Lines{});
    const bool is_new = after->bundle == bundle::identity(next);
    CHECK((is_new || !done));
    CHECK(cgroups.programs() == (is_new || !first ? 12 : 0));
    CHECK(cgroups.connects(0, is_new ? 81 : 80));
    CHECK(cgroups.connects(1, is_new ? 80 : 81) == (first && !is_new));
    CHECK(cgroups.world.unload().has_value());
    CHECK(cgroups.programs() == 0);
    REQUIRE(stop < 64);
  }
}

TEST_CASE("a cgroup that another load serves is not taken", "[runtime][kernel]") {
  if (lacks_cgroups()) return;
  const Cgroups cgroups;
  REQUIRE(load(cgroups.bundle(80), cgroups.world.options()).has_value());
  {
    const World other(1);
    const auto refused = load(cgroups.bundle(81), other.options());
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == "W6007");
    CHECK(other.hooks() == Lines{});
  }
  CHECK(cgroups.programs() == 12);
}
