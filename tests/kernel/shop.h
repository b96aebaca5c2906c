#pragma once

#include "codegen/codegen.h"
#include "model/policy.h"
#include "plan/build.h"
#include "tests/kernel/packet.h"
#include "tests/kernel/program.h"

namespace weft::test {

/// A web server and a database with both families, and a policy that lets the one speak to the other. Its program
/// judges for one workload at a time, at interface 1 or as the only cgroup.
class Shop {
 public:
  /// `services` are what web may ask db for, and db web if `mutual`; nothing else is allowed.
  explicit Shop(const std::vector<model::PointSet>& services, const codegen::Options& options = {}, bool mutual = false,
                Gates gates = Gates::OfInterface);

  /// The packet leaves web, as its egress gate sees it; and the other three.
  Outcome from_web(const Frame& frame) { return run("web", model::Direction::Egress, frame); }
  Outcome to_web(const Frame& frame) { return run("web", model::Direction::Ingress, frame); }
  Outcome from_db(const Frame& frame) { return run("db", model::Direction::Egress, frame); }
  Outcome to_db(const Frame& frame) { return run("db", model::Direction::Ingress, frame); }

  /// Another policy of the same shape takes over in place.
  void revoke(const std::vector<model::PointSet>& services);

  Program& program() { return *program_; }

  bool are_nodes = false;  ///< both of them are nodes to the program, which then forward what is not theirs

  // Where they live.
  model::Address web4 = address("10.0.0.1"), db4 = address("10.0.0.2"), router4 = address("192.0.2.1");
  model::Address web6 = address("fd00::1"), db6 = address("fd00::2"), router6 = address("2001:db8::1");

 private:
  plan::DecisionPlan plan_of(const std::vector<model::PointSet>& services) const;
  Outcome run(std::string_view workload, model::Direction gate, const Frame& frame);

  codegen::Options options_;
  bool mutual_;
  Gates gates_;
  plan::DecisionPlan plan_;
  std::optional<Program> program_;
};

}  // namespace weft::test
