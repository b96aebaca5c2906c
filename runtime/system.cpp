#include "runtime/system.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>

namespace weft::runtime {

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::string reason(int number) { return std::generic_category().message(number); }

std::unexpected<Error> failure(std::string code, std::string message, std::string help) {
  return std::unexpected(Error{std::move(code), std::move(message), std::move(help)});
}

std::string privilege_help() {
  return "run it as root, or give it CAP_BPF and CAP_NET_ADMIN (and CAP_SYS_ADMIN to replace, show or remove what is "
         "loaded), in the initial user namespace";
}

std::unexpected<Error> kernel_failure(int number, std::string code, std::string_view what, std::string help) {
  if (number == EPERM) {
    return failure("W6001", fmt::format("cannot {}: {}", what, reason(number)), privilege_help());
  }
  return failure(std::move(code), fmt::format("cannot {}: {}", what, reason(number)), std::move(help));
}

std::uint64_t effective_capabilities() {
  std::ifstream status("/proc/thread-self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("CapEff:")) return std::strtoull(line.c_str() + 7, nullptr, 16);
  }
  return 0;
}

Result<NetworkNamespace> network_namespace() {
  struct stat info{};
  // Of the thread, not of the process: a thread may have entered another namespace.
  if (::stat("/proc/thread-self/ns/net", &info) != 0) {
    return kernel_failure(errno, "W6002", "find the network namespace", "mount /proc");
  }
  NetworkNamespace out{.inode = info.st_ino, .boot = {}};
#ifndef SO_NETNS_COOKIE
  constexpr int SO_NETNS_COOKIE = 71;
#endif
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  socklen_t size = sizeof out.cookie;
  if (!socket.valid() || ::getsockopt(socket.get(), SOL_SOCKET, SO_NETNS_COOKIE, &out.cookie, &size) != 0) {
    out.cookie = 0;
  }
  std::ifstream("/proc/sys/kernel/random/boot_id") >> out.boot;
  return out;
}

}  // namespace weft::runtime
