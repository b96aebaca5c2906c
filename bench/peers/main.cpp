// The same policy as Weft, as the program of the usual peer shape and as nftables, over real links: UDP packets of one
// workload through its node. Every figure is the median of interleaved trials in this run, in nanoseconds of processor
// time of a packet, less what the same way costs without any policy.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/figures.h"
#include "bench/network/path.h"
#include "bench/peers/gates.h"
#include "bench/peers/world.h"

using namespace weft;
using namespace weft::bench;

namespace {

constexpr int trials = 9;
constexpr double trial_nanoseconds = 12e6;
constexpr std::size_t active = 256, drawn = 16'384;

struct Pattern {
  std::string_view name;
  Traffic traffic;
};
constexpr std::array patterns{Pattern{"256 active", Traffic::Active256}, Pattern{"random", Traffic::Random}};

struct Size {
  std::uint32_t rules, hosts;
  bool six = false;
  bool operator==(const Size&) const = default;
};

const char* family(const Size& size) { return size.six ? "IPv6" : "IPv4"; }

/// What was measured of one gate in one world, by pattern.
struct Figure {
  Size size;
  std::string gate, contents;
  double seconds = 0;
  bool made = false, is_program = false;
  std::array<std::vector<double>, patterns.size()> whole{}, net{}, test_run{};
};

// Packets to hosts that the client may reach, and the replies to them.
struct Frames {
  std::vector<Bytes> out, back;
};

Frames frames_of(const PeersWorld& world, const Pattern& pattern) {
  Frames out;
  const std::uint32_t others = world.hosts - 1;
  const bool random = pattern.traffic == Traffic::Random;
  const std::size_t count = random ? drawn : std::min<std::size_t>(active, others);
  std::uint32_t seed = 12345;
  for (std::size_t i = 0; i < count; ++i) {
    seed = seed * 1664525U + 1013904223U;
    const std::uint64_t host = 1 + (random ? (std::uint64_t{seed} * others) >> 32 : i * others / count);
    const std::uint32_t address = world.address(static_cast<std::uint32_t>(host));
    out.out.push_back(Path::frame(PeersWorld::client, address, PeersWorld::open_port, world.six));
    out.back.push_back(Path::reply(PeersWorld::client, address, PeersWorld::open_port, world.six));
  }
  return out;
}

// Every connection answered and gone on, as most packets find theirs.
void establish(const Gate& gate, const Frames& frames) {
  constexpr std::ptrdiff_t chunk = 256;
  for (std::ptrdiff_t from = 0; from < std::ssize(frames.out); from += chunk) {
    const std::ptrdiff_t to = std::min(std::ssize(frames.out), from + chunk);
    const std::vector<Bytes> out(frames.out.begin() + from, frames.out.begin() + to);
    const std::vector<Bytes> back(frames.back.begin() + from, frames.back.begin() + to);
    gate.path->send(out, out.size());
    if (gate.path->answer(back, back.size()) != back.size()) fail(fmt::format("`{}` dropped replies", gate.name));
    gate.path->send(out, out.size());
  }
}

// The figure of a gate that drops what it should pass, or the reverse, is worth nothing.
void prove(const Gate& gate, const PeersWorld& world, const Frames& frames) {
  if (gate.keeps_state) establish(gate, frames);
  if (gate.path->send(frames.out, frames.out.size()) != frames.out.size()) {
    fail(fmt::format("`{}` dropped packets that the policy allows", gate.name));
  }
  std::vector<Bytes> closed;
  for (std::uint32_t host = 1; host < std::min(world.hosts, 300U); ++host) {
    closed.push_back(Path::frame(PeersWorld::client, world.address(host), PeersWorld::closed_port, world.six));
  }
  // And a stranger.
  closed.push_back(Path::frame(PeersWorld::client, world.address(world.hosts), PeersWorld::open_port, world.six));
  if (gate.decides && gate.path->send(closed, closed.size()) != 0) {
    fail(fmt::format("`{}` passed packets that the policy denies", gate.name));
  }
}

/// That all gates answer alike, without figures.
void check(Size size) {
  const PeersWorld world = peers_world(size.rules, size.hosts, size.six);
  Gates gates(world);
  for (const Pattern& pattern : patterns) {
    const Frames frames = frames_of(world, pattern);
    for (const Gate& gate : gates.all()) {
      if (gate.path) prove(gate, world, frames);
    }
  }
  fmt::print("{}, {} rules, {} addresses: {} gates answer alike\n", family(size), size.rules, size.hosts,
             gates.all().size());
}

class Bench {
 public:
  void measure(Size size) {
    fmt::print(stderr, "{}, {} rules, {} addresses\n", family(size), size.rules, size.hosts);
    const PeersWorld world = peers_world(size.rules, size.hosts, size.six);
    Gates gates(world);
    const std::size_t first = figures_.size();
    for (const Gate& gate : gates.all()) {
      figures_.push_back({size, gate.name, gate.contents, gate.seconds, gate.path != nullptr, gate.program >= 0});
    }
    for (std::size_t p = 0; p < patterns.size(); ++p) {
      const Frames frames = frames_of(world, patterns[p]);
      for (const Gate& gate : gates.all()) {
        if (gate.path) prove(gate, world, frames);
      }
      over_links(gates, frames, p, first);
      in_test_runs(gates, frames.out.front(), p, first);
    }
  }

