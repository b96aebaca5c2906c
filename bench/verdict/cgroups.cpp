#include "bench/verdict/cgroups.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

#include "bench/figures.h"
#include "bench/network/namespace.h"
#include "bench/verdict/measure.h"

namespace weft::bench {
namespace {

/// A program of a cgroup that lets everything pass.
class Empty {
 public:
  Empty() {
    const std::array<bpf_insn, 2> code{
        bpf_insn{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 1},
        bpf_insn{.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
    bpf_prog_load_opts options{};
    options.sz = sizeof(options);
    options.expected_attach_type = BPF_CGROUP_INET_EGRESS;
    program_ = bpf_prog_load(BPF_PROG_TYPE_CGROUP_SKB, "empty", "GPL", code.data(), code.size(), &options);
    if (program_ < 0) fail("the kernel takes no program of a cgroup");
  }
  Empty(const Empty&) = delete;
  Empty& operator=(const Empty&) = delete;
  ~Empty() { ::close(program_); }

  int program() const { return program_; }

 private:
  int program_ = -1;
};

// Nanoseconds of processor time of one packet.
double run(int program, std::span<const std::uint8_t> packet, int runs) {
  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  options.data_in = packet.data();
  options.data_size_in = static_cast<__u32>(packet.size());
  options.repeat = runs;
  const auto processor_time = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
  };
  const double begin = processor_time();
  const int error = bpf_prog_test_run_opts(program, &options);
  const double time = processor_time() - begin;
  if (error != 0 || options.retval != 1) fail("a gate of a cgroup denied a packet that it should allow");
  return time / runs;
}

struct Line {
  std::string name;
  Row row;
  std::vector<double> samples{};
};

}  // namespace

void at_cgroups(int runs, int trials) {
  fmt::print("at a cgroup, one peer; 1,000 rules, 100,000 addresses\n{:<54}{:>8}\n", "ns net of an empty program",
             "hot");
  const Empty empty;
  for (const bool six : {false, true}) {
    const Compiled world(1'000, VerdictWorld::hosts, six, VerdictWorld::packed, test::Gates::OfCgroup);
    test::Program without = world.load({.stateless = true}), with = world.load({});
    const char* family = six ? "IPv6" : "IPv4";
    std::vector<Line> lines;
    const auto add = [&](const char* what, test::Program& program, Kind kind) {
      lines.push_back({fmt::format("{}, {}", family, what), row_of("", program, kind, six)});
    };
    add("without state", without, Kind::Forward);
    add("established, forward", with, Kind::Established);
    add("established, reply", with, Kind::Reply);
    // The connection that the last two rows are about.
    for (int i = 0; i < 2; ++i) {
      for (const std::size_t row : {1U, 2U, 1U}) run(lines[row].row.program, lines[row].row.frame, 1);
    }
    for (int trial = 0; trial < trials; ++trial) {
      std::vector<double> least(lines.size(), std::numeric_limits<double>::infinity()), nothing = least;
      for (int round = 0; round < 5; ++round) {
        for (std::size_t i = 0; i < lines.size(); ++i) {
          nothing[i] = std::min(nothing[i], run(empty.program(), lines[i].row.frame, runs));
          least[i] = std::min(least[i], run(lines[i].row.program, lines[i].row.frame, runs));
        }
      }
      for (std::size_t i = 0; i < lines.size(); ++i) lines[i].samples.push_back(least[i] - nothing[i]);
    }
    for (const Line& line : lines) fmt::print("{:<54}{:>8.1f}\n", line.name, median(line.samples));
  }
}

}  // namespace weft::bench
