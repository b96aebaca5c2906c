#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bundle/bundle.h"
#include "runtime/runtime.h"

namespace weft::runtime::test {

/// Why the kernel tests cannot run here, or nothing. Says "SKIPPED: why" on standard output, which ctest looks for.
bool skipped();

/// A node and its workloads: a network namespace of their own each, entered by the calling thread, gone with the
/// object. Workload `i` (from 1) has 10.0.i.2 behind the node's interface `weft<i>`, where the node has 10.0.i.1 and
/// listens on TCP ports 80 and 81; the workload listens on them too.
class World {
 public:
  explicit World(unsigned workloads, Hook hook = Hook::Clsact);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  /// Can the workload connect to its node?
  bool connects_out(unsigned workload, std::uint16_t port) const;
  /// Can the node connect to the workload?
  bool connects_in(unsigned workload, std::uint16_t port) const;
  const std::filesystem::path& state() const { return state_; }
  LoadOptions options() const;
  Result<Status> status() const { return runtime::status({.state_directory = state_}); }
  Result<Unloaded> unload() const { return runtime::unload({.state_directory = state_, .before_step = {}}); }
  /// "weft1 ingress 1 0x77656674 weft_from_workl", … of every filter and qdisc, as tc shows them, and
  /// "weft1 tcx ingress weft_from_workl", … as the kernel tells of each program at tcx.
  std::vector<std::string> hooks() const;
  /// The same in the namespace of a workload, at its own end of its link.
  std::vector<std::string> hooks_in(unsigned workload) const;
  /// The workload's end of its link, as an endpoint names it: "netns:/proc/self/fd/7:eth0".
  std::string inside(unsigned workload) const;
  /// Calls `work` in the namespace of a workload.
  void enter_workload(unsigned workload, const std::function<void()>& work) const;
  /// Names in the state directory.
  std::vector<std::string> files() const;

 private:
  struct Workload {
    int net = -1;
    std::vector<int> listeners;
  };

  int node_ = -1;
  Hook hook_;
  std::filesystem::path state_;
  std::vector<Workload> workloads_;
  std::vector<int> listeners_;
};

/// clsact, and in a second run of the test tcx where the kernel has it.
Hook hook_under_test();

/// Runs a shell command; its output, standard error included.
std::string run(const std::string& command);

/// The test program in a bundle: workloads "shop/w1", … at interfaces weft1, …; TCP port `port` passes.
bundle::Bundle gate_bundle(unsigned workloads, std::uint16_t port, const std::string& program = "good.o");

/// Programs in the kernel that only this process can have loaded, by the tags of both its programs.
std::size_t programs_in_kernel();
/// The same once the kernel is through with freeing: programs go away a little after their last filter.
bool programs_become(std::size_t count);
/// Waits until the kernel has freed what nobody holds any more. Programs of a killed process and of filters that were
/// replaced are there for a little while, or not: what ends a load that was killed must not count on them.
void kernel_frees();

}  // namespace weft::runtime::test
