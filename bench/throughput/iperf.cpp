#include "bench/throughput/iperf.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace weft::bench {

Stream run_iperf(const Site& site, bool udp, bool v6, int seconds) {
  const std::string text = site.client().run(
      fmt::format("chrt -f 1 iperf3 -c {} {} -t {} -J", server_address(v6), udp ? "-u -b 0 -l 1400" : "", seconds));
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.contains("end") || json.contains("error")) fail("iperf3 says: " + text);
  const nlohmann::json& end = json["end"];
  const nlohmann::json& use = end["cpu_utilization_percent"];
  const double both = (use["host_total"].get<double>() + use["remote_total"].get<double>()) / 100;
  Stream out;
  if (udp) {
    const nlohmann::json& sum = end["sum"];
    const double sent = sum["bits_per_second"].get<double>() / 8 / 1400;
    out.gigabits = sum["bits_per_second"].get<double>() / 1e9;
    out.processor = both * 1e6 / sent;
  } else {
    const double received = end["sum_received"]["bits_per_second"].get<double>();
    out.gigabits = received / 1e9;
    out.processor = both * 1e3 / (received / 8e9);
  }
  return out;
}

}  // namespace weft::bench
