#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/network/path.h"
#include "bench/peers/world.h"
#include "bench/verdict/yardsticks.h"
#include "tests/kernel/program.h"

namespace weft::bench {

/// One way to enforce a world's policy, in place on a path of its own.
struct Gate {
  std::string name;
  std::string contents{};  ///< what was put into the kernel, in numbers
  double seconds = 0;      ///< of processor time, from the policy to the gate in place
  bool decides = true;     ///< false: lets everything through
  bool keeps_state = false;
  int program = -1;              ///< for BPF_PROG_TEST_RUN; -1: it is none
  std::unique_ptr<Path> path{};  ///< none: it could not be made, and `contents` says why
};

/// All ways for one world, the first two without a policy: nothing at all, and a program that lets everything pass.
/// They stay in place as long as this object.
class Gates {
 public:
  explicit Gates(const PeersWorld& world);

  std::vector<Gate>& all() { return all_; }
  /// Nanoseconds of a run of the gate's program, the feeder included.
  double test_run(const Gate& gate, const Bytes& frame, Traffic traffic);
  /// Makes the connections of the last runs ones that were answered, where the gate remembers them.
  void establish(const Gate& gate);

 private:
  bool six_;
  Yardsticks yardsticks_;
  std::vector<test::Program> programs_;
  std::vector<Gate> all_;
};

}  // namespace weft::bench
