#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "runtime/system.h"

/// Network namespaces: that of the calling thread, and others whose interfaces a bundle names.
namespace weft::runtime {

/// Before the name of a namespace and an interface in it, where the name of an interface may stand as well:
/// "netns:NAMESPACE:INTERFACE". No interface has a colon in its name.
inline constexpr std::string_view namespace_prefix = "netns:";

/// A network namespace, held open.
struct Namespace {
  std::string name{};  ///< of `ip netns`, or a path; empty: that of the calling thread
  NetworkNamespace id{};
  std::shared_ptr<const Descriptor> fd{};

  /// As people read it: "veth1", or "netns:blue:veth1".
  std::string place(std::string_view interface) const;
};

/// That of the calling thread. Errors: W6001, W6002.
Result<Namespace> calling_namespace();
/// The namespace of that name (in /run/netns, as `ip netns` has it) or at that path; none if there is none. That of the
/// calling thread is found without a name, whatever it was called.
///
/// Errors: W6001, W6005 where it is no network namespace.
Result<std::optional<Namespace>> find_namespace(const std::string& name);

/// As long as this lives, the calling thread is in that namespace; of the one it is in already nothing is entered.
class Inside {
 public:
  /// Errors: W6001, W6008.
  static Result<Inside> enter(const Namespace& there);
  Inside(Inside&&) = default;
  Inside& operator=(Inside&&) = delete;
  ~Inside();

 private:
  explicit Inside(Descriptor back) : back_(std::move(back)) {}

  Descriptor back_;
};

/// What `work` answers, done in that namespace. Errors: those of `work`, W6001, W6008.
template <typename Work>
auto inside(const Namespace& there, const Work& work) -> decltype(work()) {
  const auto entered = Inside::enter(there);
  if (!entered) return std::unexpected(entered.error());
  return work();
}

}  // namespace weft::runtime
