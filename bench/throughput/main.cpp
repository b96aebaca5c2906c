// Two workloads of one node: how much goes from one to the other, and how long a request takes, with Weft at both
// links, with the kernel's connection tracking, and with nothing. Trials of the three take turns.

#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/figures.h"
#include "bench/network/child.h"
#include "bench/throughput/iperf.h"
#include "bench/throughput/requests.h"
#include "bench/throughput/site.h"

using namespace weft::bench;

namespace {

constexpr int stream_trials = 3, stream_seconds = 2, request_trials = 5;
constexpr std::size_t requests = 4'000, connections = 1'500;

struct Contender {
  std::string_view name;
  Guard guard;
  std::unique_ptr<Site> site{};
  std::unique_ptr<Child> iperf{};
};

/// One row: what was measured, in which unit, and the values of each contender by trial.
struct Row {
  std::string what, unit;
  std::array<std::vector<double>, 3> values{};
};

using Contenders = std::array<Contender, 3>;

std::string family(bool v6) { return v6 ? "IPv6" : "IPv4"; }

// Which of the ports answers is what makes a gate a gate.
void prove(const Contenders& contenders) {
  for (const Contender& each : contenders) {
    for (const bool v6 : {false, true}) {
      if (!reaches(*each.site, v6, Site::iperf_port)) fail(fmt::format("{}: the server is out of reach", each.name));
      if (reaches(*each.site, v6, Site::closed_port) != (each.guard == Guard::Nothing)) {
        fail(fmt::format("{}: a port nobody opened is in reach, or one is not where nothing guards it", each.name));
      }
    }
  }
}

void measure_streams(const Contenders& contenders, bool udp, bool v6, std::vector<Row>& rows) {
  Row rate{fmt::format("{}, {}", udp ? "UDP, packets of 1,400 bytes" : "TCP", family(v6)), "Gbit/s"};
  Row processor{"", udp ? "µs of processor time a packet" : "ms of processor time a GB"};
  for (int trial = 0; trial < stream_trials; ++trial) {
    for (std::size_t c = 0; c < contenders.size(); ++c) {
      const Stream stream = run_iperf(*contenders[c].site, udp, v6, stream_seconds);
      rate.values[c].push_back(stream.gigabits);
      processor.values[c].push_back(stream.processor);
    }
  }
  rows.push_back(std::move(rate));
  rows.push_back(std::move(processor));
}

void measure_requests(const Contenders& contenders, Exchange exchange, bool v6, std::vector<Row>& rows) {
  const std::string_view what = exchange == Exchange::Tcp   ? "request over TCP"
                                : exchange == Exchange::Udp ? "request over UDP"
                                                            : "connection and request";
  const std::size_t rounds = exchange == Exchange::Connection ? connections : requests;
  Row half{fmt::format("{}, {}", what, family(v6)), "µs, p50"};
  Row most{"", "µs, p99"};
  for (int trial = 0; trial < request_trials; ++trial) {
    for (std::size_t c = 0; c < contenders.size(); ++c) {
      const std::vector<double> times = round_trips(*contenders[c].site, exchange, v6, rounds);
      half.values[c].push_back(median(times));
      most.values[c].push_back(quantile(times, 0.99));
    }
  }
  rows.push_back(std::move(half));
  rows.push_back(std::move(most));
}

// The median of the ratios of each trial: what slowed the machine down for a while slowed all of them.
double ratio(const Row& row, std::size_t contender) {
  std::vector<double> out;
  for (std::size_t i = 0; i < row.values[contender].size(); ++i)
    out.push_back(row.values[contender][i] / row.values[0][i]);
  return median(out);
}

void print(const Contenders& contenders, const std::vector<Row>& rows) {
  fmt::print("{:<36}{:<32}", "", "");
  for (const Contender& each : contenders) fmt::print("{:>18}", each.name);
  for (const Row& row : rows) {
    fmt::print("\n{:<36}{:<31}", row.what, row.unit);
    for (std::size_t c = 0; c < contenders.size(); ++c) {
      const std::string value = fmt::format("{:.2f}", median(row.values[c]));
      fmt::print("{:>18}", c == 0 ? value : fmt::format("{} ({:.2f} ×)", value, ratio(row, c)));
    }
  }
  fmt::print("\n");
}

void write_data(const std::string& path, const Contenders& contenders, const std::vector<Row>& rows) {
  std::ofstream out(path);
  out << "what\tunit\tgate\tvalue\tratio\n";
  std::string what;
  for (const Row& row : rows) {
    if (!row.what.empty()) what = row.what;
    for (std::size_t c = 0; c < contenders.size(); ++c) {
      out << fmt::format("{}\t{}\t{}\t{:.3f}\t{:.3f}\n", what, row.unit, contenders[c].name, median(row.values[c]),
                         ratio(row, c));
    }
  }
  out.close();
  if (!out) fail("cannot write " + path);
}

}  // namespace

int main(int count, char** words) {
  std::string data;
  const bool only_check = count == 2 && std::string(words[1]) == "--check";
  if (count == 3 && std::string(words[1]) == "--data") {
    data = words[2];
  } else if (count != 1 && !only_check) {
    fmt::print(stderr, "usage: ./dev bench throughput [--data FILE | --check]\n");
    return 2;
  }
  for (const char* program : {"iperf3", "nft"}) {
    if (const std::string reason = no_network(program); !reason.empty()) {
      fmt::print("SKIPPED: {}\n", reason);
      return 0;
    }
  }
  const std::string weft = (std::filesystem::canonical("/proc/self/exe").parent_path() / "weft").string();
  const std::string bundle = build_bundle(weft);
  Contenders contenders{Contender{"nothing", Guard::Nothing}, Contender{"weft", Guard::Weft},
                        Contender{"nft, conntrack", Guard::Conntrack}};
  for (Contender& each : contenders) {
    each.site = std::make_unique<Site>(each.guard, weft, bundle);
    each.iperf =
        std::make_unique<Child>(each.site->server(), std::vector<std::string>{"chrt", "-f", "1", "iperf3", "-s"});
  }
  ::usleep(300'000);
  prove(contenders);
  if (only_check) {
    fmt::print("both families: the open port answers everywhere, the closed one where nothing guards it\n");
    return 0;
  }

  std::vector<Row> rows;
  for (const bool udp : {false, true}) {
    for (const bool v6 : {false, true}) measure_streams(contenders, udp, v6, rows);
  }
  for (const Exchange exchange : {Exchange::Tcp, Exchange::Udp, Exchange::Connection}) {
    for (const bool v6 : {false, true}) measure_requests(contenders, exchange, v6, rows);
  }
  fmt::print(
      "two workloads of one node, 1,000 rules, connection state; medians of {} streams of {} s, {} × {} requests, "
      "{} × {} connections; trials take turns, ratios are of one turn\n\n",
      stream_trials, stream_seconds, request_trials, requests, request_trials, connections);
  print(contenders, rows);
  if (!data.empty()) write_data(data, contenders, rows);
  return 0;
}
