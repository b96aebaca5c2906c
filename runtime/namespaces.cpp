#include "runtime/namespaces.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/vfs.h>

#include <cerrno>

#include "base/assert.h"

namespace weft::runtime {
namespace {

constexpr const char* own_path = "/proc/thread-self/ns/net";

Descriptor opened(const std::string& path) { return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)); }

}  // namespace

std::string Namespace::place(std::string_view interface) const {
  return name.empty() ? std::string(interface) : fmt::format("{}{}:{}", namespace_prefix, name, interface);
}

Result<Namespace> calling_namespace() {
  auto id = network_namespace();
  if (!id) return std::unexpected(id.error());
  Namespace out;
  out.id = std::move(*id);
  out.fd = std::make_shared<const Descriptor>(opened(own_path));
  if (!out.fd->valid()) return kernel_failure(errno, "W6002", "open the network namespace", "mount /proc");
  return out;
}

Result<std::optional<Namespace>> find_namespace(const std::string& name) {
  const std::string path = name.find('/') == std::string::npos ? "/run/netns/" + name : name;
  Namespace out;
  out.name = name;
  out.fd = std::make_shared<const Descriptor>(opened(path));
  if (!out.fd->valid()) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ESRCH) return std::nullopt;
    return kernel_failure(errno, "W6005", fmt::format("open network namespace `{}`", name));
  }
  // A namespace that `ip netns` names but that is gone leaves a plain file.
  struct statfs system{};
  const bool is_namespace = ::fstatfs(out.fd->get(), &system) == 0 && system.f_type == NSFS_MAGIC;
  const Result<Inside> entered = is_namespace ? Inside::enter(out) : failure("W6008", "");
  if (!entered && entered.error().code == "W6008") {
    return failure("W6005", fmt::format("`{}` is no network namespace", path),
                   "name one as `ip netns` lists it, or by a path like /proc/PID/ns/net");
  }
  if (!entered) return std::unexpected(entered.error());
  auto id = network_namespace();
  if (!id) return std::unexpected(id.error());
  out.id = std::move(*id);
  return out;
}

Result<Inside> Inside::enter(const Namespace& there) {
  if (there.name.empty()) return Inside(Descriptor());
  Descriptor back = opened(own_path);
  if (!back.valid()) return kernel_failure(errno, "W6008", "open the network namespace");
  if (::setns(there.fd->get(), CLONE_NEWNET) != 0) {
    return kernel_failure(errno, "W6008", fmt::format("enter network namespace `{}`", there.name));
  }
  return Inside(std::move(back));
}

Inside::~Inside() {
  if (!back_.valid()) return;
  const int result = ::setns(back_.get(), CLONE_NEWNET);
  WEFT_ASSERT(result == 0, "the way back into a network namespace is open");
}

}  // namespace weft::runtime
