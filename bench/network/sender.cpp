#include "bench/network/sender.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>

namespace weft::bench {
namespace {

constexpr std::size_t batch = 64;

void put16(Bytes& out, std::size_t at, std::uint32_t value) {
  out[at] = static_cast<std::uint8_t>(value >> 8);
  out[at + 1] = static_cast<std::uint8_t>(value);
}

void put32(Bytes& out, std::size_t at, std::uint32_t value) {
  put16(out, at, value >> 16);
  put16(out, at + 2, value & 0xffff);
}

void put_hardware(Bytes& out, std::size_t at, const std::string& text) {
  std::array<unsigned, 6> parts{};
  if (std::sscanf(text.c_str(), "%x:%x:%x:%x:%x:%x", &parts[0], &parts[1], &parts[2], &parts[3], &parts[4],
                  &parts[5]) != 6) {
    fail("not a hardware address: " + text);
  }
  for (std::size_t i = 0; i < parts.size(); ++i) out[at + i] = static_cast<std::uint8_t>(parts[i]);
}

// The sum of ones complements of the words from `from` to `to`, on top of another.
std::uint32_t add_words(const Bytes& bytes, std::size_t from, std::size_t to, std::uint32_t sum = 0) {
  for (std::size_t i = from; i < to; i += 2) sum += static_cast<std::uint32_t>(bytes[i] << 8 | bytes[i + 1]);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

// The same over IPv6, without hardware addresses.
Bytes udp_frame6(std::uint32_t source, std::uint32_t destination, std::uint16_t source_port,
                 std::uint16_t destination_port) {
  constexpr std::size_t size = 80, ip = 14, udp = ip + 40, length = size - udp;
  Bytes out(size);
  put16(out, 12, ETH_P_IPV6);
  out[ip] = 0x60;
  put16(out, ip + 4, length);
  out[ip + 6] = IPPROTO_UDP;
  out[ip + 7] = 64;  // hops
  out[ip + 8] = out[ip + 24] = 0xfd;
  put32(out, ip + 20, source);
  put32(out, ip + 36, destination);
  put16(out, udp, source_port);
  put16(out, udp + 2, destination_port);
  put16(out, udp + 4, length);
  put16(out, udp + 6, ~add_words(out, ip + 8, size, length + IPPROTO_UDP) & 0xffff);
  return out;
}

}  // namespace

Bytes udp_frame(const std::string& from_hardware, const std::string& to_hardware, std::uint32_t source,
                std::uint32_t destination, std::uint16_t source_port, std::uint16_t destination_port, bool six) {
  constexpr std::size_t size = 60, ip = 14, udp = ip + 20;
  Bytes out(size);
  if (six) {
    out = udp_frame6(source, destination, source_port, destination_port);
  } else {
    put16(out, 12, ETH_P_IP);
    out[ip] = 0x45;
    put16(out, ip + 2, size - ip);
    out[ip + 8] = 64;  // hops
    out[ip + 9] = IPPROTO_UDP;
    put32(out, ip + 12, source);
    put32(out, ip + 16, destination);
    put16(out, ip + 10, ~add_words(out, ip, udp) & 0xffff);
    put16(out, udp, source_port);
    put16(out, udp + 2, destination_port);
    put16(out, udp + 4, size - udp);  // and no checksum, which UDP over IPv4 may leave out
  }
  put_hardware(out, 0, to_hardware);
  put_hardware(out, 6, from_hardware);
  return out;
}

ProcessorClock::ProcessorClock() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  int processor = -1;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    for (int i = 0; i < CPU_SETSIZE; ++i) {
      if (CPU_ISSET(i, &allowed)) processor = i;
    }
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  if (processor >= 0) CPU_SET(processor, &one);
  if (processor < 0 || ::sched_setaffinity(0, sizeof one, &one) != 0) fail("cannot stay on one processor");

  const std::string name = fmt::format("ksoftirqd/{}", processor);
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::string found;
    std::ifstream comm(entry.path() / "comm");
    if (!std::getline(comm, found) || found != name) continue;
    const std::filesystem::path times = entry.path() / "schedstat";
    if (std::filesystem::exists(times)) kernel_thread_ = times.string();
    break;
  }
}

double ProcessorClock::now() const {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  double out = 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
  if (kernel_thread_.empty()) return out;
  double running = 0;
  std::ifstream(kernel_thread_) >> running;
  return out + running;
}

Sender::Sender(const Namespace& where, const std::string& interface) {
  where.inside([&] {
    socket_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);  // protocol 0: it receives nothing
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
    if (socket_ < 0 || ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      fail(fmt::format("cannot send from `{}`: {}", interface, std::strerror(errno)));
    }
  });
}

Sender::~Sender() { ::close(socket_); }

void Sender::send(const std::vector<Bytes>& frames, std::size_t count) {
  std::array<iovec, batch> parts{};
  std::array<mmsghdr, batch> messages{};
  while (count > 0) {
    const auto size = static_cast<unsigned>(std::min(count, batch));
    for (unsigned i = 0; i < size; ++i) {
      const Bytes& frame = frames[next_++ % frames.size()];
      parts[i] = {const_cast<std::uint8_t*>(frame.data()), frame.size()};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (unsigned done = 0; done < size;) {
      const int sent = ::sendmmsg(socket_, messages.data() + done, size - done, 0);
      if (sent > 0) {
        done += static_cast<unsigned>(sent);
      } else if (errno == ENOBUFS) {
        ++done;  // dropped on the way, as the counter at its end will tell
      } else if (errno != EINTR) {
        fail(fmt::format("cannot send: {}", std::strerror(errno)));
      }
    }
    count -= size;
  }
}

}  // namespace weft::bench
