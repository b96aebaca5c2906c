#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace weft::bench {

/// Says why on standard error and ends the benchmark. What it made goes with the process.
[[noreturn]] void fail(std::string_view why);

/// Why no benchmark runs here that needs network namespaces and this program, or empty.
std::string no_network(const std::string& program);

/// A network namespace without a name: it and whatever is in it are gone with the object, or with the process.
class Namespace {
 public:
  Namespace();
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;
  ~Namespace();

  /// Calls `work` with the calling thread inside; processes it starts are inside, too.
  void inside(const std::function<void()>& work) const;
  /// Runs a shell command inside and returns what it printed. One that fails ends the benchmark.
  std::string run(const std::string& command) const;
  /// The end of a new veth pair, this one's `name` and the other's, with these hardware addresses, both up.
  void link(const std::string& name, const std::string& hardware, const Namespace& other, const std::string& other_name,
            const std::string& other_hardware) const;
  /// Packets that arrived at an interface so far.
  std::uint64_t arrived(const std::string& interface) const;

 private:
  int descriptor_ = -1;
};

/// A directory for the time of the run, removed at its end.
const std::string& scratch();

}  // namespace weft::bench
