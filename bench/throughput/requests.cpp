#include "bench/throughput/requests.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <thread>

namespace weft::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t size = 64;

class Socket {
 public:
  Socket(bool v6, int kind) : descriptor_(::socket(v6 ? AF_INET6 : AF_INET, kind | SOCK_CLOEXEC, 0)) {
    if (descriptor_ < 0) fail(fmt::format("no socket: {}", std::strerror(errno)));
    const timeval patience{.tv_sec = 3, .tv_usec = 0};  // nothing waits for ever
    const int yes = 1;
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (kind == SOCK_STREAM) ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  }
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(descriptor_); }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// The server's, or any of its own.
Address address(bool v6, std::uint16_t port, bool any) {
  Address out;
  if (v6) {
    auto* const inet6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
    inet6->sin6_family = AF_INET6;
    inet6->sin6_port = htons(port);
    if (!any) ::inet_pton(AF_INET6, server_address(true), &inet6->sin6_addr);
    out.length = sizeof *inet6;
  } else {
    auto* const inet = reinterpret_cast<sockaddr_in*>(&out.storage);
    inet->sin_family = AF_INET;
    inet->sin_port = htons(port);
    if (!any) ::inet_pton(AF_INET, server_address(false), &inet->sin_addr);
    out.length = sizeof *inet;
  }
  return out;
}

// Whole requests and answers: a stream may cut them.
bool receive_all(int descriptor, std::array<char, size>& buffer) {
  for (std::size_t have = 0; have < size;) {
    const ssize_t got = ::recv(descriptor, buffer.data() + have, size - have, 0);
    if (got <= 0) return false;
    have += static_cast<std::size_t>(got);
  }
  return true;
}

void go_first() {
  cpu_set_t allowed;
  ::sched_getaffinity(0, sizeof allowed, &allowed);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i) {
    if (CPU_ISSET(i, &allowed)) CPU_SET(i, &one);
  }
  ::pthread_setaffinity_np(::pthread_self(), sizeof one, &one);
  const sched_param first{.sched_priority = 1};
  ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &first);  // without the right to it, as everybody else
}

void serve(const Socket& listener, Exchange exchange, std::size_t rounds) {
  std::array<char, size> buffer{};
  if (exchange == Exchange::Udp) {
    for (std::size_t i = 0; i < rounds; ++i) {
      Address from;
      from.length = sizeof from.storage;
      if (::recvfrom(listener.get(), buffer.data(), size, 0, reinterpret_cast<sockaddr*>(&from.storage),
                     &from.length) != size) {
        fail("a request did not arrive");
      }
      ::sendto(listener.get(), buffer.data(), size, 0, from.get(), from.length);
    }
    return;
  }
  const std::size_t connections = exchange == Exchange::Connection ? rounds : 1;
  for (std::size_t c = 0; c < connections; ++c) {
    const Socket connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const int yes = 1;
    ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    for (std::size_t i = 0; i < rounds / connections; ++i) {
      if (!receive_all(connection.get(), buffer)) fail("a request did not arrive");
      if (::send(connection.get(), buffer.data(), size, MSG_NOSIGNAL) != size) fail("an answer was not sent");
    }
  }
}

void ask(const Socket& socket, std::array<char, size>& buffer) {
  if (::send(socket.get(), buffer.data(), size, MSG_NOSIGNAL) != size || !receive_all(socket.get(), buffer)) {
    fail("a request was not answered");
  }
}

void connect_to(const Socket& socket, const Address& to) {
  if (::connect(socket.get(), to.get(), to.length) != 0) {
    fail(fmt::format("cannot connect: {}", std::strerror(errno)));
  }
}

std::vector<double> requests(Exchange exchange, bool v6, std::size_t rounds) {
  const Address to = address(v6, Site::request_port, false);
  std::array<char, size> buffer{};
  std::vector<double> out;
  out.reserve(rounds);
  const auto since = [](Clock::time_point begin) {
    return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
  };
  if (exchange == Exchange::Connection) {
    for (std::size_t i = 0; i < rounds; ++i) {
      const auto begin = Clock::now();
      const Socket socket(v6, SOCK_STREAM);
      connect_to(socket, to);
      ask(socket, buffer);
      out.push_back(since(begin));
    }
    return out;
  }
  const Socket socket(v6, exchange == Exchange::Udp ? SOCK_DGRAM : SOCK_STREAM);
  connect_to(socket, to);
  for (std::size_t i = 0; i < rounds; ++i) {
    const auto begin = Clock::now();
    ask(socket, buffer);
    out.push_back(since(begin));
  }
  return out;
}

}  // namespace

std::vector<double> round_trips(const Site& site, Exchange exchange, bool v6, std::size_t rounds) {
  std::unique_ptr<Socket> listener;
  site.server().inside([&] {
    listener = std::make_unique<Socket>(v6, exchange == Exchange::Udp ? SOCK_DGRAM : SOCK_STREAM);
    const Address here = address(v6, Site::request_port, true);
    if (::bind(listener->get(), here.get(), here.length) != 0) fail(fmt::format("bind: {}", std::strerror(errno)));
    if (exchange != Exchange::Udp) ::listen(listener->get(), 128);
  });
  // A socket stays in the namespace it was made in.
  std::thread server([&] {
    go_first();
    serve(*listener, exchange, rounds);
  });
  std::vector<double> out;
  std::thread client([&] {
    go_first();
    site.client().inside([&] { out = requests(exchange, v6, rounds); });
  });
  client.join();
  server.join();
  return out;
}

bool reaches(const Site& site, bool v6, std::uint16_t port) {
  bool out = false;
  site.client().inside([&] {
    const Socket socket(v6, SOCK_STREAM | SOCK_NONBLOCK);
    const Address to = address(v6, port, false);
    ::connect(socket.get(), to.get(), to.length);
    pollfd waiting{.fd = socket.get(), .events = POLLOUT, .revents = 0};
    out = ::poll(&waiting, 1, 300) == 1;  // refused is an answer, too
  });
  return out;
}

}  // namespace weft::bench
