#include "bench/network/namespace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace weft::bench {
namespace {

constexpr const char* own = "/proc/thread-self/ns/net";

struct Scratch {
  std::string at = (std::filesystem::temp_directory_path() / "weft-bench-XXXXXX").string();
  Scratch() {
    if (!::mkdtemp(at.data())) fail(fmt::format("cannot make a directory: {}", std::strerror(errno)));
  }
  ~Scratch() {
    std::error_code error;
    std::filesystem::remove_all(at, error);
  }
};

}  // namespace

void fail(std::string_view why) {
  fmt::print(stderr, "bench: {}\n", why);
  std::exit(1);
}

std::string no_network(const std::string& program) {
  if (::geteuid() != 0) return "this needs root";
  if (std::system(("command -v " + program + " >/dev/null").c_str()) != 0) return "`" + program + "` is not installed";
  const pid_t child = ::fork();
  if (child == 0) ::_exit(::unshare(CLONE_NEWNET) == 0 ? 0 : 1);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) return "no network namespaces for this user";
  return {};
}

Namespace::Namespace() {
  const int before = ::open(own, O_RDONLY | O_CLOEXEC);
  if (before < 0 || ::unshare(CLONE_NEWNET) != 0) fail(fmt::format("no network namespace: {}", std::strerror(errno)));
  descriptor_ = ::open(own, O_RDONLY);  // inherited: `ip` finds it as /proc/self/fd/…
  const bool back = ::setns(before, CLONE_NEWNET) == 0;
  ::close(before);
  if (descriptor_ < 0 || !back) fail(fmt::format("no network namespace: {}", std::strerror(errno)));
  // Nobody asks for neighbours or routers on these links, so that what arrives is what was sent.
  run("sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.router_solicitations=0 "
      "net.ipv6.conf.default.addr_gen_mode=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 "
      "&& ip link set lo up");
}

Namespace::~Namespace() { ::close(descriptor_); }

void Namespace::inside(const std::function<void()>& work) const {
  const int before = ::open(own, O_RDONLY | O_CLOEXEC);
  if (before < 0 || ::setns(descriptor_, CLONE_NEWNET) != 0) {
    fail(fmt::format("cannot enter a namespace: {}", std::strerror(errno)));
  }
  work();
  if (::setns(before, CLONE_NEWNET) != 0) fail(fmt::format("cannot leave a namespace: {}", std::strerror(errno)));
  ::close(before);
}

std::string Namespace::run(const std::string& command) const {
  std::string out;
  int status = -1;
  inside([&] {
    std::FILE* const pipe = ::popen(("{ " + command + "\n} 2>&1").c_str(), "r");
    if (!pipe) fail(fmt::format("cannot run `{}`: {}", command, std::strerror(errno)));
    std::array<char, 4096> buffer;
    for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
      out.append(buffer.data(), got);
    }
    status = ::pclose(pipe);
  });
  if (status != 0) fail(fmt::format("`{}` failed: {}", command, out));
  return out;
}

void Namespace::link(const std::string& name, const std::string& hardware, const Namespace& other,
                     const std::string& other_name, const std::string& other_hardware) const {
  run(
      fmt::format("ip link add {0} address {1} type veth peer name {2} address {3} netns /proc/self/fd/{4} && "
                  "ip link set {0} up",
                  name, hardware, other_name, other_hardware, other.descriptor_));
  other.run(fmt::format("ip link set {} up", other_name));
}

std::uint64_t Namespace::arrived(const std::string& interface) const {
  std::uint64_t bytes = 0, packets = 0;
  bool found = false;
  inside([&] {
    std::ifstream in("/proc/thread-self/net/dev");
    for (std::string line; std::getline(in, line);) {
      const auto colon = line.find(':');
      const auto start = line.find_first_not_of(' ');
      if (colon == std::string::npos || line.substr(start, colon - start) != interface) continue;
      std::istringstream(line.substr(colon + 1)) >> bytes >> packets;
      found = true;
    }
  });
  if (!found) fail(fmt::format("interface `{}` is gone", interface));
  return packets;
}

const std::string& scratch() {
  static const Scratch made;
  return made.at;
}

}  // namespace weft::bench