  const std::vector<Figure>& figures() const { return figures_; }

 private:
  double trial(const Gate& gate, const Frames& frames, std::size_t packets) {
    const double begin = clock_.now();
    const std::uint64_t arrived = gate.path->send(frames.out, packets);
    const double time = clock_.now() - begin;
    if (arrived != packets) fail(fmt::format("`{}` lost {} of {} packets", gate.name, packets - arrived, packets));
    return time / static_cast<double>(packets);
  }

  // Trials of all gates take turns, so that a busy moment of the machine hits them alike.
  void over_links(Gates& gates, const Frames& frames, std::size_t p, std::size_t first) {
    std::vector<Gate>& all = gates.all();
    std::vector<std::size_t> packets;
    for (const Gate& gate : all) {
      const double once = gate.path ? trial(gate, frames, 500) : 0;
      packets.push_back(gate.path ? static_cast<std::size_t>(std::max(200.0, trial_nanoseconds / once)) : 0);
    }
    for (int i = 0; i < trials; ++i) {
      double nothing = 0;
      for (std::size_t g = 0; g < all.size(); ++g) {
        if (!all[g].path) continue;
        const double whole = trial(all[g], frames, packets[g]);
        if (g == 0) nothing = whole;
        figures_[first + g].whole[p].push_back(whole);
        figures_[first + g].net[p].push_back(whole - nothing);
      }
    }
  }

  void in_test_runs(Gates& gates, const Bytes& frame, std::size_t p, std::size_t first) {
    std::vector<Gate>& all = gates.all();
    for (const Gate& gate : all) {
      if (gate.program < 0 || !gate.keeps_state) continue;
      gates.test_run(gate, frame, patterns[p].traffic);
      gates.establish(gate);
    }
    for (int i = 0; i < trials; ++i) {
      double empty = 0;
      for (std::size_t g = 0; g < all.size(); ++g) {
        if (all[g].program < 0) continue;
        const double whole = gates.test_run(all[g], frame, patterns[p].traffic);
        if (!all[g].decides) empty = whole;
        figures_[first + g].test_run[p].push_back(whole - empty);
      }
    }
  }

  ProcessorClock clock_;
  std::vector<Figure> figures_;
};

std::string number(double value) { return std::isnan(value) ? "–" : fmt::format("{:.0f}", value); }

// One table: gates by sizes, of the median of what `of` picks.
template <typename Of>
void print_table(const std::string& title, const std::vector<Figure>& figures, const std::vector<Size>& sizes, Of of) {
  fmt::print("\n{}\n{:<34}", title, "rules × addresses");
  for (const Size& size : sizes)
    fmt::print("{:>16}", fmt::format("{}{} × {}k", size.six ? "6: " : "", size.rules, size.hosts / 1000));
  std::vector<std::string> gates;
  for (const Figure& figure : figures) {
    if (std::ranges::find(gates, figure.gate) == gates.end()) gates.push_back(figure.gate);
  }
  for (const std::string& gate : gates) {
    std::string line = fmt::format("{:<34}", gate);
    bool any = false;
    for (const Size& size : sizes) {
      const auto found =
          std::ranges::find_if(figures, [&](const Figure& f) { return f.gate == gate && f.size == size; });
      const std::string cell = of(*found);
      any = any || cell != "–";
      line += fmt::format("{:>16}", cell);
    }
    if (any) fmt::print("\n{}", line);
  }
  fmt::print("\n");
}

const Figure& find(const std::vector<Figure>& figures, const std::string& gate, Size size) {
  return *std::ranges::find_if(figures, [&](const Figure& f) { return f.gate == gate && f.size == size; });
}

void write_data(const std::string& path, const std::vector<Figure>& figures) {
  std::ofstream out(path);
  out << "family\trules\taddresses\tgate\ttraffic\twhole\tnet\tnet_low\tnet_high\ttest_run\tsetup_seconds\tcontents\n";
  const auto cell = [](double value) { return std::isnan(value) ? std::string("-") : fmt::format("{:.1f}", value); };
  for (const Figure& figure : figures) {
    for (std::size_t p = 0; p < patterns.size(); ++p) {
      out << fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{:.2f}\t{}\n", family(figure.size), figure.size.rules,
                         figure.size.hosts, figure.gate, patterns[p].name, cell(median(figure.whole[p])),
                         cell(median(figure.net[p])), cell(quantile(figure.net[p], 0.25)),
                         cell(quantile(figure.net[p], 0.75)), cell(median(figure.test_run[p])), figure.seconds,
                         figure.contents);
    }
  }
  out.close();
  if (!out) fail("cannot write " + path);
}

}  // namespace

