#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "plan/plan.h"

namespace weft::bench {

/// How the destinations of successive packets follow each other.
enum class Traffic { Hot, Active256, Random };

/// What the feeder changes in each packet.
struct Feed {
  Traffic traffic = Traffic::Hot;
  std::uint32_t at = 30;      ///< where the last four bytes of the address lie; 30: the destination of IPv4
  std::uint32_t port_at = 0;  ///< where the source port lies that every packet has a new one of; 0: nowhere
  bool in_turn = false;       ///< each host that takes part, one after the other
  std::uint32_t stride = 1;   ///< from one host's address to the next
};

/// The hand-written programs of floor.bpf.c, loaded, with the tables of a plan, and the feeder that runs any program on
/// changing destinations.
class Yardsticks {
 public:
  static Result<Yardsticks> load(const std::string& object);
  Yardsticks(Yardsticks&&) noexcept;
  ~Yardsticks();

  /// Gives floor and peer shape the same answers as the egress gate of `plan`: at most 1,024 entries fit `floor_1k`,
  /// 10,240 `floor_10k`. `base` and `hosts` name the addresses in use, of IPv6 by the last four bytes of those in
  /// fd00::/96. Of IPv6 only the peer shape is to be asked, `peer_shape6`.
  void fill(const plan::DecisionPlan& plan, std::uint32_t base, std::uint32_t hosts, bool six = false);

  /// The descriptor of a program of floor.bpf.c.
  int program(const char* name) const;
  /// The rule that the last packet met in one of the floors.
  std::uint32_t rule() const;

  /// Mean nanoseconds of one run of `program` behind the feeder, over `runs` packets. `verdict` receives the last
  /// return value.
  double run(int program, std::span<const std::uint8_t> packet, const Feed& feed, std::uint32_t runs,
             std::uint32_t* verdict = nullptr);
  double run(int program, std::span<const std::uint8_t> packet, Traffic traffic, std::uint32_t runs,
             std::uint32_t* verdict = nullptr) {
    return run(program, packet, Feed{.traffic = traffic}, runs, verdict);
  }
  /// Which addresses the feeder draws from, where `fill` has not said it.
  void draw_from(std::uint32_t base, std::uint32_t hosts);
  /// How many of them take part.
  std::uint32_t active(Traffic traffic) const;

 private:
  struct State;
  explicit Yardsticks(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace weft::bench
