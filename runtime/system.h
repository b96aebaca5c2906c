#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace weft::runtime {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();

  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

/// The text of an errno.
std::string reason(int number);

std::unexpected<Error> failure(std::string code, std::string message, std::string help = "");

/// W6001 where the kernel refused for lack of privilege, `code` for other reasons: "cannot `what`: `reason`".
std::unexpected<Error> kernel_failure(int number, std::string code, std::string_view what, std::string help = "");

/// What a process needs to load programs, as a remedy.
std::string privilege_help();

/// Capability bits of this thread that count for its user namespace; see capabilities(7).
std::uint64_t effective_capabilities();

/// The network namespace of the calling thread.
struct NetworkNamespace {
  std::uint64_t inode = 0;   ///< names it while it lives
  std::uint64_t cookie = 0;  ///< never given twice until the next boot; 0 before Linux 5.14
  std::string boot;          ///< changes with every boot

  bool operator==(const NetworkNamespace&) const = default;
};

Result<NetworkNamespace> network_namespace();

}  // namespace weft::runtime