int main(int count, char** words) {
  std::vector<Size> sizes{{10, 100'000},       {100, 100'000},         {1'000, 100'000},
                          {10'000, 100'000},   {1'000, 1'000},         {1'000, 10'000},
                          {10, 100'000, true}, {1'000, 100'000, true}, {10'000, 100'000, true}};
  std::string data;
  bool only_check = false;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--full") {
      for (const std::uint32_t rules : {10U, 100U, 10'000U}) {
        for (const std::uint32_t hosts : {1'000U, 10'000U}) sizes.push_back({rules, hosts});
      }
    } else if (word == "--check") {
      only_check = true;
    } else if (word == "--data" && i + 1 < count) {
      data = words[++i];
    } else {
      fmt::print(stderr, "usage: ./dev bench peers [--full] [--data FILE] | --check\n");
      return 2;
    }
  }
  std::string reason = no_network("nft");
  if (const auto kernel = test::no_kernel()) reason = *kernel;
  if (!reason.empty()) {
    fmt::print("SKIPPED: {}\n", reason);
    return 0;
  }
  if (only_check) {
    check({100, 1'000});
    check({1'000, 2'000});
    check({1'000, 2'000, true});
    return 0;
  }

  Bench bench;
  for (const Size& size : sizes) bench.measure(size);
  const std::vector<Figure>& figures = bench.figures();

  fmt::print(
      "UDP packets of 60 bytes (of IPv6 80) from one workload through its node; nanoseconds of processor time of a "
      "packet, medians "
      "of {} "
      "interleaved trials.\n",
      trials);
  for (std::size_t p = 0; p < patterns.size(); ++p) {
    print_table(fmt::format("over links, above `nothing` (which is the whole way); destinations: {}", patterns[p].name),
                figures, sizes,
                [&](const Figure& f) { return number(median(f.gate == "nothing" ? f.whole[p] : f.net[p])); });
  }
  for (std::size_t p = 0; p < patterns.size(); ++p) {
    print_table(fmt::format("in BPF_PROG_TEST_RUN, above an empty program; destinations: {}", patterns[p].name),
                figures, sizes, [&](const Figure& f) {
                  return f.is_program && f.gate != "an empty program" ? fmt::format("{:.1f}", median(f.test_run[p]))
                                                                      : "–";
                });
  }
  print_table("over links, as a multiple of `weft`; destinations: 256 active", figures, sizes, [&](const Figure& f) {
    if (!f.made || f.gate == "nothing") return std::string("–");
    return fmt::format("{:.1f}", median(f.net[0]) / median(find(figures, "weft", f.size).net[0]));
  });
  print_table("from the policy to the gate in place, seconds of processor time", figures, sizes,
              [&](const Figure& f) { return f.made && f.seconds > 0 ? fmt::format("{:.2f}", f.seconds) : "–"; });
  for (const Figure& figure : figures) {
    if (!figure.made) {
      fmt::print("{}, {} × {}k: {} {}\n", family(figure.size), figure.size.rules, figure.size.hosts / 1000, figure.gate,
                 figure.contents);
    }
  }
  if (!data.empty()) write_data(data, figures);
  return 0;
}
