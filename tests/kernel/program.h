#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "bundle/abi.h"
#include "bundle/bundle.h"
#include "model/policy.h"
#include "plan/plan.h"

namespace weft::test {

/// Why this machine runs no BPF programs for us, or nothing where it does. Tests that need the kernel say so and count
/// as skipped: see `skipped_exit_code`.
std::optional<std::string> no_kernel();

/// What one packet met.
struct Outcome {
  bool allowed = false;
  std::uint32_t entry = 0;  ///< the counter that went up

  bool operator==(const Outcome&) const = default;
};

/// Which of a bundle's gates judge. Those of a cgroup see a frame from its IP header on.
enum class Gates : std::uint8_t { OfInterface, OfCgroup };

/// A bundle in the kernel, judged packet by packet through BPF_PROG_TEST_RUN. Nothing is attached.
class Program {
 public:
  /// Loads the object and fills its tables. Errors: what libbpf and the kernel's verifier said.
  static Result<Program> load(const bundle::Bundle& bundle, Gates gates = Gates::OfInterface);
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;
  ~Program();

  /// The workload at an interface. Interface 1 is `lo`, from which test packets come unless told otherwise. Gates of a
  /// cgroup have one workload, whatever the interface.
  void set_endpoint(std::uint32_t interface, const std::vector<plan::Endpoint::Local>& addresses, bool is_node = false);
  /// Makes it that second, for programs with deadlines. From then on time goes on, as it does in the kernel.
  void set_now(model::Moment now);
  void remove_endpoint(std::uint32_t interface);

  /// Overwrites tables in place, as a new policy of the same shape would.
  void fill(const std::vector<bundle::MapImage>& images);

  Outcome run(model::Direction gate, std::span<const std::uint8_t> packet, std::uint32_t interface = 1);
  /// The same, cheap where the packet counts for the `likely` entry: of the others the counters are read every few
  /// hundred packets, and by `check_counters`. A packet that counted for two entries stops the test then.
  Outcome run(model::Direction gate, std::span<const std::uint8_t> packet, std::optional<std::uint32_t> likely,
              std::uint32_t interface = 1);
  /// The same in the second `now` and no other, however long this process is stopped between setting the time and the
  /// packet: where it was too long, all is forgotten and the packet runs again. `in_between` is called there, once.
  Outcome run_at(model::Moment now, model::Direction gate, std::span<const std::uint8_t> packet,
                 std::optional<std::uint32_t> likely, const std::function<void()>& in_between = {});
  void check_counters();
  /// How many packets an entry has decided.
  std::uint64_t counted(model::Direction gate, std::uint32_t entry) const;
  /// The verdict on a packet of which only so many bytes are in one piece, as they come from splice or receive offload;
  /// nothing where the kernel cannot make such a packet up (before Linux 6.19, and some builds since).
  std::optional<bool> allows_split(model::Direction gate, std::span<const std::uint8_t> packet, std::uint32_t linear);
  /// The verdict on a packet that is to be cut into so many `segments` of `bytes` payload on its way out, or was put
  /// together from them on its way in.
  bool allows_segments(model::Direction gate, std::span<const std::uint8_t> packet, std::uint32_t segments,
                       std::uint32_t bytes);
  /// The verdict alone, for millions of packets.
  bool allows(model::Direction gate, std::span<const std::uint8_t> packet, std::uint32_t interface = 1);
  /// Nanoseconds of one run, the least of `trials` means over `repeats` runs.
  double nanoseconds(model::Direction gate, std::span<const std::uint8_t> packet, std::uint32_t repeats, int trials);

  /// The loaded program of a gate, for callers that run it by other means. It lives as long as this object.
  int descriptor(model::Direction gate) const;

  /// What the program told since this was asked last, oldest first.
  std::vector<weft_event> events();
  /// The budget of a kind of events, summed over processors.
  weft_event_budget event_budget(std::uint32_t kind) const;

  /// What was counted by pair of classes, summed over processors; empty where the program counts none.
  std::vector<std::pair<weft_pair, std::uint64_t>> pairs() const;
  /// The same of how many pairs were begun and packets missed.
  weft_pair_totals pair_totals() const;

  std::size_t connections() const;
  void forget_connections();
  /// Makes every connection one that was answered and has gone on.
  void establish_connections();
  /// Makes every connection look as if it was last seen that long ago.
  void age_connections(std::uint64_t nanoseconds);
  /// Takes them out of the tables behind the program's back, as a table does that is full.
  void evict_connections();

  /// Instructions that the kernel's verifier walked, and that the program has.
  std::uint32_t walked(model::Direction gate) const;
  std::uint32_t instructions(model::Direction gate) const;
  /// The live bytes of a table in global data.
  std::span<std::uint8_t> table(const std::string& symbol);

 private:
  struct State;
  explicit Program(std::unique_ptr<State> state);
  bool is_now(model::Moment now);
  void forget_recent();

  std::unique_ptr<State> state_;
};

}  // namespace weft::test
