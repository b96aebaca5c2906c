#include "bench/network/path.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <net/if.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace weft::bench {
namespace {

// Of the four ends in a row. The neighbours that the node sends to have none of them: the kernel at the far end sees
// that a packet is not for it, and has nothing more to do.
constexpr const char* workload_end = "02:00:00:00:00:01";
constexpr const char* node_end = "02:00:00:00:00:02";
constexpr const char* node_out = "02:00:00:00:00:03";
constexpr const char* behind_end = "02:00:00:00:00:04";
constexpr const char* nobody = "02:00:00:00:00:05";

constexpr std::uint16_t source_port = 40'000;
constexpr auto tcx_ingress = static_cast<bpf_attach_type>(46);  // BPF_TCX_INGRESS; newer than Debian's headers

const Namespace& linked(const Namespace& node, const Namespace& other, const char* name, const char* hardware,
                        const char* other_name, const char* other_hardware) {
  node.link(name, hardware, other, other_name, other_hardware);
  return other;
}

}  // namespace

Path::Path(std::uint32_t workload, bool six)
    : out_(linked(node_, workload_, "w0", node_end, "s0", workload_end), "s0"),
      back_(linked(node_, behind_, "out", node_out, "k0", behind_end), "k0") {
  build(workload, six);
}

void Path::build(std::uint32_t workload, bool six) const {
  if (six) {
    node_.run(
        fmt::format("sysctl -qw net.ipv6.conf.all.forwarding=1 && "
                    "ip -6 neigh add fe80::2 lladdr {0} dev out nud permanent && "
                    "ip -6 route add fd00::/16 via fe80::2 dev out && "
                    "ip -6 neigh add {1} lladdr {0} dev w0 nud permanent && ip -6 route add {1}/128 dev w0",
                    nobody, fmt::format("fd00::{:x}:{:x}", workload >> 16, workload & 0xffff)));
    return;
  }
  const std::string address =
      fmt::format("{}.{}.{}.{}", workload >> 24, workload >> 16 & 255, workload >> 8 & 255, workload & 255);
  node_.run(
      fmt::format("sysctl -qw net.ipv4.ip_forward=1 && "
                  "ip neigh add 169.254.0.2 lladdr {0} dev out nud permanent && "
                  "ip route add 10.0.0.0/8 via 169.254.0.2 dev out onlink && "
                  "ip neigh add {1} lladdr {0} dev w0 nud permanent && ip route add {1}/32 dev w0",
                  nobody, address));
}

Bytes Path::frame(std::uint32_t workload, std::uint32_t destination, std::uint16_t port, bool six) {
  return udp_frame(workload_end, node_end, workload, destination, source_port, port, six);
}

Bytes Path::reply(std::uint32_t workload, std::uint32_t destination, std::uint16_t port, bool six) {
  return udp_frame(behind_end, node_out, destination, workload, port, source_port, six);
}

std::uint64_t Path::send(const std::vector<Bytes>& frames, std::size_t count) {
  const std::uint64_t before = behind_.arrived("k0");
  out_.send(frames, count);
  return behind_.arrived("k0") - before;
}

std::uint64_t Path::answer(const std::vector<Bytes>& replies, std::size_t count) {
  const std::uint64_t before = workload_.arrived("s0");
  back_.send(replies, count);
  return workload_.arrived("s0") - before;
}

void attach_gate(const Namespace& node, int program, bool tcx) {
  node.inside([&] {
    const int interface = static_cast<int>(::if_nametoindex("w0"));
    if (tcx) {
      // The link is this process's and goes with it.
      if (bpf_link_create(program, interface, tcx_ingress, nullptr) < 0) {
        fail(fmt::format("cannot attach by tcx: {}", std::strerror(errno)));
      }
      return;
    }
    bpf_tc_hook hook{};
    hook.sz = sizeof hook;
    hook.ifindex = interface;
    hook.attach_point = BPF_TC_INGRESS;
    bpf_tc_opts options{};
    options.sz = sizeof options;
    options.prog_fd = program;
    int error = bpf_tc_hook_create(&hook);
    if (error == 0) error = bpf_tc_attach(&hook, &options);
    if (error != 0) fail(fmt::format("cannot attach a filter: {}", std::strerror(-error)));
  });
}

bool has_tcx(const Namespace& node) {
  bool out = false;
  node.inside([&] {
    std::array<__u32, 16> programs{};
    __u32 count = programs.size();
    const int interface = static_cast<int>(::if_nametoindex("w0"));
    out = bpf_prog_query(interface, tcx_ingress, 0, nullptr, programs.data(), &count) == 0 && count > 0;
  });
  return out;
}

}  // namespace weft::bench
